"""Static data in tables that repeat it on every row: only what is new passes on.

A row passes when it says something (anything beside empty) and is the first or the second of its
ship's rows in a row that say the same; from the third on they are dropped. Two pass because a
receiver of one message cannot know it from a forged or damaged one: who keeps a register believes a
value that was said twice. Rows are compared as they are written, by a 64-bit mix of their texts'
CRCs; only the few that pass are converted to the columns of ``Statics``.
"""

import zlib
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from cablewatch.archives.columns import Text, number
from cablewatch.archives.phrases import NA_FORMS, imo_number, said_words, ship_type_codes
from cablewatch.fixes import Array
from cablewatch.vessels.statics import STATIC_DTYPE, Statics

TIMES_PASSED = 2
MOST_SHIPS = 1 << 24  # more than any archive holds
CHARACTER_BYTES = 3  # of UTF-8 at most, in the letters of living scripts
MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, odd (Knuth, TAOCP 3, 6.4)
UNSAID = (*NA_FORMS, "0", "0.0", "IMO0000000")
NOTHING = np.unique(np.array([zlib.crc32(form.encode()) for form in UNSAID], np.uint64))


class Candidates(NamedTuple):
    """Rows of one block that may be new, in order, with the hash of what they say."""

    said: Array
    t_ms: Array
    mmsi: Array
    after: Array  # fixes of the block before it; its own is none of them
    texts: dict[str, Text]


def candidates(
    t_ms: Array, mmsi: Array, ship: Array, usable: Array, placed: Array, texts: dict[str, Text]
) -> Candidates:
    """Rows that say something, the first two in a row of their ship in this block that say it.

    Parameters
    ----------
    t_ms, mmsi : (n,) arrays
    ship : (n,) integers
        A number of the ship within the block.
    usable : (n,) bool
        Rows with a time, an MMSI and a ship behind it.
    placed : (n,) bool
        Rows that are fixes.
    texts : dict
        Static columns by their name in ``STATIC_DTYPE``.
    """
    said = _row_hash(texts, len(t_ms))
    rows = np.flatnonzero(usable & (said != 0))
    order, times = _times_said(ship[rows], said[rows])
    kept = rows[np.sort(order[times <= TIMES_PASSED])]
    few = {name: Text(text.codes[kept], text.values) for name, text in texts.items()}
    after = np.cumsum(placed) - placed
    return Candidates(said[kept], t_ms[kept], mmsi[kept], after[kept], few)


class LastSaid:
    """What each ship said last and how often in a row, carried from block to block.

    `scale` are the factors of numbers that are not in the units of ``STATIC_DTYPE``. Once more than
    `ships` are known all are forgotten, and what they say next passes anew.
    """

    def __init__(self, scale: Mapping[str, float], ships: int = MOST_SHIPS) -> None:
        self._scale, self._ships = scale, ships
        self._forget()

    def _forget(self) -> None:
        self._mmsi = np.zeros(0, np.int64)  # ascending
        self._said = np.zeros(0, np.uint64)
        self._times = np.zeros(0, np.int64)

    def new(self, block: Candidates) -> Statics:
        """Rows of `block` that the ship has not said twice by then; they become the last."""
        ships, ship = np.unique(block.mmsi, return_inverse=True)
        at, known = self._places(ships)
        last_said, last_times = np.zeros(len(ships), np.uint64), np.zeros(len(ships), np.int64)
        last_said[known], last_times[known] = self._said[at[known]], self._times[at[known]]
        order, times = _times_said(ship, block.said, last_said, last_times)
        ends = np.searchsorted(ship[order], np.arange(len(ships)), side="right") - 1
        self._put(ships, block.said[order[ends]], np.minimum(times[ends], TIMES_PASSED))
        rows = np.sort(order[times <= TIMES_PASSED])
        columns = {
            name: _values(name, text, rows, self._scale.get(name, 1.0))
            for name, text in block.texts.items()
        }
        stamps = {name: getattr(block, name)[rows] for name in ("t_ms", "mmsi", "after")}
        return Statics.from_columns(**stamps, **columns)

    def _places(self, ships: Array) -> tuple[Array, Array]:
        """Where ships stand or would stand, and a mask of those that do."""
        at = np.searchsorted(self._mmsi, ships)
        known = np.zeros(len(ships), bool)
        inside = at < len(self._mmsi)
        known[inside] = self._mmsi[at[inside]] == ships[inside]
        return at, known

    def _put(self, ships: Array, said: Array, times: Array) -> None:
        at, known = self._places(ships)
        self._said[at[known]], self._times[at[known]] = said[known], times[known]
        if not known.all():
            self._mmsi = np.insert(self._mmsi, at[~known], ships[~known])
            self._said = np.insert(self._said, at[~known], said[~known])
            self._times = np.insert(self._times, at[~known], times[~known])
        if len(self._mmsi) > self._ships:
            self._forget()


def _times_said(
    ship: Array, said: Array, last_said: Array | None = None, last_times: Array | None = None
) -> tuple[Array, Array]:
    """Order of rows by ship, and for each row in it how often in a row the ship has said this.

    `last_said` and `last_times`, by ship, are what was said before the first row.
    """
    order = np.argsort(ship.astype(np.uint16) if _small(ship) else ship, kind="stable")
    by_ship, by_said = ship[order], said[order]
    of_ship, of_run = np.ones(len(ship), bool), np.ones(len(ship), bool)
    of_ship[1:] = by_ship[1:] != by_ship[:-1]
    of_run[1:] = of_ship[1:] | (by_said[1:] != by_said[:-1])
    rows = np.arange(len(ship))
    begun = np.maximum.accumulate(np.where(of_run, rows, 0))
    times = rows - begun + 1
    if last_said is not None and last_times is not None:
        goes_on = of_ship & (by_said == last_said[by_ship])
        times = times + np.where(goes_on, last_times[by_ship], 0)[begun]
    return order, times


def _small(ship: Array) -> bool:
    """Whether numbers of ships fit 16 bits, which sort several times faster."""
    return len(ship) == 0 or int(ship.max()) < 1 << 16


def _values(name: str, text: Text, rows: Array, factor: float) -> Array:
    """Texts of `rows` in the dtype of the static column `name`; what is not said is 0 or NaN."""
    codes, which = np.unique(text.codes[rows], return_inverse=True)
    texts = [text.values[code] for code in codes]
    if name == "ship_type":
        return ship_type_codes(texts)[which]
    dtype = STATIC_DTYPE[name]
    if dtype.kind == "S":
        return np.array([fitting(word, dtype.itemsize) for word in said_words(texts)], dtype)[which]
    read = imo_number if name == "imo" else number
    numbers = np.array([read(word) for word in texts], np.float64) * factor
    whole = dtype.kind != "f"
    most, missing = (np.iinfo(dtype).max, 0) if whole else (np.finfo(dtype).max, np.nan)
    good = (numbers > 0) & (numbers <= most)
    values: Array = np.where(good, numbers, missing).astype(dtype)[which]
    return values


def fitting(text: bytes, room: int) -> bytes:
    """A text in UTF-8, cut to the characters that `room` bytes of a static column are meant for.

    >>> fitting("ÅSA ÆØÅ ÆØÅ ÆØÅ ÆØÅÅÅ".encode(), 60).decode()
    'ÅSA ÆØÅ ÆØÅ ÆØÅ ÆØÅÅ'
    """
    short = text.decode("utf-8", "replace")[: room // CHARACTER_BYTES].encode()
    return short[:room].decode("utf-8", "ignore").strip().encode()


def _row_hash(texts: dict[str, Text], n: int) -> Array:
    """Hash of each row; 0 for a row that says nothing."""
    said = np.zeros(n, np.uint64)
    for text in texts.values():
        hashes = np.fromiter(map(zlib.crc32, text.values), np.uint64, len(text.values))
        at = np.minimum(np.searchsorted(NOTHING, hashes), len(NOTHING) - 1)
        hashes[NOTHING[at] == hashes] = 0
        said = (said ^ hashes[text.codes]) * MIX
    return said
