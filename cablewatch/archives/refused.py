"""What readers leave out: counts by reason, and the first example of each.

A reader never drops a row in silence and never ends because of one: it adds the row here.
"""

from collections import Counter
from collections.abc import Callable

import numpy as np

from cablewatch.fixes import Array

EXAMPLE_CHARACTERS = 100
RowText = Callable[[int], tuple[str, str | bytes]]
"""Where a row of a block is (``file:line`` or ``file row 7``), and what it says."""


class Refused:
    r"""Rows, lines or files left out, by reason.

    Attributes
    ----------
    counts : Counter of str
        How many, by reason.
    examples : dict of str
        ``where: text`` of the first of each reason, if the reader could show one; cut to
        :data:`EXAMPLE_CHARACTERS`, what is not printable escaped.

    >>> refused = Refused()
    >>> refused.add("bad_row", where="a.csv:3", text=b"1,2\x1b[31m")
    >>> refused.add("bad_row", 4, where="a.csv:9", text=b"1")
    >>> refused.counts, refused.examples
    (Counter({'bad_row': 5}), {'bad_row': 'a.csv:3: 1,2\\x1b[31m'})
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, str] = {}

    def add(self, reason: str, n: int = 1, *, where: str = "", text: str | bytes = "") -> None:
        """Count `n` more; the first that says `where` becomes the example."""
        self.counts[reason] += n
        if where and reason not in self.examples:
            self.examples[reason] = f"{where}: {shown(text)}"

    def add_rows(self, reason: str, mask: Array, row: RowText) -> None:
        """Count the rows of a mask; `row` is asked for the first of them."""
        n = int(np.count_nonzero(mask))
        if not n:
            return
        self.counts[reason] += n
        if reason not in self.examples:
            where, text = row(int(np.argmax(mask)))
            self.add(reason, 0, where=where, text=text)

    def merge(self, other: "Refused") -> None:
        """Take in what was left out later."""
        self.counts.update(other.counts)
        self.examples = other.examples | self.examples

    def clear(self) -> None:
        """Begin anew."""
        self.counts.clear()
        self.examples.clear()


def shown(text: str | bytes) -> str:
    r"""A text as one short printable line.

    >>> shown(b"a\tb\xff"), shown("x" * 200)[-4:]
    ('a\\tb\\xff', 'x...')
    """
    if isinstance(text, bytes):
        text = text[: 4 * EXAMPLE_CHARACTERS].decode("utf-8", "backslashreplace")
    text = text[: 2 * EXAMPLE_CHARACTERS].strip("\r\n")
    escaped = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    if len(escaped) <= EXAMPLE_CHARACTERS:
        return escaped
    return escaped[: EXAMPLE_CHARACTERS - 3] + "..."
