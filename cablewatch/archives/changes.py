"""Static data in tables that repeat it on every row: only what is new passes on.

A row passes when it says something (anything beside empty) and differs from the ship's row before
it that said something. Texts come dictionary-encoded, so that each distinct text is hashed once;
rows are compared by a 64-bit mix of their columns' hashes.
"""

import zlib
from typing import Any, NamedTuple

import numpy as np

from cablewatch.fixes import Array
from cablewatch.vessels import Statics

MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, odd (Knuth, TAOCP 3, 6.4)


class Coded(NamedTuple):
    """A column as codes into its distinct values, these in a dtype of ``STATIC_DTYPE``."""

    codes: Array
    values: Array

    def rows(self, index: Array) -> Array:
        """Values of the rows `index`."""
        taken: Array = self.values[self.codes[index]]
        return taken


class Candidates(NamedTuple):
    """Rows of one block that may be new, in order, with the hash of what they say."""

    said: Array
    statics: Statics


def candidates(t_ms: Array, mmsi: Array, usable: Array, columns: dict[str, Coded]) -> Candidates:
    """Rows that say something, first of their ship in this block or unlike the one before.

    Parameters
    ----------
    t_ms, mmsi : (n,) arrays
    usable : (n,) bool
        Rows with a time, an MMSI and a ship behind it.
    columns : dict
        Static columns by their name in ``STATIC_DTYPE``.
    """
    said, nothing = _row_hash(columns, len(t_ms))
    rows = np.flatnonzero(usable & (said != nothing))
    ships, ship = np.unique(mmsi[rows], return_inverse=True)
    ship = ship.astype(np.uint16 if len(ships) < 1 << 16 else np.uint32)
    order = np.argsort(ship, kind="stable")
    by_ship, by_said = ship[order], said[rows][order]
    new = np.ones(len(rows), bool)
    new[1:] = (by_ship[1:] != by_ship[:-1]) | (by_said[1:] != by_said[:-1])
    kept = rows[np.sort(order[new])]
    values = {name: column.rows(kept) for name, column in columns.items()}
    return Candidates(said[kept], Statics.from_columns(t_ms=t_ms[kept], mmsi=mmsi[kept], **values))


class LastSaid:
    """What each ship said last, carried from block to block."""

    def __init__(self) -> None:
        self._said: dict[int, int] = {}

    def new(self, block: Candidates) -> Statics:
        """Rows of `block` that differ from the ship's last row; they become the last."""
        last = self._said
        keep = np.zeros(len(block.said), bool)
        pairs = zip(block.statics.mmsi.tolist(), block.said.tolist(), strict=True)
        for i, (mmsi, said) in enumerate(pairs):
            if last.get(mmsi) != said:
                last[mmsi] = said
                keep[i] = True
        return block.statics.take(keep)


def _row_hash(columns: dict[str, Coded], n: int) -> tuple[Array, np.uint64]:
    """Hash of each row, and of a row that says nothing."""
    said = np.zeros(n, np.uint64)
    nothing = np.zeros(1, np.uint64)
    for column in columns.values():
        hashes = _value_hash(column.values)
        said = (said ^ hashes[column.codes]) * MIX
        nothing = (nothing ^ _value_hash(_nothing(column.values.dtype))) * MIX
    return said, nothing[0]


def _value_hash(values: Array) -> Array:
    if values.dtype.kind == "S":
        return np.fromiter(map(zlib.crc32, values.tolist()), np.uint64, len(values))
    if values.dtype.kind == "f":
        return values.astype(np.float32).view(np.uint32).astype(np.uint64)
    return values.astype(np.uint64)


def _nothing(dtype: np.dtype[Any]) -> Array:
    """The one-row column of `dtype` that says nothing: NaN, 0 or empty."""
    nothing: Array = np.zeros(1, dtype)
    if dtype.kind == "f":
        nothing[:] = np.nan
    return nothing
