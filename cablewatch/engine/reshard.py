"""Resharding: engines of one number of shards become engines of another, midway.

Every track, candidate and identity moves to the shard that its MMSI hashes to, in the order of its
chain; nothing of it changes. All engines must have come to the same watermark with one context.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from cablewatch.engine.fold import Engine, shard_of
from cablewatch.engine.state import (
    END_MS,
    FREE_CANDIDATE,
    FREE_SHIP,
    IDENT_DTYPE,
    TICK_MS,
    State,
    empty_state,
)
from cablewatch.engine.tracks import idents_rebuilt
from cablewatch.fixes import Array


def resharded(engines: Sequence[Engine], shards: int) -> list[Engine]:
    """Engines of `shards` shards that go on where `engines` stand.

    Counts go to the first, so that their sums stay.

    Raises
    ------
    ValueError
        The engines stand in different bins or have different contexts.
    """
    first = engines[0]
    if any((e.bin, e.context.state()) != (first.bin, first.context.state()) for e in engines):
        raise ValueError("engines of one run must stand at one watermark with one context")
    states = [engine.state for engine in engines]
    dealt = [_dealt(states, shards, k) for k in range(shards)]
    dealt[0].counts[:] = np.sum([state.counts for state in states], axis=0)
    return [
        Engine.standing(first.index, state, first.context, first.bin, first.limits)
        for state in dealt
    ]


def _dealt(states: Sequence[State], shards: int, shard: int) -> State:
    """What one shard gets of all states."""
    idents: list[Array] = []
    ships: list[Array] = []
    candidates: list[Array] = []
    for state in states:
        taken = state.idents[state.idents["mmsi"] != 0]
        for ident in taken[shard_of(taken["mmsi"], shards) == shard]:
            moved = ident.copy()
            moved["ship"] = _moved(state.ships, int(ident["ship"]), ships)
            moved["candidate"] = _moved(state.nursery, int(ident["candidate"]), candidates)
            idents.append(moved)
    room = empty_state(2 * len(ships) + 256, 2 * len(candidates) + 1024)
    _fill(room.ships, ships, room.free, FREE_SHIP)
    _fill(room.nursery, candidates, room.free, FREE_CANDIDATE)
    for which in (TICK_MS, END_MS):
        room.free[which] = max(int(state.free[which]) for state in states)
    return idents_rebuilt(room._replace(idents=np.array(idents, IDENT_DTYPE)))


def _chain(pool: Array, slot: int) -> Iterator[Array]:
    while slot >= 0:
        yield pool[slot]
        slot = int(pool[slot]["next"])


def _moved(pool: Array, head: int, into: list[Array]) -> int:
    """Append the records of a chain to a list; returns the new head."""
    start = len(into)
    for record in _chain(pool, head):
        into.append(record.copy())
        into[-1]["next"] = len(into)
    if len(into) == start:
        return -1
    into[-1]["next"] = -1
    return start


def _fill(pool: Array, records: list[Array], free: Array, which: int) -> None:
    """Put records at the start of a free pool."""
    for slot, record in enumerate(records):
        pool[slot] = record
    free[which] = len(records)
