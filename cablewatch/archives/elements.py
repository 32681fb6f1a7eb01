"""Elements of lists in JSON documents of any size, parsed one by one as the bytes arrive.

The standard parser reads each element; only the way to it is found here: a pattern names what
stands right before the list (``"features": [``). What lies between lists is passed over, so that
documents may follow each other, or stand in a script. Lists in a list count as parts of it. What
is left of a document that breaks off where another begins is read as a text. Memory holds one piece
and one element; nesting is as deep as the standard parser allows.
"""

import codecs
import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

MAX_ELEMENT_CHARS = 1 << 18
OPENER_CHARS = 200  # a pattern matches no more, and may be cut between two pieces
BRACKETS = {"[": 1, "]": -1}
BETWEEN = re.compile(r"[\s,]*")

_parse = json.JSONDecoder().raw_decode


class BrokenJson(ValueError):
    """The document cannot be read any further."""


def elements(
    pieces: Iterator[bytes], opener: re.Pattern[str], resumes: bool = False
) -> Iterator[Any]:
    r"""Elements of every list behind a match of `opener`, from a text cut anywhere.

    Where it `resumes`, a match stands in no element: one behind an unreadable element begins
    another document, and the text up to it is yielded in the element's place.

    Raises
    ------
    BrokenJson
        An element is no JSON, is longer than :data:`MAX_ELEMENT_CHARS`, or the text ends inside a
        list; all elements before it come first.

    >>> list(elements(iter([b'{"a": [1, {"b"', b': 2}, [3]]}\n']), re.compile(r'"a": \[')))
    [1, {'b': 2}, 3]
    >>> list(elements(iter([b'a[{"b": a[{"b": 2}]']), re.compile(r"a\["), resumes=True))
    ['{"b": ', {'b': 2}]
    """
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    text, depth = "", 0
    for piece in chain(pieces, [b""]):
        last = not piece
        text += decode(piece, final=last)
        at = 0
        while True:
            if not depth:
                found = opener.search(text, at)
                if found is None:
                    at = max(at, len(text) - OPENER_CHARS)
                    break
                at, depth = found.end(), 1
            at = _behind(BETWEEN, text, at)
            bracket = BRACKETS.get(text[at : at + 1], 0)
            if bracket:
                at, depth = at + 1, depth + bracket
                continue
            element, failure = _element(text, at, last)
            if element is None:
                begins = opener.search(text, at) if resumes else None
                if begins:
                    yield text[at : begins.start()]
                    at, depth = begins.start(), 0
                    continue
                if failure:
                    raise failure
                break
            value, at = element
            yield value
        text = text[at:]
    if depth:
        raise BrokenJson("the document is cut off")


def _behind(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _element(text: str, at: int, last: bool) -> tuple[tuple[Any, int] | None, BrokenJson | None]:
    """The element at `at` and where it ends; None while more of it may come, or why none can."""
    if at == len(text):
        return None, None
    try:
        value, end = _parse(text, at)
    except (ValueError, RecursionError) as error:
        if last or len(text) - at > MAX_ELEMENT_CHARS:
            return None, BrokenJson(str(error).partition(":")[0])
        return None, None
    return (None if end == len(text) and not last else (value, end)), None
