"""The fold: ``step(state of this ship, fix, context) -> (state, transitions)``.

::

    fixes, statics (sorted)                       watermark
        |                                             |
    _take: whose fix is it? (quality)             _timers of every ship, up to the watermark
        |   pending timers of that ship first         |
    _absorb: crossings, samples, minute, track     end of a bin: votes, forgetting
        |                                             |
        +---- events, crossings, notices, tallies, hints, hearings ----+

Timers fall on whole minutes of event time. The timer of minute M sees the fixes before M and no
other, whether it runs because a later fix of the ship came or because the watermark passed; that
is why a cut of the input changes nothing. The engine visits the ends of all bins in which anything
can happen, whatever the cut.
"""

import io
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from cablewatch.cables.index import CableIndex, name_of
from cablewatch.engine import anchor, drag, drag_at_anchor, drift, identity, loiter, silence
from cablewatch.engine.context import Context
from cablewatch.engine.kernels import close_bin, fold, timers
from cablewatch.engine.state import (
    BIN_MS,
    COUNTS,
    END_MS,
    FREE_CANDIDATE,
    FREE_SHIP,
    IDENTS_USED,
    MAX_CABLES,
    State,
    empty_state,
    grown,
)
from cablewatch.engine.tracks import idents_rebuilt
from cablewatch.engine.transitions import OUTPUT_DTYPE
from cablewatch.errors import CableError, UsageError
from cablewatch.fixes import Array, Fixes
from cablewatch.units import NEVER_MS
from cablewatch.vessels.statics import Statics

RULES = {
    rule.RULE: rule for rule in (drag, loiter, anchor, drag_at_anchor, drift, silence, identity)
}
"""Every rule by its number: a module with RULE, KIND, VERSION, TERMS, PRIOR, and `evaluate`: a
kernel, or a function of what :mod:`.judging` gathers. Terms with a ratio come first."""

MAX_SHIPS = 100_000  # 400 MB; more than report worldwide in a day
MAX_CANDIDATES = 1_000_000  # 40 MB
SNAPSHOT_VERSION = 10  # of the layout of the records; another is refused


class Transitions(NamedTuple):
    """What one push of the engine said, sorted by time and ship.

    `events` are rows of ``EVENT_DTYPE``; the three arrays after it are parallel to them and hold
    the crossings, vertices and cables ahead that each names. `hints` and `heard` are for
    :class:`cablewatch.engine.judging.Judges`.
    """

    events: Array
    event_cables: Array
    event_vertices: Array
    event_ahead: Array
    crossings: Array
    notices: Array
    tallies: Array
    hints: Array
    heard: Array


class Engine:
    """State, context and cables of one shard.

    Parameters
    ----------
    index : CableIndex
        Cables to watch.
    max_ships, max_candidates : int
        Capacity; a ship beyond it is refused and counted, none is evicted.

    Raises
    ------
    CableError
        More cables than a ship's record can name.
    """

    def __init__(
        self,
        index: CableIndex,
        max_ships: int = MAX_SHIPS,
        max_candidates: int = MAX_CANDIDATES,
    ) -> None:
        cables = int(index.segments["cable"].max(initial=-1)) + 1
        if cables > MAX_CABLES:
            raise CableError(
                "cables", f"{cables} routes, more than {MAX_CABLES}", "watch fewer at once"
            )
        self.index = index
        self.max_ships = max_ships
        self.max_candidates = max_candidates
        self.context = Context()
        self.state = empty_state(min(256, max_ships), min(1024, max_candidates))
        self._out = np.zeros(1, OUTPUT_DTYPE)
        self.bin = NEVER_MS // BIN_MS
        self._norms = self.context.norms(self.bin)
        self._parts: list[Transitions] = []

    @property
    def limits(self) -> tuple[int, int]:
        """Capacity: ships and candidates."""
        return self.max_ships, self.max_candidates

    @property
    def counts(self) -> dict[str, int]:
        """Fixes taken, and those set aside by reason."""
        return dict(zip(COUNTS, self.state.counts.tolist(), strict=True))

    @property
    def words(self) -> Array:
        """What each rule said last: WORD_DTYPE by rule and number of a track of an MMSI.

        It is of the ship last evaluated, and so of use where one MMSI is folded alone.
        """
        words: Array = self._out[0]["words"]
        return words

    def push(self, fixes: Fixes, statics: Statics, watermark_ms: int) -> Transitions:
        """Fold a batch from `order`, then the timers up to the watermark."""
        said = []
        for piece in by_bin(fixes, statics, watermark_ms, self.bin):
            said.append(self.push_piece(*piece))
            self.context.add(said[-1].tallies)
        return merged(said)

    def push_piece(self, fixes: Fixes, statics: Statics, until_ms: int) -> Transitions:
        """Fold a piece of :func:`by_bin`, then the timers up to its end.

        The tallies it says are not added to the context: the caller adds those of all shards.
        """
        number = (until_ms - 1) // BIN_MS
        if number != self.bin:
            self.bin = number
            self._norms = self.context.norms(number)
        self._fold(fixes, statics)
        self._run(timers, until_ms)
        if until_ms % BIN_MS == 0:
            self._run(close_bin, until_ms)
            self._shrink()
        self._collect()
        parts, self._parts = self._parts, []
        return merged(parts)

    @property
    def closed_ms(self) -> int:
        """End of the last bin that was closed, and whose votes so were cast."""
        return int(self.state.free[END_MS])

    def finish(self, end_ms: int) -> Transitions:
        """Run the timers up to the global end of the input; open episodes stay open."""
        return self.push(Fixes.empty(), Statics.empty(), end_ms)

    def _fold(self, fixes: Fixes, statics: Statics) -> None:
        done = (0, 0)
        while True:
            done = fold(
                self.state,
                self.index,
                self._out,
                self._norms,
                tuple(fixes.columns()),
                (
                    statics.t_ms,
                    statics.mmsi,
                    statics.to_bow_m,
                    statics.to_stern_m,
                    statics.ship_type,
                ),
                done,
                len(self.state.ships) >= self.max_ships,
                len(self.state.nursery) >= self.max_candidates,
            )
            if done == (len(fixes), len(statics)):
                return
            self._collect()
            self._make_room()

    def _run(self, kernel: Callable[..., int], until_ms: int) -> None:
        slot = 0
        while True:
            slot = kernel(self.state, self.index, self._out, self._norms, until_ms, slot)
            if slot >= len(self.state.ships):
                return
            self._collect()

    def _make_room(self) -> None:
        """Double what is full, up to the capacity."""
        state = self.state
        ships, candidates = len(state.ships), len(state.nursery)
        if state.free[FREE_SHIP] < 0:
            ships = min(2 * ships, self.max_ships)
        if state.free[FREE_CANDIDATE] < 0:
            candidates = min(2 * candidates, self.max_candidates)
        self.state = grown(state, ships, candidates)
        if 2 * (state.free[IDENTS_USED] + 1) > len(state.idents):
            self.state = idents_rebuilt(self.state)

    def _shrink(self) -> None:
        """Drop identities that nothing refers to; what they said was forgotten already."""
        if 4 * self.state.free[IDENTS_USED] > len(self.state.idents):
            self.state = idents_rebuilt(self.state)

    def _collect(self) -> None:
        """Move the rows in the buffers into `_parts`."""
        out = self._out[0]
        if not out["used"].any():
            return
        events, crossings, notices, tallies, hints, heard = out["used"].tolist()
        self._parts.append(
            Transitions(
                out["events"][:events].copy(),
                out["event_cables"][:events].copy(),
                out["event_vertices"][:events].copy(),
                out["event_ahead"][:events].copy(),
                out["crossings"][:crossings].copy(),
                out["notices"][:notices].copy(),
                out["tallies"][:tallies].copy(),
                out["hints"][:hints].copy(),
                out["heard"][:heard].copy(),
            )
        )
        out["used"][:] = 0

    def snapshot(self) -> bytes:
        """State and context as bytes; :meth:`restore` goes on from them, in any process."""
        buffer = io.BytesIO()
        pickle.dump(
            (
                SNAPSHOT_VERSION,
                [rule.VERSION for rule in RULES.values()],
                name_of(self.index),
                tuple(self.state),
                self.context.state(),
                self.bin,
                self.limits,
            ),
            buffer,
            protocol=5,
        )
        return buffer.getvalue()

    @classmethod
    def restore(cls, snapshot: bytes, index: CableIndex) -> "Engine":
        """Engine of a snapshot that this same version made, with the same cables.

        Only snapshots of one's own store are to be trusted: they are pickles.

        Raises
        ------
        UsageError
            Another version made it, or it was made over other cables.
        """
        version, rules, *rest = pickle.loads(snapshot)
        if version != SNAPSHOT_VERSION or rules != [rule.VERSION for rule in RULES.values()]:
            raise UsageError(
                "snapshot",
                f"made by version {version} with rules {', '.join(rules)}",
                "go on with the version that made it, or start anew",
            )
        cables, arrays, bins, number, limits = rest
        if cables != name_of(index):
            raise UsageError(
                "snapshot",
                f"made over other cables ({cables}, not {name_of(index)})",
                "give the cables that it was made over, in their order, or start anew",
            )
        return cls.standing(index, State(*arrays), Context.restore(bins), number, limits)

    @classmethod
    def standing(
        cls, index: CableIndex, state: State, context: Context, number: int, limits: tuple[int, int]
    ) -> "Engine":
        """Engine that goes on from a state, in bin `number`, with a context of its own."""
        engine = cls(index, *limits)
        engine.state = state
        engine.context = Context.restore(context.state())
        engine.bin = number
        engine._norms = engine.context.norms(number)
        return engine


NOTHING = Transitions(
    *(
        np.empty((0, *OUTPUT_DTYPE[name].shape[1:]), OUTPUT_DTYPE[name].base)
        for name in Transitions._fields
    )
)
"""What a push says when nothing happened."""


def with_notices(said: Transitions, notices: Array) -> Transitions:
    """What was said, and notices of others than the fold, in one order."""
    if not len(notices):
        return said
    both = np.concatenate([said.notices, notices])
    return said._replace(notices=both[_sorted_by(both, "t_ms", "mmsi", "code")])


def merged(parts: Sequence[Transitions]) -> Transitions:
    """Concatenate what was said and sort it by time, ship and content."""
    parts = [part for part in parts if any(map(len, part))]
    if not parts:
        return NOTHING
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    events, cables, vertices, ahead, crossings, notices, tallies, hints, heard = columns
    by_time = _sorted_by(events, "t_ms", "mmsi", "rule", "started_ms", "track")
    return Transitions(
        events[by_time],
        cables[by_time],
        vertices[by_time],
        ahead[by_time],
        crossings[_sorted_by(crossings, "t_ms", "mmsi", "cable", "km")],
        notices[_sorted_by(notices, "t_ms", "mmsi", "code")],
        tallies[_sorted_by(tallies, "bin", "cell", "sum_milli")],
        hints[_sorted_by(hints, "t_ms", "mmsi", "what", "track")],
        heard[_sorted_by(heard, "bin", "cell", "station", "gone")],
    )


def _sorted_by(rows: Array, *names: str) -> Array:
    return np.lexsort([rows[name] for name in reversed(names)])


def by_bin(
    fixes: Fixes, statics: Statics, watermark_ms: int, current: int
) -> Iterator[tuple[Fixes, Statics, int]]:
    """Cut a batch at the ends of bins; each part ends at a time, the last one at the watermark.

    Ended are the bins that hold data, those before them, and those after them, in which timers
    still run and speeds still stand; and so are the bin under way and the next, even when the
    batch brings nothing for them. In all others nothing can happen.
    """
    numbers = set(_bins_of(fixes.t_ms))
    if current > NEVER_MS // BIN_MS:
        numbers.add(current)
    ends = {number + k for number in numbers for k in range(3) if number + k > current}
    start_f = start_s = 0
    for end_ms in sorted(number * BIN_MS for number in ends):
        if end_ms > watermark_ms:
            break
        stop_f = int(np.searchsorted(fixes.t_ms, end_ms, side="left"))
        stop_s = int(np.searchsorted(statics.t_ms, end_ms, side="left"))
        yield fixes.take(slice(start_f, stop_f)), statics.take(slice(start_s, stop_s)), end_ms
        start_f, start_s = stop_f, stop_s
    yield fixes.take(slice(start_f, None)), statics.take(slice(start_s, None)), watermark_ms


def _bins_of(t_ms: Array) -> Iterator[int]:
    """Bins that sorted times fall in."""
    k = 0
    while k < len(t_ms):
        number = int(t_ms[k]) // BIN_MS
        yield number
        k = int(np.searchsorted(t_ms, (number + 1) * BIN_MS, side="left"))


def shard_of(mmsi: Array, shards: int) -> Array:
    """Shard of each ship: the same in every engine.

    >>> shard_of(np.array([219000001, 414270000]), 3).tolist()
    [2, 0]
    """
    mixed = np.asarray(mmsi, np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(33)).astype(np.int64) % shards
