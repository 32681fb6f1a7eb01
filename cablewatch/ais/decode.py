r"""Bytes of an AIS feed into columns, at the speed of the feed.

>>> decoder = Decoder(station="pier")
>>> line = b"2024-11-17T21:00:00;!AIVDM,1,1,,B,13AE=p0P291bGJ@PfV=<iS;1P000,0*2A\r\n"
>>> len(decoder.feed(line[:40]).fixes)  # a cut line waits for its end
0
>>> fixes = decoder.feed(line[40:]).fixes
>>> int(fixes.mmsi[0]), round(float(fixes.lon_deg[0]), 3), round(float(fixes.sog_kn[0]), 1)
(219500000, 23.236, 13.7)
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from operator import index
from typing import Any

import numpy as np

from cablewatch.ais.flags import Reason
from cablewatch.ais.lines import MAX_SENTENCES, SOURCES, State, read_lines
from cablewatch.ais.octets import PAD
from cablewatch.ais.prefixes import Wall
from cablewatch.ais.reassembly import drop_all
from cablewatch.ais.rows import (
    FIXES,
    MESSAGE_DTYPE,
    MESSAGES,
    OTHER_DTYPE,
    OTHERS,
    PAYLOAD_DTYPE,
    STATICS,
    TEXT_COLUMNS,
    Rows,
)
from cablewatch.ais.sentences import MAX_LINE_BYTES
from cablewatch.ais.times import LATEST_MS, NONE
from cablewatch.batches import Batch
from cablewatch.errors import UsageError
from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.units import DAY_MS, EARLIEST_MS
from cablewatch.vessels.statics import Statics

NAMED_OTHER_DTYPE = np.dtype([*OTHER_DTYPE.descr, ("name", "S20")])
ROWS = 8192 + MAX_SENTENCES
"""Messages of one kernel call: few calls, and copies that the allocator can recycle."""
EXAMPLE_BYTES = 120
NO_STATICS = Statics.empty()


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one call of :meth:`Decoder.feed` gave; every table in the order of the feed.

    Attributes
    ----------
    fixes : Fixes
        Reports of ships (types 1, 2, 3, 18, 19, 27) with a usable position.
    statics : Statics
        Types 5, 19 and both parts of 24; `after` is how many of the fixes came before.
    messages : record array
        ``type, mmsi, flags`` (:class:`~cablewatch.ais.flags.MessageFlag`) of every accepted message
        of the 28 types.
    others : record array
        Base stations, aircraft and aids to navigation (types 4, 11, 9, 21), OTHER_DTYPE and their
        name.
    refused : dict
        Count by :class:`~cablewatch.ais.flags.Reason`, of lines and sentences without a message
        and of reports without a time.
    examples : dict
        The first refused line of each reason, at most EXAMPLE_BYTES of it. Parts that wait in vain
        have none.
    payloads : record array
        PAYLOAD_DTYPE of every message, where the decoder is asked for them; else empty.
    """

    fixes: Fixes = field(default_factory=Fixes.empty)
    statics: Statics = field(default_factory=Statics.empty)
    messages: Array = field(default_factory=lambda: np.empty(0, MESSAGE_DTYPE))
    others: Array = field(default_factory=lambda: np.empty(0, NAMED_OTHER_DTYPE))
    refused: dict[str, int] = field(default_factory=dict)
    examples: dict[str, bytes] = field(default_factory=dict)
    payloads: Array = field(default_factory=lambda: np.empty(0, PAYLOAD_DTYPE))


class Decoder:
    """One feed: a file, or a connection. Different feeds need different decoders.

    However the bytes are cut into calls, the rows are the same; only the moment of receipt, where
    it must stand in, is that of the call that brought a line's end.

    Parameters
    ----------
    station : str
        Receiving station of sentences whose tag block names no source.
    stations : Stations, optional
        Table of station codes to share with other readers of the run.
    zone : tzinfo, optional
        Zone of prefixes that name none, such as ``2016-03-31 00:00:01,``; UTC by default. In a
        recording a report whose local time occurs twice or never, or is of another zone that is not
        understood (``EST``), is refused as ``ambiguous_time``, unless a tag block, suffix or
        ``$PGHP`` line has a better one.
    date_ms : int, optional
        For logs whose prefixes are a time of day: the day of the first, any of its milliseconds
        since 1970 by the clock of the log. A step back by more than 12 h begins the next day.
    payloads : bool
        Hand out the payload of every message, for decoders of more types.
    """

    def __init__(
        self,
        station: str = "",
        stations: Stations | None = None,
        *,
        zone: tzinfo | None = None,
        date_ms: int | None = None,
        payloads: bool = False,
    ) -> None:
        self.stations = Stations() if stations is None else stations
        self._codes = np.array([self.stations.code(station)], np.uint16)
        self._state = State.make(Wall.make(zone, date_ms))
        self._rows = Rows.make(ROWS, payloads)
        self._cut = b""
        self._overlong = False

    def feed(self, data: bytes, received_ms: int | None = None) -> Decoded:
        """Decode what arrived; a line without its end waits for the next call.

        Parameters
        ----------
        data : bytes
            Any part of the feed, cut anywhere.
        received_ms : int, optional
            Moment of receipt, UTC milliseconds: the time of messages without one, and the bound
            (plus a day) of plausible times. None for recordings.

        Raises
        ------
        UsageError
            `received_ms` is no whole number of milliseconds from 2000 to 2100.
        """
        received_ms = _checked_ms(received_ms)
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        if end == 0:
            self._keep(data)
            return Decoded()
        head = self._cut
        self._cut = b""
        if self._overlong:
            head += b"x"
            self._overlong = False
        lines = head + data[:end] if head or end < len(data) else data
        self._keep(data[end:])
        return self._decode(lines, received_ms)

    def flush(self, received_ms: int | None = None) -> Decoded:
        """End of the feed: decode a last line without its end, count parts that wait in vain.

        `received_ms` as in :meth:`feed`.
        """
        received_ms = _checked_ms(received_ms)
        lines = self._cut if not self._overlong else self._cut + b"x"
        self._cut = b""
        self._overlong = False
        return self._decode(lines + b"\n", received_ms, last=True)

    def _keep(self, rest: bytes) -> None:
        """Keep a cut line; of one that is too long already its beginning, and that it is."""
        self._overlong |= len(self._cut) + len(rest) > MAX_LINE_BYTES
        self._cut += rest[: MAX_LINE_BYTES - len(self._cut)]

    def _decode(self, lines: bytes, received_ms: int | None, last: bool = False) -> Decoded:
        receipt = NONE if received_ms is None else received_ms
        limit = LATEST_MS if received_ms is None else received_ms + DAY_MS
        rows = self._rows
        rows.refused[:] = 0
        parts: list[Decoded] = []
        examples: dict[str, bytes] = {}
        for data, end in _padded(lines):
            at = 0
            while at < end:
                rows.filled[:] = 0
                at = read_lines(data, at, end, receipt, limit, self._state, rows)
                parts.append(self._take())
            self._note_examples(data, examples)
        if last:
            drop_all(self._state.pending, rows.refused)
        refused = {_key(k): int(rows.refused[k]) for k in np.flatnonzero(rows.refused)}
        return _join(parts, refused, examples)

    def _note_examples(self, data: Array, examples: dict[str, bytes]) -> None:
        """Copy the beginnings of lines refused first for their reason."""
        example = self._rows.example
        for k in np.flatnonzero(example >= 0):
            text = data[example[k] : example[k] + EXAMPLE_BYTES].tobytes()
            examples.setdefault(_key(k), text.partition(b"\n")[0].partition(b"\r")[0])
        example[:] = -1

    def _take(self) -> Decoded:
        """Copy the rows of one kernel call into columns."""
        rows = self._rows
        n = rows.filled
        self._name_sources()
        named = rows.fixes._asdict().items()
        columns = {name: column[: n[FIXES]].copy() for name, column in named}
        columns["station"] = self._codes[columns["station"]]
        return Decoded(
            Fixes(**columns),
            _statics(rows, int(n[STATICS])),
            rows.messages[: n[MESSAGES]].copy(),
            self._others(int(n[OTHERS])),
            payloads=self._payloads(int(n[MESSAGES])),
        )

    def _payloads(self, n: int) -> Array:
        payloads = self._rows.payloads[:n].copy()
        payloads["station"] = self._codes[payloads["station"]]
        return payloads

    def _name_sources(self) -> None:
        """Give sources seen for the first time their code in the shared table."""
        known = int(self._state.now[SOURCES])
        if known > len(self._codes):
            names = self._state.source_names[len(self._codes) : known]
            new = [
                self.stations.code(bytes(name).rstrip(b"\0").decode("latin-1")) for name in names
            ]
            self._codes = np.concatenate([self._codes, np.array(new, np.uint16)])

    def _others(self, n: int) -> Array:
        others = np.empty(n, NAMED_OTHER_DTYPE)
        if n == 0:
            return others
        for name in OTHER_DTYPE.names or ():
            others[name] = self._rows.others[name][:n]
        others["station"] = self._codes[others["station"]]
        others["name"] = _strings(self._rows.other_text[:n])
        return others


def _checked_ms(received_ms: int | None) -> int | None:
    """A moment of receipt as an int; UsageError where it is in seconds, say, or no number."""
    if received_ms is None:
        return None
    try:
        t_ms = index(received_ms)
    except TypeError:
        t_ms = 0
    if not EARLIEST_MS <= t_ms <= LATEST_MS:
        what = f"{received_ms!r} is no time in whole milliseconds UTC"
        raise UsageError("received_ms", what, "give time.time_ns() // 1_000_000, or None")
    return t_ms


def _padded(lines: bytes) -> Iterator[tuple[Array, int]]:
    """Lines as arrays and how much of each to read, with PAD bytes behind it to look at.

    Only the last lines are copied: those that have fewer bytes behind them.
    """
    safe = len(lines) - PAD
    cut = max(lines.rfind(b"\n", 0, safe), lines.rfind(b"\r", 0, safe)) + 1 if safe > 0 else 0
    if cut > 0:
        yield np.frombuffer(lines, np.uint8), cut
    if cut < len(lines):
        rest = lines[cut:]
        yield np.frombuffer(rest + bytes(PAD), np.uint8), len(rest)


def _statics(rows: Rows, n: int) -> Statics:
    if n == 0:
        return NO_STATICS
    columns: dict[str, Any] = {
        name: rows.statics[name][:n].copy() for name in rows.statics.dtype.names or ()
    }
    for name, start, stop in TEXT_COLUMNS:
        columns[name] = _strings(rows.static_text[:n, start:stop])
    return Statics(**columns)


def _strings(letters: Array) -> Array:
    """Rows of bytes as fixed-width strings."""
    return np.ascontiguousarray(letters).view(f"S{letters.shape[1]}").reshape(-1).copy()


def _key(reason: Any) -> str:
    return Reason(int(reason)).name.lower()


def _join(parts: list[Decoded], refused: dict[str, int], examples: dict[str, bytes]) -> Decoded:
    if len(parts) == 1:
        return replace(parts[0], refused=refused, examples=examples)
    return Decoded(
        *Batch.joined(Batch(p.fixes, p.statics) for p in parts),
        np.concatenate([p.messages for p in parts]),
        np.concatenate([p.others for p in parts]),
        refused,
        examples,
        np.concatenate([p.payloads for p in parts]),
    )
