"""Elements of lists in JSON documents of any size, parsed one by one as the bytes arrive.

The standard parser reads each element; only the way to it is found here: a pattern names what
stands right before the list (``"features": [``). What lies between lists is passed over, so that
documents may follow each other, or stand in a script. Memory holds one piece and one element;
nesting is as deep as the standard parser allows.
"""

import codecs
import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

MAX_ELEMENT_CHARS = 1 << 18
OPENER_CHARS = 200  # a pattern matches no more, and may be cut between two pieces
BETWEEN = re.compile(r"[\s,]*")

_parse = json.JSONDecoder().raw_decode


class BrokenJson(ValueError):
    """The document cannot be read any further."""


def elements(pieces: Iterator[bytes], opener: re.Pattern[str]) -> Iterator[Any]:
    r"""Elements of every list behind a match of `opener`, from a text cut anywhere.

    Raises
    ------
    BrokenJson
        An element is no JSON, is longer than :data:`MAX_ELEMENT_CHARS`, or the text ends inside a
        list; all elements before it come first.

    >>> list(elements(iter([b'{"a": [1, {"b"', b': 2}, 3]}\n']), re.compile(r'"a": \[')))
    [1, {'b': 2}, 3]
    """
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    text, inside = "", False
    for piece in chain(pieces, [b""]):
        last = not piece
        text += decode(piece, final=last)
        at = 0
        while True:
            if not inside:
                found = opener.search(text, at)
                if found is None:
                    at = max(at, len(text) - OPENER_CHARS)
                    break
                at, inside = found.end(), True
            at = _behind(BETWEEN, text, at)
            if text.startswith("]", at):
                at, inside = at + 1, False
                continue
            element = _element(text, at, last)
            if element is None:
                break
            value, at = element
            yield value
        text = text[at:]
    if inside:
        raise BrokenJson("the document is cut off")


def _behind(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _element(text: str, at: int, last: bool) -> tuple[Any, int] | None:
    """The element at `at` and where it ends; None while more of it may come."""
    if at == len(text):
        return None
    try:
        value, end = _parse(text, at)
    except (ValueError, RecursionError) as error:
        if last or len(text) - at > MAX_ELEMENT_CHARS:
            raise BrokenJson(str(error).partition(":")[0]) from error
        return None
    return None if end == len(text) and not last else (value, end)
