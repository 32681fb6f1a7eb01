"""What the tasks of a cluster do: rows in, rows out, whatever moves them.

::

    archives -> read -> order -> by shard -> tally -> all tallies
                          |         |                     |
                          |         +-------------------> fold -> by piece -> the pipeline
                          +---- what left the order ---------------> by piece --^

`order` is one task: its watermark is that of all archives. A shard is folded twice, from the same
start: votes are of a ship's own fixes alone, so the first fold, without context, casts the votes
that the second one reads; how many shards there are, and which task has which, changes nothing.
A task that is run again says the same again. The last field of a row is a body of `packing`; of the
first row of a shard it is a snapshot.
"""

from collections import defaultdict, deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from cablewatch.archives import Archive, ReadOptions, open_archive
from cablewatch.archives.chosen import selected_streams
from cablewatch.archives.compression import REPLACED
from cablewatch.archives.packing import is_unread
from cablewatch.archives.rawfile import is_as_it_was
from cablewatch.archives.refused import Refused
from cablewatch.archives.streams import interleaved
from cablewatch.batches import Batch
from cablewatch.cables.index import CableIndex
from cablewatch.cluster.packing import packed, unpacked
from cablewatch.engine.fold import Engine, Transitions, by_bin
from cablewatch.engine.state import BIN_MS
from cablewatch.engine.transitions import TALLY_DTYPE
from cablewatch.errors import ArchiveError
from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.ordering.order import Order, Ordered
from cablewatch.shards import Piece, shared_out
from cablewatch.units import NEVER_MS
from cablewatch.vessels.register import Vessels
from cablewatch.vessels.statics import Statics

PIECE_ROWS = 1 << 16  # that a piece has at least, unless its bin ends: 3 MB packed
BEGIN = -1  # in place of an archive, and of a piece: where they stand

Located = tuple[int, bytes]
"""Archive, and where it lies: a body."""
Read = tuple[int, int, int, bytes]
"""Archive, time that it had reached, number of the row, and a batch with the stations first heard
in it, or the :class:`Ending` of the archive."""
Dealt = tuple[int, int, bytes]
"""Shard, number of a piece, and its part of it; one more shard gets what left the order."""


class Ending(NamedTuple):
    """What is known of an archive when it has been read."""

    refused: Refused
    ignored_columns: list[str]
    reached_ms: int
    error: tuple[str, str, str] | None  # of an ArchiveError: where behind the path, what, do


class Left(NamedTuple):
    """What left the order, and the sets of stations first named in it."""

    ordered: Ordered
    heard: list[str]


class Ordering(NamedTuple):
    """What the order needs beside the rows and its state."""

    starts_ms: Sequence[int | None]
    shards: int
    ends: bool  # whether nothing waits at the end


def read(paths: Iterable[Located], options: ReadOptions, again: bool = False) -> Iterator[Read]:
    """Read archives: of each its batches, and at the end what is known of it.

    Raises
    ------
    ArchiveError
        A disk or a server failed, and the task is to be run `again` then.
    """
    for number, body in paths:
        path = unpacked(body)
        stations, reached_ms, row = Stations(), NEVER_MS, 0
        errors: list[ArchiveError] = []
        archive: Archive | None = None
        try:
            archive = open_archive(path, stations=stations, options=options)
            if not is_as_it_was(archive.path, path):
                raise ArchiveError(str(path), "was replaced before it was read", REPLACED)
            [stream] = selected_streams([archive], errors, lambda done, total: None)
            named = len(stations)
            for batch in stream:
                said = batch, _names(stations, named)
                yield number, reached_ms, row, packed(said)
                reached_ms, row = max(reached_ms, batch.newest_ms), row + 1
                named = len(stations)
        except ArchiveError as error:
            errors.append(error)
        if again and errors and is_unread(errors[-1]):
            raise errors[-1]
        ending = _ending(archive, [(e.where.removeprefix(f"{path}"), e.what, e.do) for e in errors])
        yield number, reached_ms, row, packed(ending)


def _ending(archive: Archive | None, errors: Sequence[tuple[str, str, str]]) -> Ending:
    error = errors[-1] if errors else None
    if archive is None:
        return Ending(Refused(), [], NEVER_MS, error)
    return Ending(archive.refused, archive.ignored_columns, archive.reached_ms, error)


def _names(table: Stations, first: int) -> list[str]:
    return [table.name(code) for code in range(first, len(table))]


class Archives:
    """Streams of archives out of rows sorted by what their archive had reached.

    That is the order in which streams that are interleaved are asked, so that little waits.
    """

    def __init__(self, rows: Iterator[Read], stations: Stations) -> None:
        self._rows, self._stations = rows, stations
        self._waiting: defaultdict[int, deque[bytes]] = defaultdict(deque)
        self.endings: dict[int, Ending] = {}

    def stream(self, number: int) -> Iterator[Batch]:
        """Batches of an archive, with station codes of the one table."""
        codes = np.zeros(1, np.uint16)
        while True:
            said = unpacked(self._next(number))
            if isinstance(said, Ending):
                self.endings[number] = said
                return
            batch, names = said
            new = np.array([self._stations.code(name) for name in names], np.uint16)
            codes = np.concatenate([codes, new])
            batch.fixes.station[:] = codes[batch.fixes.station]
            yield batch

    def _next(self, number: int) -> bytes:
        while not self._waiting[number]:
            archive, _, _, body = next(self._rows)
            self._waiting[archive].append(body)
        return self._waiting[number].popleft()


def order(rows: Iterable[Read], how: Ordering) -> Iterator[Dealt]:
    """Put what was read into the one order, and deal it out in pieces that end with bins.

    The first row holds where order and register stand.
    """
    rows = iter(rows)
    standing, vessels = unpacked(next(rows)[-1])
    archives = Archives(rows, standing.stations)
    streams = [archives.stream(number) for number in range(len(how.starts_ms))]
    merged = interleaved(streams, how.starts_ms)
    number = yield from dealt(standing, vessels, merged, how.shards, how.ends)
    end = standing, [archives.endings.get(k) for k in range(len(how.starts_ms))]
    yield how.shards, number, packed(end)


def dealt(
    order: Order, vessels: Vessels, batches: Iterable[Batch], shards: int, ends: bool
) -> Generator[Dealt, None, int]:
    """Deal out in pieces what leaves the order; the number of pieces, of which there is one."""
    dealer = _Dealer(order, vessels, shards)
    for batch in batches:
        yield from dealer.take(order.push(*batch))
    if ends:
        yield from dealer.take(order.flush())
    yield from dealer.deal()
    return dealer.number


@dataclass
class _Dealer:
    """What left the order and is not dealt out yet."""

    order: Order
    vessels: Vessels
    shards: int
    number: int = 0
    _fixes: list[Fixes] = field(default_factory=list)
    _statics: list[Statics] = field(default_factory=list)
    _confirmed: list[Statics] = field(default_factory=list)
    _late: list[Fixes] = field(default_factory=list)
    _slow: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._named = len(self.order.heard)
        self._until_ms = self.order.push(Fixes.empty(), Statics.empty()).watermark_ms

    def take(self, out: Ordered) -> Iterator[Dealt]:
        """Take what left the order."""
        self._late.append(out.late)
        self._slow += out.slow
        bin_ = (self._until_ms - 1) // BIN_MS
        for fixes, statics, until_ms in by_bin(out.fixes, out.statics, out.watermark_ms, bin_):
            self._fixes.append(fixes)
            self._statics.append(statics)
            self._confirmed.append(self.vessels.update(statics))
            self._until_ms = until_ms
            if until_ms % BIN_MS == 0 or sum(map(len, self._fixes)) >= PIECE_ROWS:
                yield from self.deal()
        self.vessels.alternations()  # which the pipeline asks of its own register

    def deal(self) -> Iterator[Dealt]:
        """Deal out what there is, as one piece."""
        fixes = Fixes.concat(self._fixes)
        piece = fixes, Statics.concat(self._confirmed), self._until_ms
        for shard, share in enumerate(shared_out(piece, self.shards)):
            yield shard, self.number, packed(share)
        statics, late = Statics.concat(self._statics), Fixes.concat(self._late)
        ordered = Ordered(fixes, statics, late, self._until_ms, self._slow)
        left = Left(ordered, _names(self.order.heard, self._named))
        yield self.shards, self.number, packed(left)
        self._named = len(self.order.heard)
        self._fixes, self._statics, self._confirmed, self._late, self._slow = [], [], [], [], []
        self.number += 1


def tally(rows: Iterable[Dealt], index: CableIndex) -> Iterator[tuple[int, bytes]]:
    """Votes of the ships of shards, piece by piece: its number, and they."""
    for _, number, engine, piece in _pieces(rows, index):
        yield number, packed(engine.push_piece(*piece).tallies)


def summed(bodies: Iterable[bytes]) -> Array:
    """Tallies of all shards by bin and cell (`TALLY_DTYPE`)."""
    cast = np.concatenate([np.empty(0, TALLY_DTYPE), *map(unpacked, bodies)])
    places, inverse = np.unique(cast[["bin", "cell"]], return_inverse=True)
    tallies = np.zeros(len(places), TALLY_DTYPE)
    for name in ("bin", "cell"):
        tallies[name] = places[name]
    for name in ("votes", "sum_milli"):
        np.add.at(tallies[name], inverse, cast[name])
    return tallies


def fold(rows: Iterable[Dealt], index: CableIndex, tallies: Array, keep: bool) -> Iterator[Dealt]:
    """Fold shards with the tallies of all; last of each are its counts, and a snapshot if asked."""
    for shard, mine in groupby(_pieces(rows, index), key=itemgetter(0)):
        for _, number, engine, piece in mine:
            yield shard, number, packed(folded(engine, piece, tallies))
        end = engine.counts, engine.snapshot() if keep else b""
        yield shard, number + 1, packed(end)


def folded(engine: Engine, piece: Piece, tallies: Array) -> Transitions:
    """What the fold says of a piece; at the end of a bin its tallies of all shards are added.

    Several pieces may end with a bin, where the watermark stands there; it ends once.
    """
    closed_ms, until_ms = engine.closed_ms, piece[2]
    said = engine.push_piece(*piece)
    if until_ms % BIN_MS == 0 and until_ms > closed_ms:
        engine.context.add(tallies[tallies["bin"] == until_ms // BIN_MS - 1])
    return said


def _pieces(rows: Iterable[Dealt], index: CableIndex) -> Iterator[tuple[int, int, Engine, Piece]]:
    """Pieces with the engine of their shard, which stands where its first row says."""
    for shard, number, body in rows:
        if number == BEGIN:
            engine = Engine.restore(bytes(body), index)
        else:
            yield shard, number, engine, unpacked(body)
