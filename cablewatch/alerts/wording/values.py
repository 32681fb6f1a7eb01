"""What a sentence is made of: the values of a rule's terms, by name."""

from collections.abc import Callable

Value = dict[str, float]
Words = dict[str, Callable[[Value], str]]
"""Sentences by term."""
