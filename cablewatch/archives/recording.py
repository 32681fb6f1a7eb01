r"""Recordings: what live sources sent, as it came, with the moments of receipt.

A line of JSON says whose bytes follow, how many, and when they had come::

    # received {"at_ms": 1731888000123, "bytes": 48, "format": "nmea", "source": "pier"}
    !AIVDM,1,1,,A,13aG?P0P00PD;88MD5MTDww@2<0L,0*23

``sender`` tells apart who sends to one source, ``position`` where a source that can go back goes on
behind the bytes; ``at_ms`` is missing where the bytes were recorded before, and bear times of their
own. What is read of it is what was read live: the same decoders get the same bytes at the same
times. Messages in parts are not joined across the beginning of a file; live neither.
"""

import json
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple

import numpy as np

from cablewatch.ais.times import LATEST_MS
from cablewatch.archives.base import Archive
from cablewatch.archives.compression import Member
from cablewatch.archives.lines import LineDecoder, line_decoder
from cablewatch.archives.refused import Refused
from cablewatch.archives.sniff import RECORDING
from cablewatch.batches import Batch
from cablewatch.errors import ArchiveError
from cablewatch.fixes import Stations
from cablewatch.units import EARLIEST_MS

HEADER_BYTES = 1 << 20  # room for the longest topic of MQTT, and offsets of 30,000 partitions
ENTRY_BYTES = 1 << 26
JOINED = 50_000  # rows that become a batch
SENDERS = 256  # of all sources; who was longest silent is forgotten
SILENT_MS = 60_000  # likewise; parts of a message come within 10 s
AHEAD_MS = 60_000  # DESIGN: live, a time so far ahead of its receipt is refused
READ_BYTES = 1 << 20


class Entry(NamedTuple):
    """Lines of a source; see :class:`cablewatch.feeds.base.Received`."""

    source: str
    format: str
    data: bytes
    at_ms: int | None = None
    sender: str = ""
    position: dict[str, Any] | None = None

    def packed(self) -> bytes:
        """As it stands in a file."""
        said: dict[str, Any] = {"source": self.source, "format": self.format}
        said |= {"bytes": len(self.data)}
        said |= {} if self.at_ms is None else {"at_ms": self.at_ms}
        said |= {"sender": self.sender} if self.sender else {}
        said |= {} if self.position is None else {"position": self.position}
        return b"# received " + json.dumps(said, sort_keys=True).encode() + b"\n" + self.data


def entries(member: Member) -> Iterator[Entry]:
    """Entries of a file, front to back.

    Raises
    ------
    ArchiveError
        The file is cut off or damaged; every entry before comes first.
    """
    held, begun, read = b"", 0, 0

    def more() -> bool:
        nonlocal held, begun
        part = member.source.read1(READ_BYTES)
        held, begun = held[begun:] + part, 0
        return bool(part)

    while True:
        while (end := held.find(b"\n", begun, begun + HEADER_BYTES)) < 0:
            if len(held) - begun >= HEADER_BYTES or not more():
                if len(held) > begun:
                    raise _damaged(member.name, read)
                return
        said = _header(held[begun:end], member.name, read)
        size = said.pop("bytes")
        begun = end + 1
        while len(held) - begun < size:
            if not more():
                raise _damaged(member.name, read)
        yield Entry(data=held[begun : begun + size], **said)
        begun, read = begun + size, read + 1


def _header(line: bytes, name: str, read: int) -> dict[str, Any]:
    try:
        said = json.loads(line.removeprefix(b"# received "))
        if not line.startswith(RECORDING) or not 0 <= said["bytes"] <= ENTRY_BYTES:
            raise ValueError
        known = {"source": str, "format": str, "at_ms": int, "sender": str, "position": dict}
        fields = {key: said[key] for key in known if key in said}
        if not all(isinstance(value, known[key]) for key, value in fields.items()):
            raise ValueError
        if not fields.keys() >= {"source", "format"}:
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _damaged(name, read) from None
    return {"bytes": int(said["bytes"]), **fields}


def _damaged(name: str, read: int) -> ArchiveError:
    what = f"the recording is cut off or damaged after {read} entries"
    return ArchiveError(name, what, "what was read before counts; the others are lost")


class Senders:
    """A decoder for every sender that is heard; the one way from entries to batches.

    A sender that connects again is another one. Those long silent are forgotten, but for logs,
    whose times are their own.

    It can be pickled between two entries. `refused` counts by source what is left out.
    """

    def __init__(self, stations: Stations) -> None:
        self._stations = stations
        self._decoders: OrderedDict[tuple[str, str], LineDecoder] = OrderedDict()
        self._heard_ms: dict[tuple[str, str], int] = {}
        self.refused: dict[str, Refused] = {}

    def feed(self, entry: Entry) -> Batch:
        """What the lines of an entry say, without times far ahead of their receipt."""
        at_ms = _possible(entry.at_ms)
        batch = self._decoder(entry, at_ms).feed(entry.data, at_ms)
        return batch if at_ms is None else self._heard(batch, entry.source, at_ms)

    def begin(self) -> None:
        """Forget half-heard messages: a recording begins anew."""
        self._decoders.clear()
        self._heard_ms.clear()

    def _decoder(self, entry: Entry, at_ms: int | None) -> LineDecoder:
        """The decoder of who sent an entry."""
        key = entry.source, entry.sender
        decoder = self._decoders.get(key)
        if decoder is None:
            self._forget(at_ms)
            decoder = line_decoder(entry.format, entry.source, self._stations)
            decoder.refused = self.refused.setdefault(entry.source, Refused())
            self._decoders[key] = decoder
        self._decoders.move_to_end(key)
        if at_ms is not None:
            self._heard_ms[key] = at_ms
        return decoder

    def _forget(self, at_ms: int | None) -> None:
        """Make room for one more."""
        silent = [key for key, t_ms in self._heard_ms.items() if at_ms and t_ms < at_ms - SILENT_MS]
        if not silent and len(self._decoders) >= SENDERS:
            silent = [next(iter(self._decoders))]
        for key in silent:
            del self._decoders[key]
            self._heard_ms.pop(key, None)

    def _heard(self, batch: Batch, source: str, at_ms: int) -> Batch:
        ahead = batch.fixes.t_ms > at_ms + AHEAD_MS
        said = batch.statics.t_ms > at_ms + AHEAD_MS
        if not ahead.any() and not said.any():
            return batch
        self.refused[source].add("clock_ahead", int(ahead.sum()) + int(said.sum()))
        return batch.select(~ahead, ~said)


def _possible(at_ms: int | None) -> int | None:
    """A moment of receipt; None for one of a clock that was not set."""
    return at_ms if at_ms is not None and EARLIEST_MS <= at_ms <= LATEST_MS else None


class Recording(Archive):
    """Reader of a recording."""

    format: ClassVar[str] = "recording"
    keeps_order: ClassVar[bool] = True

    def _read(self) -> Iterator[Batch]:
        senders, failure = Senders(self._stations), None
        held: list[Batch] = []
        rows = 0
        for member in self._container.members():
            try:
                for entry in entries(member):
                    held.append(self._possible(senders.feed(entry)))
                    rows += len(held[-1].fixes)
                    if rows >= JOINED:
                        yield Batch.joined(held)
                        held, rows = [], 0
            except ArchiveError as error:
                failure = error
        yield Batch.joined(held)
        for refused in senders.refused.values():
            self.refused.merge(refused)
        if failure is not None:
            raise failure

    def _possible(self, batch: Batch) -> Batch:
        """The rows with a time that an archive can hold."""
        late, said = (rows.t_ms > self._latest_ms for rows in batch)
        if not late.any() and not said.any():
            return batch
        self.refused.add("bad_time", int(np.count_nonzero(late)))
        return batch.select(~late, ~said)
