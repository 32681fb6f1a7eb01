"""Static data in tables that repeat it on every row: only what is new passes on.

A row passes when it says something (anything beside empty) and differs from the ship's row before
it that said something. Rows are compared as they are written, by a 64-bit mix of their texts'
CRCs; only the few that pass are converted to the columns of ``Statics``.
"""

import zlib
from typing import NamedTuple

import numpy as np

from cablewatch.archives.phrases import NA_FORMS, said_words, ship_type_codes
from cablewatch.archives.table import Text, number
from cablewatch.fixes import Array
from cablewatch.vessels import STATIC_DTYPE, Statics

MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, odd (Knuth, TAOCP 3, 6.4)
NOTHING = np.array([zlib.crc32(form.encode()) for form in (*NA_FORMS, "0", "0.0")], np.uint64)


class Candidates(NamedTuple):
    """Rows of one block that may be new, in order, with the hash of what they say."""

    said: Array
    t_ms: Array
    mmsi: Array
    texts: dict[str, Text]


def candidates(t_ms: Array, mmsi: Array, usable: Array, texts: dict[str, Text]) -> Candidates:
    """Rows that say something, first of their ship in this block or unlike the one before.

    Parameters
    ----------
    t_ms, mmsi : (n,) arrays
    usable : (n,) bool
        Rows with a time, an MMSI and a ship behind it.
    texts : dict
        Static columns by their name in ``STATIC_DTYPE``.
    """
    said = _row_hash(texts, len(t_ms))
    rows = np.flatnonzero(usable & (said != 0))
    ships, ship = np.unique(mmsi[rows], return_inverse=True)
    ship = ship.astype(np.uint16 if len(ships) <= 1 << 16 else np.uint32)
    order = np.argsort(ship, kind="stable")
    by_ship, by_said = ship[order], said[rows][order]
    new = np.ones(len(rows), bool)
    new[1:] = (by_ship[1:] != by_ship[:-1]) | (by_said[1:] != by_said[:-1])
    kept = rows[np.sort(order[new])]
    few = {name: Text(text.codes[kept], text.values) for name, text in texts.items()}
    return Candidates(said[kept], t_ms[kept], mmsi[kept], few)


class LastSaid:
    """What each ship said last, carried from block to block."""

    def __init__(self) -> None:
        self._said: dict[int, int] = {}

    def new(self, block: Candidates) -> Statics:
        """Rows of `block` that differ from the ship's last row; they become the last."""
        last = self._said
        keep = []
        for i, pair in enumerate(zip(block.mmsi.tolist(), block.said.tolist(), strict=True)):
            mmsi, said = pair
            if last.get(mmsi) != said:
                last[mmsi] = said
                keep.append(i)
        rows = np.array(keep, np.int64)
        columns = {name: _values(name, text, rows) for name, text in block.texts.items()}
        return Statics.from_columns(t_ms=block.t_ms[rows], mmsi=block.mmsi[rows], **columns)


def _values(name: str, text: Text, rows: Array) -> Array:
    """Texts of `rows` in the dtype of the static column `name`; what is not said is 0 or NaN."""
    texts = [text.values[code] for code in text.codes[rows]]
    if name == "ship_type":
        return ship_type_codes(texts)
    dtype = STATIC_DTYPE[name]
    if dtype.kind == "S":
        return np.array(said_words(texts), dtype)
    numbers = np.array([number(word) for word in texts], np.float64)
    most, missing = (np.inf, np.nan) if dtype.kind == "f" else (np.iinfo(dtype).max, 0)
    return np.where((numbers > 0) & (numbers <= most), numbers, missing).astype(dtype)


def _row_hash(texts: dict[str, Text], n: int) -> Array:
    """Hash of each row; 0 for a row that says nothing."""
    said = np.zeros(n, np.uint64)
    for text in texts.values():
        hashes = np.fromiter(map(zlib.crc32, text.values), np.uint64, len(text.values))
        hashes[np.isin(hashes, NOTHING)] = 0
        said = (said ^ hashes[text.codes]) * MIX
    return said
