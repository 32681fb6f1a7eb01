"""What the operators of a stream do: state and rows of a micro-batch in, rows and state out.

::

    read -> order -> by shard -> tally -> fold -> by piece -> the driver
             |                     |       ^
             |                     +-------+ tallies of all shards, to each
             +--- what left the order, passed on by both ---> the driver

A micro-batch is to them what a replay that goes on from a state is to :mod:`.tasks`, and they take
the same steps. An operator is a generator of rows; what it returns is its state behind them, from
which the next micro-batch goes on: in any process, cut anywhere. Run again from the state before,
it says the same again. The order hands out pieces that end with the bins of context, so that every
bin that a piece reads was cast before in the same rows, or is in the state.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple, Protocol

import numpy as np

from cablewatch.archives.recording import JOINED, Entry, Senders
from cablewatch.archives.refused import Refused
from cablewatch.batches import Batch
from cablewatch.cables.index import CableIndex
from cablewatch.cluster.packing import packed, unpacked
from cablewatch.cluster.tasks import BEGIN, Archives, Dealt, Read, dealt, folded, summed
from cablewatch.engine.fold import Engine
from cablewatch.engine.transitions import TALLY_DTYPE
from cablewatch.fixes import Stations
from cablewatch.ordering.order import Order
from cablewatch.vessels.register import Vessels

Operator = Generator[Dealt, None, bytes]
"""Rows of an operator, and its state behind them."""
Fault = tuple[int, tuple[str, str, str]]
"""Number of an input that could not be read to its end, and why: where in it, what, do."""


class Arrival(Protocol):
    """How rows become batches; it can be pickled between two micro-batches.

    Attributes
    ----------
    faults : list of Fault
        Of the rows taken last.
    """

    faults: list[Fault]

    @property
    def refused(self) -> Refused:
        """What was left out, since the beginning."""

    def batches(self, rows: Iterable[Read]) -> Iterator[Batch]:
        """Batches out of the rows of a micro-batch, which come in any order."""


class Files:
    """Whole files, one behind the other by their numbers."""

    def __init__(self, stations: Stations) -> None:
        self._stations = stations
        self.refused = Refused()
        self.faults: list[Fault] = []

    def batches(self, rows: Iterable[Read]) -> Iterator[Batch]:
        """Batches of file after file."""
        self.faults = []
        in_order = sorted(rows, key=itemgetter(0, 2))
        archives = Archives(iter(in_order), self._stations)
        for number in dict.fromkeys(row[0] for row in in_order):
            yield from archives.stream(number)
            ending = archives.endings[number]
            self.refused.merge(ending.refused)
            if ending.error is not None:
                self.faults.append((number, ending.error))


class Messages:
    """Entries of a broker, through the decoders of their senders.

    Those of one partition come in their order. Several are interleaved by the time that each had
    reached, so that none is far behind the others.
    """

    def __init__(self, stations: Stations) -> None:
        self._senders = Senders(stations)
        self.faults: list[Fault] = []

    @property
    def refused(self) -> Refused:
        """What was left out, since the beginning."""
        total = Refused()
        for refused in self._senders.refused.values():
            total.merge(refused)
        return total

    def batches(self, rows: Iterable[Read]) -> Iterator[Batch]:
        """Batches of all that the entries say."""
        held: list[Batch] = []
        n = 0
        for entry in _by_time(rows):
            held.append(self._senders.feed(entry))
            n += len(held[-1].fixes)
            if n >= JOINED:
                yield Batch.joined(held)
                held, n = [], 0
        yield Batch.joined(held)


def _by_time(rows: Iterable[Read]) -> Iterator[Entry]:
    """Entries by the time that their partition had reached."""
    placed = []
    for _, mine in groupby(sorted(rows, key=itemgetter(0, 2)), key=itemgetter(0)):
        reached_ms = 0
        for partition, at_ms, row, body in mine:
            reached_ms = max(reached_ms, at_ms)
            placed.append((reached_ms, partition, row, body))
    for *_, body in sorted(placed, key=itemgetter(0, 1, 2)):
        yield from unpacked(body)


class Begun(NamedTuple):
    """What the order begins with."""

    arrival: Callable[[Stations], Arrival]
    lateness_ms: int
    shards: int


def order(state: bytes, rows: Iterable[Read], begun: Begun) -> Operator:
    """Put what was read into the one order, and deal it out by shard.

    The last row says what is counted, and which inputs failed.
    """
    if state:
        place, vessels, arrival = unpacked(state)
    else:
        stations = Stations()
        place, vessels = Order(stations, begun.lateness_ms), Vessels()
        arrival = begun.arrival(stations)
    number = yield from dealt(place, vessels, arrival.batches(rows), begun.shards, ends=False)
    told = Order(Stations(), begun.lateness_ms)  # the driver needs no more of it than its counts
    told.counts = Counter(place.counts) + arrival.refused.counts
    told.examples = arrival.refused.examples | place.examples
    yield begun.shards, number, packed((told, arrival.faults))
    return packed((place, vessels, arrival))


def tally(state: bytes, rows: Iterable[Dealt], index: CableIndex, shards: int) -> Operator:
    """Pass on the rows of a shard, and tell all shards what its ships vote."""
    shard, pieces = _sorted(rows)
    if shard == shards:
        yield from pieces
        return b""
    engine = _engine(state, index)
    cast = [np.empty(0, TALLY_DTYPE)]
    for row in pieces:
        cast.append(engine.push_piece(*unpacked(row[-1])).tallies)
        yield row
    said = packed(np.concatenate(cast))
    for other in range(shards):
        yield other, BEGIN, said
    return engine.snapshot()


def fold(state: bytes, rows: Iterable[Dealt], index: CableIndex, shards: int) -> Operator:
    """Fold a shard with the tallies of all; the last row holds its counts."""
    shard, pieces = _sorted(rows)
    if shard == shards:
        yield from pieces
        return b""
    engine, number = _engine(state, index), BEGIN
    tallies = summed(body for _, k, body in pieces if k == BEGIN)
    for _, number, body in pieces:
        if number != BEGIN:
            said = folded(engine, unpacked(body), tallies)
            yield shard, number, packed(said)
    yield shard, number + 1, packed((engine.counts, b""))
    return engine.snapshot()


def _sorted(rows: Iterable[Dealt]) -> tuple[int, list[Dealt]]:
    """The shard of rows, and the rows by piece."""
    pieces = sorted(rows, key=itemgetter(1))
    return pieces[0][0], pieces


def _engine(state: bytes, index: CableIndex) -> Engine:
    return Engine.restore(state, index) if state else Engine(index)
