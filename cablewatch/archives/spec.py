"""What a table format is: which header names mean what. Data only; ``table`` and ``parquet`` read.

A *field* is a column of ours, a *name* a column of the file (lower case, without blanks around
it). Fields are:

==================  =====================================================================
time                a text in one of the forms of ``times``, or a number of them
mmsi lon lat        MMSI, degrees east and north
sog cog heading     knots, degrees
millisecond         to be added to the time
nav_status          a code or words (``phrases``)
sender              class A or B in words; anything else said is no ship
message             number of the AIS message (ITU-R M.1371-5, table 46)
repeat accuracy     repeat indicator and position accuracy of the message
flags station       bits of ``FixFlag``; name of the receiving station
STATICS             the columns of ``Statics``; length_m and width_m stand in for to_*_m
==================  =====================================================================
"""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cablewatch.errors import ArchiveError

REQUIRED = ("time", "mmsi", "lon", "lat", "sog", "cog")
NUMBERS = ("lon", "lat", "sog", "cog", "heading", "millisecond")
FLAGS = ("message", "repeat", "accuracy", "flags")
WORDS = ("time", "mmsi", "nav_status", "sender", "station", *FLAGS)
SIZES = ("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m")
STATICS = ("imo", "ship_type", *SIZES, "draught_m", "name", "callsign", "destination")
STAND_INS = {"length_m": "to_stern_m", "width_m": "to_starboard_m"}
FIELDS = (*NUMBERS, *WORDS, *STATICS, *STAND_INS)
DELIMITERS = ",;\t|"
BLANK_LINES = re.compile(rb"(?:[ \t]*\r?\n)*")  # before the header
MAX_NAMES = 1000  # beyond this a line is no header


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table format.

    Attributes
    ----------
    format : str
        Its name for ``--format``; as Parquet it is read under ``parquet``.
    columns : mapping of field to names
        The first of the names that the file has holds the field.
    signs : sequence of sets of names
        A header with all names of one of them is of this format.
    times : sequence of str
        Forms of its times, see ``times``.
    unread : set of names
        Columns that are known and not read; others are reported as ignored.
    unread_others : bool
        Whether all other columns count as known, too.
    ordered : bool
        Whether its files keep time order within a minute.
    scale : mapping of field to factor
        For numbers that are not in our units.
    first_row : mapping of field to pattern
        What the first row must match for a header of this format to be of this format.
    """

    format: str
    columns: Mapping[str, Sequence[str]]
    signs: Sequence[frozenset[str]]
    times: Sequence[str]
    unread: frozenset[str] = frozenset()
    unread_others: bool = False
    ordered: bool = False
    scale: Mapping[str, float] = field(default_factory=dict)
    first_row: Mapping[str, re.Pattern[str]] = field(default_factory=dict)

    def resolved(self, names: Sequence[str]) -> dict[str, str]:
        """Names of the fields that a table with the columns `names` has.

        Length and width count only where no distance from the reference point is there.
        """
        found = {}
        for wanted, candidates in self.columns.items():
            name = next((name for name in candidates if name in names), None)
            if name is not None:
                found[wanted] = name
        sized = any(size in found for size in SIZES)
        return {f: name for f, name in found.items() if not (sized and f in STAND_INS)}

    def ignored(self, names: Sequence[str]) -> list[str]:
        """Those of `names` that this format does not know."""
        known = self.unread.union(*self.columns.values())
        return [] if self.unread_others else [name for name in names if name not in known]

    def weight(self, names: Sequence[str], first_row: Sequence[str]) -> int:
        """How many names tell that a table is of this format; 0 where they do not.

        `first_row` are the fields of the row below the header; empty where there is none.
        """
        there = set(names)
        told = max((len(sign) for sign in self.signs if sign <= there), default=0)
        if not told or not self.first_row:
            return told
        values = dict(zip(names, first_row, strict=False))
        columns = self.resolved(names)
        for wanted, pattern in self.first_row.items():
            if not pattern.fullmatch(values.get(columns.get(wanted, ""), "").strip()):
                return 0
        return told + len(self.first_row)

    def require(self, names: Sequence[str], where: str) -> None:
        """ArchiveError unless a table with the columns `names` has all required fields, once."""
        there = self.resolved(names)
        missing = [self.columns[f][0] for f in REQUIRED if f not in there]
        if missing:
            shown = "".join(c for c in ", ".join(names)[:200] if c.isprintable())
            what = f"missing column {', '.join(missing)}"
            raise ArchiveError(
                where, what, f"add it, rename it or map it (--map, columns=); there are {shown}"
            )
        for name in there.values():
            if (times := names.count(name)) > 1:
                what = f"column {name!r} is there {times} times"
                raise ArchiveError(where, what, "keep one of them")


class Header(NamedTuple):
    """The first line of a CSV; `mapped` where it has a column that somebody named."""

    names: list[str]
    delimiter: str
    mapped: bool

    def row(self, line: bytes) -> list[str]:
        """Fields of a line below it; none where it is unreadable."""
        try:
            return next(csv.reader([line.decode("utf-8", "replace")], delimiter=self.delimiter), [])
        except csv.Error:
            return []


def header_of(line: bytes, where: str, renamed: Mapping[str, str]) -> Header:
    """Names of a header line without leading "# " and quotes; its delimiter.

    `renamed` as in :func:`names_of`.

    Raises
    ------
    ArchiveError
        It cannot be read as CSV.
    """
    text = line.decode("utf-8", "replace").strip("\r\n \x00")
    delimiter = max(DELIMITERS, key=text.count)
    try:
        said = next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error as error:
        raise ArchiveError(
            where, f"the header is unreadable ({error})", "check the file"
        ) from error
    return Header(names_of(said, renamed), delimiter, is_mapped(said, renamed))


def names_of(said: Sequence[str], renamed: Mapping[str, str]) -> list[str]:
    """Column names in lower case without "# "; those that are values of `renamed` become its keys.

    A column that has the name of a key without being the one that is meant is put out of the way.
    """
    ours = {_plain(theirs): name for name, theirs in renamed.items()}
    names = [_plain(name) for name in said]
    return [ours.get(name, f"{name} (not mapped)" if name in renamed else name) for name in names]


def is_mapped(said: Sequence[str], renamed: Mapping[str, str]) -> bool:
    """Whether one of the column names `said` is a value of `renamed`."""
    there = {_plain(name) for name in said}
    return any(_plain(theirs) in there for theirs in renamed.values())


def _plain(name: str) -> str:
    return name.strip().removeprefix("#").strip().lower()
