"""Admission: which times are believed, and so how far the watermark may go.

Fixes are judged one by one, in the order they come, so that no cut of the input matters.

The *mark* is the newest time that two independent sources have reached: other ships, heard by other
stations where stations are known. A source that leads the others by a fast clock moves it nowhere;
its fixes wait in the buffer of `order` until the others come. Only where nobody else was heard for
`AHEAD_MS` is a source everybody, and the mark its own newest time.

A fix more than `AHEAD_MS` ahead of the others is held. Held fixes are believed

- when they outnumber by `ENOUGH` those that came in time meanwhile, from independent sources or
  where nobody else is about: a gap of the whole input;
- when a row of them, broken by none in time, spans `AHEAD_MS` by its own times: all others would
  have reported twice;
- at the end of the input, if none came in time since.

What of them is within reach of the lower median of their times is then in time; a wild clock among
them stays held. So are those in time that come within reach as the others advance; when `ENOUGH`
others contradict them they are refused. The first fixes of an input are held likewise.
"""

import numpy as np

from cablewatch.fixes import Array
from cablewatch.jit import kernel, lean
from cablewatch.units import NEVER_MS

AHEAD_MS = 360_000  # twice the longest ordinary report interval, 180 s; ITU-R M.1371-5 table 1
ENOUGH = 16  # fixes in agreement or doubt; assumed: more than straggle over a real gap
PAST_MS = 600_000  # a source that comes back sends again what it kept; assumed: minutes of it

IN_TIME, LATE, AHEAD, HELD, OLD, AGAIN = range(6)
"""Verdicts; a late fix may be one sent again, an old one is too late to tell."""

NEWEST, SHIP, STATION, SECOND, MARK, DOUBTS, ROW, SINCE, PAIR, REFUSED = range(10)
"""Places in the state: the newest time and its source, the newest of an independent one, the mark;
and of what is held: fixes in time since, the row that none of them broke and its first time,
whether its sources are independent, and whether what was held before was refused."""


def unjudged() -> Array:
    """State before any fix (`i8`)."""
    state = np.zeros(REFUSED + 1, np.int64)
    state[[NEWEST, SECOND, MARK]] = NEVER_MS
    return state


@lean
def _independent(ship, station, other_ship, other_station):
    """Whether two sources are: two ships, by two stations where these are known."""
    return ship != other_ship and (station == 0 or station != other_station)


@lean
def _alone(state):
    """Whether nobody but the newest source was heard of late."""
    return state[NEWEST] == NEVER_MS or state[NEWEST] - state[SECOND] > AHEAD_MS


@lean
def _limit_ms(state, ship, station):
    """Newest time at which a source is in time."""
    if state[NEWEST] == NEVER_MS:
        return NEVER_MS
    if _alone(state) or _independent(ship, station, state[SHIP], state[STATION]):
        return state[NEWEST] + AHEAD_MS
    return state[SECOND] + AHEAD_MS


@lean
def _note(state, t_ms, ship, station):
    """Let a fix move the newest times."""
    other = _independent(ship, station, state[SHIP], state[STATION])
    if t_ms >= state[NEWEST]:
        if other:
            state[SECOND] = state[NEWEST]
        state[NEWEST], state[SHIP], state[STATION] = t_ms, ship, station
    elif other:
        state[SECOND] = max(state[SECOND], t_ms)


@lean
def _move_mark(state, alone):
    state[MARK] = max(state[MARK], state[NEWEST] if alone else state[SECOND])


@lean
def _hold(state, held, n, i, t_ms, ship, station):
    """Hold a fix; returns how many are."""
    if n == 0:
        state[ROW] = state[PAIR] = 0
        state[DOUBTS] = state[REFUSED]
    else:
        first = held[0]
        state[PAIR] |= _independent(ship[i], station[i], ship[first], station[first])
    if state[ROW] == 0:
        state[SINCE] = t_ms[i]
    state[ROW] += 1
    held[n] = i
    return n + 1


@lean
def _doubt(state):
    """A fix in time speaks against what is held."""
    state[DOUBTS] += 1
    state[ROW] = 0


@lean
def _let_in(state, held, n, t_ms, ship, station, verdict):
    """Let in what is held and within reach now; returns how many stay."""
    before = n + 1
    while n < before:
        before, n = n, 0
        for k in range(before):
            i = held[k]
            if t_ms[i] <= _limit_ms(state, ship[i], station[i]):
                verdict[i] = IN_TIME
                _note(state, t_ms[i], ship[i], station[i])
                _move_mark(state, _alone(state))
            else:
                held[n] = i
                n += 1
    return n


@lean
def _lateness(state, t_ms, behind_ms):
    """Verdict on a fix by the mark alone."""
    late_ms = state[MARK] - behind_ms - t_ms
    if late_ms <= 0:
        return IN_TIME
    return LATE if late_ms <= PAST_MS else OLD


@kernel
def _believe(state, held, n, t_ms, ship, station, behind_ms, verdict):
    """Go to the lower median of the times held; those out of its reach stay held, in a new row.

    The others are let in as they came, so that one behind those before it is late.
    """
    rows = held[:n].copy()
    reach_ms = np.sort(t_ms[rows])[(n - 1) // 2] + AHEAD_MS
    alone = state[PAIR] == 0
    left = 0
    for i in rows:
        if t_ms[i] > reach_ms:
            held[left] = i
            left += 1
            continue
        verdict[i] = _lateness(state, t_ms[i], behind_ms)
        _note(state, t_ms[i], ship[i], station[i])
        _move_mark(state, alone)
    _let_in(state, held, left, t_ms, ship, station, verdict)
    n = state[REFUSED] = 0
    for i in rows:
        if verdict[i] == HELD:
            n = _hold(state, held, n, i, t_ms, ship, station)
        elif n > 0:
            _doubt(state)
    return n


@lean
def _supported(state):
    """Whether those held speak for more than one source could."""
    return state[PAIR] or _alone(state)


@lean
def _are_enough(state, n, newest_ms):
    if newest_ms - state[SINCE] >= AHEAD_MS and state[ROW] >= (2 if _alone(state) else ENOUGH):
        return True
    return _supported(state) and n - state[DOUBTS] >= ENOUGH


@lean
def _refuse(state, held, n, verdict):
    state[REFUSED] = 1
    for k in range(n):
        verdict[held[k]] = AHEAD
    return 0


@kernel
def judge(t_ms, ship, station, waiting, state, behind_ms):
    """Verdict on each fix in the order they come; `state` is moved on.

    The first `waiting` rows are those held at the end of the batch before.
    """
    verdict = np.full(len(t_ms), HELD, np.uint8)
    held = np.empty(len(t_ms), np.int64)
    held[:waiting] = np.arange(waiting)
    n = waiting
    for i in range(waiting, len(t_ms)):
        late = _lateness(state, t_ms[i], behind_ms)
        if late == IN_TIME and t_ms[i] > _limit_ms(state, ship[i], station[i]):
            n = _hold(state, held, n, i, t_ms, ship, station)
            if _are_enough(state, n, t_ms[i]):
                n = _believe(state, held, n, t_ms, ship, station, behind_ms, verdict)
            continue
        verdict[i] = late
        _note(state, t_ms[i], ship[i], station[i])
        if late == IN_TIME:
            _move_mark(state, _alone(state))
            if n > 0:
                _doubt(state)
                n = _let_in(state, held, n, t_ms, ship, station, verdict)
                if state[DOUBTS] - (n if _supported(state) else 0) >= ENOUGH:
                    n = _refuse(state, held, n, verdict)
    return verdict


@kernel
def judge_last(t_ms, ship, station, state, behind_ms):
    """Verdict on what is held at the end of the input."""
    verdict = np.full(len(t_ms), HELD, np.uint8)
    held = np.arange(len(t_ms))
    n = len(held)
    while n > 0:
        if state[DOUBTS] > 0 and (not _supported(state) or n <= state[DOUBTS]):
            n = _refuse(state, held, n, verdict)
        else:
            n = _believe(state, held, n, t_ms, ship, station, behind_ms, verdict)
    return verdict


@kernel
def dated(t_ms, ship, reached, behind_ms, mark_ms):
    """Times from which static messages count: their own, or when they came where that is later.

    They came when two ships had sent static messages of a newer time, less the lateness; those far
    ahead of the mark tell nothing. `reached` moves on; it holds the newest time, its ship, and the
    newest time of another ship.
    """
    counts_ms = np.empty(len(t_ms), np.int64)
    for i in range(len(t_ms)):
        counts_ms[i] = max(t_ms[i], reached[2] - behind_ms)
        if t_ms[i] > mark_ms + AHEAD_MS:
            continue
        if ship[i] == reached[1]:
            reached[0] = max(reached[0], t_ms[i])
        elif t_ms[i] > reached[0]:
            reached[2], reached[0], reached[1] = reached[0], t_ms[i], ship[i]
        else:
            reached[2] = max(reached[2], t_ms[i])
    return counts_ms
