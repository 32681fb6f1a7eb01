"""Many rows, some at a time."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def pieces(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` rows, the last with what is left; rows are taken as the lists are."""
    source = iter(rows)
    while some := list(islice(source, size)):
        yield some
