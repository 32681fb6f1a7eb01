"""The recovery stop: what it takes, what it does not, and what it adds to a drag that was told."""

import math

import numpy as np
import pytest
from laws import Scene
from oracle_recovery import recovery_stops
from test_evidence import with_messages
from tracks import (
    DRAG_FROM_S,
    DRAGGER,
    LAT,
    T0_MS,
    cable,
    fishtail,
    sail,
    steady,
    weighing,
    with_gaps,
)

from cablewatch.alerts.book import AlertBook
from cablewatch.alerts.model import Alert
from cablewatch.engine import drag, recovery
from cablewatch.engine.episode import BANDS
from cablewatch.engine.transitions import CLOSED, RAISED, UPDATED
from cablewatch.fixes import Array, Fixes
from cablewatch.units import HOUR_MS, MINUTE_MS
from cablewatch.vessels.register import Vessels
from cablewatch.vessels.statics import Statics

MERIDIAN = cable("m", [(0.0, 54.0), (0.0, 56.0)])
RECOVERY = [name for name, _ in drag.TERMS].index("recovery_stop")


def drags(fixes: Fixes) -> Array:
    """Events of the drag rule over the meridian cable."""
    events = Scene(fixes, Statics.empty(), (MERIDIAN,)).play().all.events
    return events[events["rule"] == drag.RULE]


def told(fixes: Fixes) -> list[Alert]:
    """Versions of drag alerts."""
    said = Scene(fixes, Statics.empty(), (MERIDIAN,)).play().all
    book = AlertBook((MERIDIAN,), Vessels(), lambda code: (f"s{code}",), "cafe", "test")
    return [alert for alert in book.take(said) if alert.kind == drag.KIND]


def ship(**changed: float | tuple[float, float]) -> Fixes:
    return weighing(np.random.default_rng(8), DRAGGER, T0_MS, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize("interval_s", [10.0, 180.0, 600.0])
def test_a_stop_between_a_slower_and_a_faster_leg_is_told_and_never_above_watch(
    interval_s: float,
) -> None:
    """No own speed and no cycle is known: reports each ten minutes give neither."""
    found = drags(ship(interval_s=interval_s))
    assert found["event"].tolist() == [RAISED, CLOSED]
    assert (found["log_odds"] >= BANDS[0]).all() and (found["log_odds"] < BANDS[2]).all()
    assert (found["ratio"][:, RECOVERY] > 0.0).all()
    raised_min = (found["t_ms"][0] - T0_MS) / MINUTE_MS
    assert 190.0 <= raised_min <= 190.0 + 35.0  # it sailed on at 150, and works up for a while
    assert found["cables_n"][0] >= 1  # crossed a quarter of an hour before the stop


@pytest.mark.parametrize(
    "other",
    [
        {"legs_kn": (10.5, 10.5)},
        {"legs_kn": (10.5, 7.0)},
        {"legs_kn": (3.4, 10.5)},
        {"legs_kn": (18.0, 24.0)},
        {"stop_min": 8.0},
        {"stop_min": 270.0},
        {"before_h": 0.4},
    ],
)
def test_other_stops_are_ordinary(other: dict[str, float | tuple[float, float]]) -> None:
    assert len(drags(ship(**other))) == 0


def test_a_ship_that_slows_down_for_her_stop_is_ordinary() -> None:
    """From 14 knots down to 7 over three quarters of an hour, and up to 14 again."""
    at_s = [2000.0, 4700.0, 5400.0, 9000.0, 10200.0]

    def speed(s: Array) -> Array:
        return np.interp(s, at_s, [14.0, 7.0, 0.3, 0.3, 14.0])

    rng = np.random.default_rng(9)
    assert len(drags(sail(rng, DRAGGER, T0_MS, 5.0, -0.4, LAT, speed, steady(90.0)))) == 0


def test_a_ship_that_never_lay_still_is_ordinary() -> None:
    """Slower by a third for hours, without a cycle: a habit, a lane, a current."""
    at_s = [3600.0, 4200.0, 11000.0, 11600.0]

    def speed(s: Array) -> Array:
        return np.interp(s, at_s, [10.5, 7.0, 7.0, 10.5])

    rng = np.random.default_rng(9)
    assert len(drags(sail(rng, DRAGGER, T0_MS, 5.0, -0.4, LAT, speed, steady(90.0)))) == 0


@pytest.mark.parametrize("said", [{"lat_deg": LAT - 0.002}, {"sog_kn": 9.0}, {"sog_kn": math.nan}])
def test_a_false_message_neither_makes_nor_hides_a_stop(said: dict[str, float]) -> None:
    """Every twenty minutes, 200 m aside where it says a place."""
    found = drags(with_messages(ship(), 1200.0, **said))
    assert found["event"].tolist() == [RAISED, CLOSED]
    steadily = sail(
        np.random.default_rng(9), DRAGGER, T0_MS, 5.0, -0.4, LAT, steady(9.0), steady(95.0)
    )
    assert len(drags(with_messages(steadily, 1200.0, **said))) == 0


def test_a_silence_of_more_than_four_hours_forgets_the_leg_before_it() -> None:
    assert len(drags(with_gaps(ship(stop_min=235.0), (97.0, 320.0)))) > 0
    assert len(drags(with_gaps(ship(stop_min=235.0), (70.0, 320.0)))) == 0


def test_a_ship_that_gets_under_way_in_a_silence_is_told_by_what_follows() -> None:
    """Heard still at 106 minutes and under way at 230: of the 124 she sailed 80."""
    (alert,) = [a for a in told(with_gaps(ship(), (106.0, 230.0))) if a.state == "open"][:1]
    still_ms = T0_MS + 90 * MINUTE_MS
    assert alert.observed_ms == pytest.approx(still_ms + HOUR_MS, abs=15 * MINUTE_MS)
    assert alert.refers_to_ms == pytest.approx(still_ms, abs=10 * MINUTE_MS)


def test_a_stop_adds_nothing_to_a_loss_of_the_leg_after_it() -> None:
    """She slows down once more after the stop: two ordinary things, hours apart, are no drag."""
    at_s = [3600.0, 3700.0, 9000.0, 9300.0, 11000.0, 11300.0, 13400.0, 13500.0]

    def speed(s: Array) -> Array:
        return np.interp(s, at_s, [12.5, 9.0, 9.0, 0.3, 0.3, 12.5, 12.5, 9.0])

    rng = np.random.default_rng(9)
    found = drags(sail(rng, DRAGGER, T0_MS, 6.0, -0.9, LAT, speed, steady(90.0)))
    assert len(found) and (found["log_odds"] < BANDS[1]).all()
    assert (found["ratio"][:, 0] == 0.0).all()


def towed_and_stopped() -> Fixes:
    """Tows for an hour and a half from 2.4 h on, lies still for an hour, and sails on."""
    tow_s, still_s = DRAG_FROM_S, DRAG_FROM_S + 5400.0
    at_s = [tow_s, tow_s + 120.0, still_s, still_s + 240.0, still_s + 3600.0, still_s + 4200.0]

    def speed(s: Array) -> Array:
        return np.interp(s, at_s, [12.5, 8.75, 8.75, 0.4, 0.4, 12.5])

    course = fishtail(tow_s, still_s, 90.0, 4.0, 300.0)
    rng = np.random.default_rng(1)
    return sail(rng, DRAGGER, T0_MS, 7.5, -1.0, LAT, speed, course)


def test_of_a_drag_that_was_raised_it_is_an_update_with_the_time_it_refers_to() -> None:
    fixes = towed_and_stopped()
    versions = told(fixes)
    assert len({version.id for version in versions}) == 1
    assert {version.raised_ms for version in versions} == {versions[0].raised_ms}
    (first,) = [v for v in versions if v.observed_ms is not None][:1]
    assert first.state == "open" and versions[-1].state == "closed"
    still_ms = T0_MS + int((DRAG_FROM_S + 5400.0) * 1000)
    assert first.refers_to_ms == pytest.approx(still_ms, abs=10 * MINUTE_MS)
    assert first.observed_ms == pytest.approx(still_ms + HOUR_MS, abs=10 * MINUTE_MS)
    assert first.updated_ms > still_ms + 100 * MINUTE_MS
    before = versions[versions.index(first) - 1]
    assert first.probability > before.probability and before.observed_ms is None
    terms = {term.name: term for term in first.evidence}
    assert terms["course_cycle"].contribution > 0.0 < terms["speed_loss"].contribution
    assert "lay still" in terms["recovery_stop"].text and "12.5 kn" in terms["recovery_stop"].text
    said = drags(fixes)
    assert said["event"].tolist().count(RAISED) == 1 and UPDATED in said["event"]


def test_of_a_ship_that_stays_where_she_stopped_the_drag_closes_after_four_hours() -> None:
    at_s = [DRAG_FROM_S, DRAG_FROM_S + 120.0, DRAG_FROM_S + 3600.0, DRAG_FROM_S + 3840.0]

    def speed(s: Array) -> Array:
        return np.interp(s, at_s, [12.5, 8.75, 8.75, 0.1])

    course = fishtail(DRAG_FROM_S, DRAG_FROM_S + 3600.0, 90.0, 4.0, 300.0)
    rng = np.random.default_rng(1)
    fixes = sail(rng, DRAGGER, T0_MS, 9.0, -1.0, LAT, speed, course)
    closed = drags(fixes)[-1]
    assert closed["event"] == CLOSED
    lay_ms = int(closed["t_ms"]) - T0_MS - int(DRAG_FROM_S * 1000) - HOUR_MS
    assert lay_ms == pytest.approx(4 * HOUR_MS, abs=20 * MINUTE_MS)


@pytest.mark.parametrize("interval_s", [10.0, 400.0])
@pytest.mark.parametrize("legs_kn", [(7.0, 10.5), (11.0, 9.0)])
def test_the_oracle_finds_the_same_stops(interval_s: float, legs_kn: tuple[float, float]) -> None:
    """Minute by minute, to rounding: hundredths of a knot."""
    fixes = ship(interval_s=interval_s, legs_kn=legs_kn)
    expected = {stop.minute_ms: stop for stop in recovery_stops(fixes)}
    assert expected
    scene = Scene(fixes, Statics.empty(), (MERIDIAN,))
    engine, before_ms, found = scene.engine(), -(1 << 62), set()
    first_ms = int(fixes.t_ms[0]) // MINUTE_MS * MINUTE_MS
    for now_ms in range(first_ms + MINUTE_MS, int(fixes.t_ms[-1]) + MINUTE_MS, MINUTE_MS):
        engine.push(*scene.between(before_ms, now_ms), now_ms)
        before_ms = now_ms
        for state in engine.state.ships[engine.state.ships["mmsi"] != 0]:
            if not recovery.found(state):  # type: ignore[no-untyped-call]
                continue
            found.add(now_ms)
            stop = expected[now_ms]
            assert state["came_ckn"] / 100.0 == pytest.approx(stop.came_kn, abs=0.02)
            assert state["leg_ckn"] / 100.0 == pytest.approx(stop.after_kn, abs=0.05)
            assert state["stop_min"] == stop.minutes
    assert found == set(expected)
