"""The life of an episode against a plain reading of it, on random evidence."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import Scene
from life import CLOSED, LOWER, RAISED, UPDATED, Minute, Told, life
from tracks import DRAGGER, T0_MS, cable, dragging, with_gaps

from cablewatch.cables.index import CableIndex, build_index
from cablewatch.engine import drag, episode, transitions
from cablewatch.engine.state import SHIP_DTYPE
from cablewatch.engine.transitions import OUTPUT_DTYPE
from cablewatch.units import HOUR_MS, MINUTE_MS
from cablewatch.vessels.statics import Statics

INDEX: CableIndex = build_index([cable("m", [(0.0, 54.0), (0.0, 56.0)])])
WORDS = {
    transitions.RAISED: RAISED,
    transitions.UPDATED: UPDATED,
    transitions.CLOSED: CLOSED,
}
ODDS = st.sampled_from([math.nan, -9.0, -4.0, -3.8, -2.5, -2.1, -1.5, -1.3, -0.5, 0.5, 3.0])
"""Between all bounds: ln(0.02/0.98) = -3.89, ln(0.1/0.9) = -2.20, ln(0.2/0.8) = -1.39, 0."""


@st.composite
def evidence(draw: st.DrawFn) -> list[Minute]:
    """Minutes of runs of like evidence, as rules give it, with minutes left out between."""
    minutes: list[Minute] = []
    now_ms, met_ms, onset_ms = T0_MS, 0, T0_MS
    for _ in range(draw(st.integers(1, 8))):
        odds, heading = draw(ODDS), draw(st.booleans())
        onset_ms = draw(st.sampled_from([onset_ms, now_ms, now_ms - HOUR_MS]))
        step = draw(st.sampled_from([1, 1, 1, 7]))
        for _ in range(draw(st.integers(1, 12))):
            now_ms += step * MINUTE_MS
            met_ms = now_ms if draw(st.integers(0, 5)) == 0 else met_ms
            crossed = draw(st.integers(0, 15)) == 0
            minutes.append(Minute(now_ms, odds, onset_ms, met_ms, heading, crossed))
    return minutes


def compiled(minutes: list[Minute]) -> list[Told]:
    """What the compiled life says: a ship 2 km off a cable that heads for it or away from it."""
    ship, out = np.zeros(1, SHIP_DTYPE)[0], np.zeros(1, OUTPUT_DTYPE)
    ship["mmsi"], ship["lon"], ship["lat"], ship["sog"] = DRAGGER, -0.03, 55.0, 8.0
    told = []
    for minute in minutes:
        ship["met_ms"] = minute.met_ms
        ship["cog"] = 90.0 if minute.heading else 270.0
        ship["episodes"]["news"][0] |= minute.crossed
        now_ms, odds, onset_ms = minute[:3]
        episode.step(ship, 0, INDEX, out[0], now_ms, odds, onset_ms, LOWER)
        for row in out[0]["events"][: out[0]["used"][transitions.EVENTS]]:
            began = int(row["started_ms"]), int(row["raised_ms"])
            told.append(
                Told(int(row["t_ms"]), WORDS[int(row["event"])], *began, float(row["log_odds"]))
            )
        out["used"] = 0
    return told


@settings(deadline=None, max_examples=300)
@given(evidence())
def test_life_is_what_it_says(minutes: list[Minute]) -> None:
    assert compiled(minutes) == single(life(minutes))


def single(said: list[Told]) -> list[Told]:
    """With log odds in single precision, as an event holds them."""
    return [t._replace(odds=float(np.float32(t.odds))) for t in said]


def minutes_of(*odds: float, met: bool = True) -> list[Minute]:
    """A minute each, from a start an hour before, in a corridor or far from any."""
    times = [T0_MS + k * MINUTE_MS for k in range(len(odds))]
    return [
        Minute(t, x, T0_MS - HOUR_MS, t if met else 0, False, False)
        for t, x in zip(times, odds, strict=True)
    ]


HIGH, MIDDLE, LOW = 0.5, -3.0, -9.0
"""Above the bound to raise; between both bounds; below the bound to lower."""


def told(minutes: list[Minute]) -> list[tuple[int, str]]:
    """Minute and kind of each transition."""
    said = compiled(minutes)
    assert said == single(life(minutes))
    return [((t.now_ms - T0_MS) // MINUTE_MS, t.what) for t in said]


def test_two_evaluations_raise_nothing_and_three_do() -> None:
    assert told(minutes_of(HIGH, HIGH, MIDDLE, HIGH, HIGH)) == []
    assert told(minutes_of(HIGH, HIGH, HIGH)) == [(2, RAISED)]
    assert told(minutes_of(HIGH, HIGH, math.nan, HIGH)) == [(3, RAISED)]
    assert told(minutes_of(HIGH, HIGH, HIGH, met=False)) == []


def test_four_low_evaluations_close_nothing_and_five_do() -> None:
    raised = [HIGH] * 3
    assert told(minutes_of(*raised, *[LOW] * 4, MIDDLE, *[LOW] * 4)) == [(2, RAISED)]
    assert told(minutes_of(*raised, *[LOW] * 5)) == [(2, RAISED), (7, CLOSED)]
    assert told(minutes_of(*raised, *[MIDDLE] * 9)) == [(2, RAISED)]


def test_an_update_says_news_and_only_news() -> None:
    """A higher band; a crossing, once; an hour."""
    assert told(minutes_of(-2.1, -2.1, -2.1, -2.0, -1.3, -1.2, 0.5, 3.0)) == [
        (2, RAISED),
        (4, UPDATED),
        (6, UPDATED),
    ]
    crossing = minutes_of(*[HIGH] * 8)
    crossing[5] = crossing[5]._replace(crossed=True)
    assert told(crossing) == [(2, RAISED), (5, UPDATED)]
    assert told(minutes_of(*[HIGH] * 125)) == [(2, RAISED), (62, UPDATED), (122, UPDATED)]


def test_an_episode_starts_after_the_one_before_it() -> None:
    """And what was met before that no longer counts: an alert names a cable of its own."""
    first = minutes_of(*[HIGH] * 3, *[LOW] * 5, *[HIGH] * 3)
    assert told(first) == [(2, RAISED), (7, CLOSED), (10, RAISED)]
    assert compiled(first)[-1].started_ms == T0_MS + 7 * MINUTE_MS
    left = [m._replace(met_ms=min(m.met_ms, T0_MS + 5 * MINUTE_MS)) for m in first]
    assert told(left) == [(2, RAISED), (7, CLOSED)]


@pytest.mark.parametrize("silent_from_min", [195, 205])
def test_silence_closes_at_its_deadline(silent_from_min: int) -> None:
    """Twelve hours after the last fix, at the whole minute, whether or not anything is heard."""
    ship = dragging(np.random.default_rng(1), DRAGGER, T0_MS + 7_000)
    heard = with_gaps(ship, (float(silent_from_min), 1e9))
    scene = Scene(heard, Statics.empty(), (cable("m", [(0.0, 54.0), (0.0, 56.0)]),))
    events = scene.play().all.events
    mine = events[events["rule"] == drag.RULE]
    deadline_ms = -(-(int(heard.t_ms[-1]) + 12 * HOUR_MS) // MINUTE_MS) * MINUTE_MS
    assert mine["event"][-1] == transitions.CLOSED
    assert mine["t_ms"][-1] == deadline_ms
    assert (mine["event"][:-1] != transitions.CLOSED).all()
