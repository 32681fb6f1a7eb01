"""Admission: which times are believed, and so how far the watermark may go.

Fixes are judged one by one, in the order they come, so that no cut of the input matters.

The *mark* is the newest time that two independent sources have reached: other ships, heard by other
stations where several are heard. A source that leads the others by a fast clock moves it nowhere;
its fixes wait in the buffer of `order` until the others come. Only where nobody else was heard for
`AHEAD_MS` is a source everybody, and the mark its own newest time.

A fix more than `AHEAD_MS` ahead of the others is held. Held fixes are believed

- when they outnumber by `ENOUGH` those that came in time meanwhile, from independent sources or
  where nobody else is about: a gap of the whole input;
- when one ship has sent `IN_A_ROW` of them over `AHEAD_MS` in a row, which none in time broke: all
  others would have reported twice;
- when `HELD_MAX` wait, if such a row, of any ships, is half of them;
- at the end of the input, if fewer came in time since.

What of them is within reach of the lower median of their times is then in time; a wild clock among
them stays held. So are those in time that come within reach as the others advance; when `ENOUGH`
others contradict them they are refused. Disorder within the lateness contradicts nothing. The first
fixes of an input are held likewise. Where a clock stands, and so the mark, fixes beyond `WAIT_MAX`
that bring nothing newer are refused too.

So the mark stands still for `AHEAD_MS` and a report interval, at most twice: where one of two
sources falls silent, the other leads until it is held, and is held until it is believed. Of
intervals above `AHEAD_MS`, it trails by `IN_A_ROW`.
"""

import numpy as np

from cablewatch.fixes import Array
from cablewatch.jit import kernel, lean
from cablewatch.ordering.clocks import AHEAD_MS, is_slow, was_in_time
from cablewatch.units import NEVER_MS

IN_A_ROW = 3  # reports that lie in AHEAD_MS at that interval, both ends included
ENOUGH = 16  # more; a clock with a quarter of all fixes gains it once in 3^16, 43 million, tries
HELD_MAX = 1 << 16  # rows; six minutes at 180 fixes a second, a Danish day's rate
WAIT_MAX = 1 << 20  # fixes in time while the mark stands; six minutes of the world's 2,000 a second
PAST_MS = 600_000  # a source that comes back sends again what it kept; assumed: minutes of it

IN_TIME, LATE, AHEAD, HELD, OLD, AGAIN, SLOW, SLOW_OLD = range(8)
"""Verdicts; a late fix may be one sent again, an old one is too late to tell."""

(NEWEST, SHIP, STATION, SECOND, OTHER, MARK, STOOD) = range(7)
(DOUBTS, ROW, SINCE, LEAST, PAIR, REFUSED) = range(7, 13)
"""Places in the state: the newest time and its source, the newest of an independent source, that of
another ship, the mark, and the fixes in time since it moved; and of what is held: fixes in time
since, the row that none of them broke and its least time, the least time of all, whether the
sources are independent, and whether what was held before was refused."""


def unjudged() -> Array:
    """State before any fix (`i8`)."""
    state = np.zeros(REFUSED + 1, np.int64)
    state[[NEWEST, SECOND, OTHER, MARK]] = NEVER_MS
    return state


@lean
def _by_station(state):
    """Whether several stations are heard, and so a source is a ship by a station; else a ship."""
    return state[SECOND] > NEVER_MS and state[NEWEST] - state[SECOND] <= AHEAD_MS


@lean
def _independent(state, ship, station, other_ship, other_station):
    """Whether two sources are: two ships, by two stations where these are known and several."""
    apart = station == 0 or station != other_station
    return ship != other_ship and (apart or not _by_station(state))


@lean
def _alone(state):
    """Whether nobody but the newest ship was heard of late."""
    return state[NEWEST] == NEVER_MS or state[NEWEST] - state[OTHER] > AHEAD_MS


@lean
def _others_ms(state):
    """Newest time of others than the newest source; its own where it is alone."""
    if _by_station(state):
        return state[SECOND]
    return state[NEWEST] if _alone(state) else state[OTHER]


@lean
def _limit_ms(state, ship, station):
    """Newest time at which a source is in time."""
    if state[NEWEST] == NEVER_MS:
        return NEVER_MS
    if _independent(state, ship, station, state[SHIP], state[STATION]):
        return state[NEWEST] + AHEAD_MS
    return _others_ms(state) + AHEAD_MS


@lean
def _note(state, t_ms, ship, station):
    """Let a fix move the newest times."""
    other = ship != state[SHIP]
    apart = other and (station == 0 or station != state[STATION])
    reached_ms = min(t_ms, state[NEWEST])
    if t_ms >= state[NEWEST]:
        state[NEWEST], state[SHIP], state[STATION] = t_ms, ship, station
    if other:
        state[OTHER] = max(state[OTHER], reached_ms)
    if apart:
        state[SECOND] = max(state[SECOND], reached_ms)


@lean
def _move_mark(state):
    others_ms = _others_ms(state)
    state[STOOD] = 0 if others_ms > state[MARK] else state[STOOD] + 1
    state[MARK] = max(state[MARK], others_ms)


@lean
def _lateness(state, t_ms, behind_ms):
    """Verdict on a fix by the mark alone."""
    late_ms = state[MARK] - behind_ms - t_ms
    if late_ms <= 0:
        return IN_TIME
    return LATE if late_ms <= PAST_MS else OLD


@lean
def _heard(state, clocks, t_ms, ship, station, behind_ms):
    """Verdict on a fix within reach, which is taken for what it says of the time."""
    late = _lateness(state, t_ms, behind_ms)
    _note(state, t_ms, ship, station)
    if late == IN_TIME:
        was_in_time(clocks, station)
        return IN_TIME
    if not is_slow(clocks, station, ship, state[MARK], t_ms, late == OLD):
        return late
    return SLOW_OLD if late == OLD else SLOW


@lean
def _hold(state, held, n, i, t_ms, ship, station):
    """Hold a fix; returns how many are."""
    if n == 0:
        state[ROW] = state[PAIR] = 0
        state[DOUBTS] = state[REFUSED]
        state[LEAST] = t_ms[i]
    else:
        first = held[0]
        state[PAIR] |= _independent(state, ship[i], station[i], ship[first], station[first])
    state[SINCE] = min(state[SINCE], t_ms[i]) if state[ROW] else t_ms[i]
    state[LEAST] = min(state[LEAST], t_ms[i])
    state[ROW] += 1
    held[n] = i
    return n + 1


@lean
def _doubt(state, t_ms, behind_ms):
    """A fix in time speaks against what is held, unless disorder explains it."""
    if state[LEAST] - t_ms > behind_ms:
        state[DOUBTS] += 1
        state[ROW] = 0


@lean
def _let_in(state, clocks, held, n, t_ms, ship, station, verdict):
    """Let in what is held and within reach now; returns how many stay."""
    before = n + 1
    while n < before and state[LEAST] <= state[NEWEST] + AHEAD_MS:
        before, n = n, 0
        least_ms = -NEVER_MS
        for k in range(before):
            i = held[k]
            if t_ms[i] <= _limit_ms(state, ship[i], station[i]):
                verdict[i] = IN_TIME
                _note(state, t_ms[i], ship[i], station[i])
                was_in_time(clocks, station[i])
                _move_mark(state)
            else:
                held[n] = i
                n += 1
                least_ms = min(least_ms, t_ms[i])
        state[LEAST] = least_ms
        state[ROW] = state[ROW] if n == before else 0
    return n


@kernel
def _believe(state, clocks, held, n, t_ms, ship, station, behind_ms, verdict):
    """Go to the lower median of the times held; those out of its reach stay held, in a new row.

    The others are let in as they came, so that one behind those before it is late. Of independent
    sources, the first that comes does not move the mark.
    """
    rows = held[:n].copy()
    reach_ms = np.sort(t_ms[rows])[(n - 1) // 2] + AHEAD_MS
    left = 0
    for i in rows:
        if t_ms[i] > reach_ms:
            held[left] = i
            left += 1
            continue
        verdict[i] = _heard(state, clocks, t_ms[i], ship[i], station[i], behind_ms)
        if not (state[PAIR] and _alone(state)):
            _move_mark(state)
    _let_in(state, clocks, held, left, t_ms, ship, station, verdict)
    n = state[REFUSED] = 0
    for i in rows:
        if verdict[i] == HELD:
            n = _hold(state, held, n, i, t_ms, ship, station)
        elif n > 0:
            _doubt(state, t_ms[i], behind_ms)
    return n


@lean
def _supported(state):
    """Whether those held speak for more than one source could."""
    return state[PAIR] or _alone(state)


@lean
def _are_enough(state, held, n, t_ms, ship):
    if _supported(state) and n - state[DOUBTS] >= ENOUGH:
        return True
    last, start = held[n - 1], n - state[ROW]
    if n >= HELD_MAX and start <= n // 2:
        return True
    if t_ms[last] - state[SINCE] < AHEAD_MS:
        return False
    reports, since_ms = 0, t_ms[last]
    for i in held[start:n]:
        if ship[i] == ship[last]:
            reports += 1
            since_ms = min(since_ms, t_ms[i])
    return reports >= IN_A_ROW and t_ms[last] - since_ms >= AHEAD_MS


@lean
def _are_refuted(state, n):
    return n >= HELD_MAX or state[DOUBTS] - (n if _supported(state) else 0) >= ENOUGH


@lean
def _refuse(state, held, n, verdict):
    state[REFUSED] = 1
    for k in range(n):
        verdict[held[k]] = AHEAD
    return 0


@kernel
def judge(t_ms, ship, station, waiting, state, clocks, behind_ms):
    """Verdict on each fix in the order they come; `state` and `clocks` are moved on.

    The first `waiting` rows are those held at the end of the batch before. The second array is the
    mark before the first of the others, and after each of them.
    """
    verdict = np.full(len(t_ms), HELD, np.uint8)
    marks = np.full(len(t_ms) - waiting + 1, state[MARK])
    held = np.empty(len(t_ms), np.int64)
    held[:waiting] = np.arange(waiting)
    n = waiting
    for i in range(waiting, len(t_ms)):
        in_time = _lateness(state, t_ms[i], behind_ms) == IN_TIME
        if in_time and t_ms[i] > _limit_ms(state, ship[i], station[i]):
            n = _hold(state, held, n, i, t_ms, ship, station)
            if _are_enough(state, held, n, t_ms, ship):
                n = _believe(state, clocks, held, n, t_ms, ship, station, behind_ms, verdict)
        elif in_time and state[STOOD] >= WAIT_MAX and t_ms[i] <= state[NEWEST]:
            verdict[i] = AHEAD
        else:
            verdict[i] = _heard(state, clocks, t_ms[i], ship[i], station[i], behind_ms)
            if in_time:
                _move_mark(state)
            if in_time and n > 0:
                _doubt(state, t_ms[i], behind_ms)
                n = _let_in(state, clocks, held, n, t_ms, ship, station, verdict)
        if n > 0 and _are_refuted(state, n):
            n = _refuse(state, held, n, verdict)
        marks[i - waiting + 1] = state[MARK]
    return verdict, marks


@kernel
def judge_last(t_ms, ship, station, state, clocks, behind_ms):
    """Verdict on what is held at the end of the input."""
    verdict = np.full(len(t_ms), HELD, np.uint8)
    held = np.arange(len(t_ms))
    n = len(held)
    while n > 0:
        if state[DOUBTS] > 0 and (not _supported(state) or n <= state[DOUBTS]):
            n = _refuse(state, held, n, verdict)
        else:
            n = _believe(state, clocks, held, n, t_ms, ship, station, behind_ms, verdict)
    return verdict
