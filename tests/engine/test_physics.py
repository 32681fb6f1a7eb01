"""Simulated ships whose truth is known: what must be raised, by when, and what must not be."""

import numpy as np
import pytest
from laws import Scene
from tracks import (
    CABLES,
    DRAG_FROM_S,
    DRAG_TO_S,
    DRAGGER,
    FIRST_CONVOY,
    LAT,
    LOITERER,
    T0_MS,
    between,
    cable,
    dragging,
    fishtail,
    lengths,
    loitering,
    sail,
    steady,
    zigzag,
)

from cablewatch.engine import anchor, drag, loiter, speed_loss
from cablewatch.engine.episode import BANDS
from cablewatch.engine.fishtail import CYCLE_CAP, HELD
from cablewatch.engine.state import SHIP_DTYPE
from cablewatch.engine.transitions import CLOSED, RAISED
from cablewatch.fixes import Array, Fixes
from cablewatch.units import HOUR_MS, KNOT_M_S, MINUTE_MS
from cablewatch.vessels.statics import Statics

WATCH = BANDS[1]
TOW_MS = T0_MS + int(DRAG_FROM_S * 1000)
NAMED = lengths([(T0_MS, DRAGGER, 180)])


def events(fixes: Fixes, statics: Statics = NAMED) -> Array:
    """Events of the drag rule."""
    ordered = fixes.take(np.lexsort((fixes.mmsi, fixes.t_ms)))
    said = Scene(ordered, statics, CABLES).play().all.events
    return said[said["rule"] == drag.RULE]


def watched(found: Array) -> Array:
    """Events of severity watch or higher."""
    return found[found["log_odds"] >= WATCH]


@pytest.mark.parametrize("seed", range(6))
def test_a_tow_is_raised_within_25_minutes(seed: int) -> None:
    """0.7 of own speed and a cycle of 4 degrees: a Panamax that tows some 200 kN."""
    found = watched(events(dragging(np.random.default_rng(seed), DRAGGER, T0_MS)))
    assert len(found) > 0
    assert TOW_MS < found["t_ms"][0] <= TOW_MS + 25 * MINUTE_MS
    assert abs(int(found["started_ms"][0]) - TOW_MS) <= 5 * MINUTE_MS
    assert found["cables_n"].max() >= 1  # it crosses the meridian cable in tow


@pytest.mark.parametrize("course_deg", [0.0, 2.0, 45.0, 180.0, 270.0, 358.0])
def test_a_tow_is_raised_on_every_course(course_deg: float) -> None:
    """Over north the course swings between 2 and 358 degrees."""
    rng = np.random.default_rng(3)
    speed = between(DRAG_FROM_S, DRAG_TO_S, 8.4, 12.0)
    course = fishtail(DRAG_FROM_S, DRAG_TO_S, course_deg, 4.0, 300.0)
    fixes = sail(rng, DRAGGER, T0_MS, 4.0, 0.03, 55.0, speed, course)
    around = [(-1.5, 53.9), (1.5, 53.9), (1.5, 56.1), (-1.5, 56.1), (-1.5, 53.9)]
    said = Scene(fixes, NAMED, (cable("ring", around),)).play().all.events
    found = watched(said[said["rule"] == drag.RULE])
    assert len(found) and found["t_ms"][0] <= TOW_MS + 25 * MINUTE_MS


def test_a_tow_reports_its_evidence() -> None:
    found = watched(events(dragging(np.random.default_rng(1), DRAGGER, T0_MS)))
    value = dict(zip([name for name, _ in drag.TERMS], found["value"][-1].tolist(), strict=False))
    assert value["speed_loss"] == pytest.approx(0.7, abs=0.1)  # of the strongest minute
    assert value["course_cycle"] == pytest.approx(4.0, abs=0.8)
    assert value["cycle_period"] == pytest.approx(300.0, rel=0.1)
    assert value["own_speed"] == pytest.approx(12.5, abs=0.5)


def test_an_open_drag_closes_after_the_tow() -> None:
    found = events(dragging(np.random.default_rng(1), DRAGGER, T0_MS))
    assert found["event"][0] == RAISED
    closed = found["t_ms"][-1] - T0_MS - int(DRAG_TO_S * 1000)
    assert 0 < closed <= HOUR_MS


@pytest.mark.parametrize("seed", range(3))
def test_a_slow_ship_is_not_a_tow(seed: int) -> None:
    """8 kn all the way: slow for others, ordinary for itself."""
    rng = np.random.default_rng(seed)
    fixes = sail(rng, DRAGGER, T0_MS, 5.0, -0.5, LAT, steady(8.0), steady(90.0))
    assert len(events(fixes)) == 0


@pytest.mark.parametrize("seed", range(3))
def test_speed_loss_without_a_cycle_is_not_watched(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert len(watched(events(dragging(rng, DRAGGER, T0_MS, deviation_deg=0.0)))) == 0


@pytest.mark.parametrize("seed", range(3))
def test_a_cycle_without_speed_loss_is_not_watched(seed: int) -> None:
    """An autopilot that hunts by 4 degrees at full speed."""
    rng = np.random.default_rng(seed)
    assert len(watched(events(dragging(rng, DRAGGER, T0_MS, ratio=1.0)))) == 0


def storm(neighbours: int) -> Array:
    """State of a ship an hour after it slowed down as its neighbours did two hours before."""
    rng = np.random.default_rng(9)
    parts = []
    for k in range(neighbours + 1):
        slow_s = (4.2 if k == 0 else 2.0) * 3600.0
        speed = between(slow_s, 24 * 3600.0, 8.8, 11.0)
        leg_s = float(rng.uniform(1200.0, 1500.0))
        lon = 0.1 + rng.uniform(0.0, 0.1)
        track = sail(
            rng, FIRST_CONVOY + k, T0_MS, 5.2, lon, 55.1, speed, zigzag(leg_s, 90.0, 180.0)
        )
        parts.append(track)
    fixes = Fixes.concat(parts)
    scene = Scene(fixes.take(np.lexsort((fixes.mmsi, fixes.t_ms))), Statics.empty(), CABLES)
    engine = scene.engine()
    said = engine.push(scene.fixes, scene.statics, scene.span_ms[1] + 1)
    mine = said.events[said.events["mmsi"] == FIRST_CONVOY]
    assert len(watched(mine)) == 0
    ships = engine.state.ships
    return ships[ships["mmsi"] == FIRST_CONVOY][0]


def test_a_storm_that_slows_all_is_no_tow() -> None:
    """With four voters in the cell their loss is the norm; ten minutes of a loss are 2.25."""
    assert storm(11)["cusum"] < 1.0
    assert storm(2)["cusum"] > 2.2


def test_a_forged_length_takes_no_evidence_away() -> None:
    """A ship of 180 m in tow, said to be 20 m long by another transmitter."""
    fixes = dragging(np.random.default_rng(1), DRAGGER, T0_MS)
    found = watched(events(fixes, lengths([(T0_MS, DRAGGER, 180), (TOW_MS, DRAGGER, 20)])))
    assert len(found) > 0
    assert found["t_ms"][0] <= TOW_MS + HOUR_MS  # it counts less: a third of the odds
    assert len(watched(events(fixes, lengths([(T0_MS, DRAGGER, 20)])))) == 0


def slow_before_a_gap(gap_h: float, deviation_deg: float = 0.0) -> tuple[Array, Array]:
    """State and events of a ship after a silence that came when she had been slow for an hour."""
    rng = np.random.default_rng(4)
    slow_s = 2.4 * 3600.0
    fixes = dragging(rng, DRAGGER, T0_MS, deviation_deg=deviation_deg, hours=3.4)
    later = fixes.take(fixes.t_ms > T0_MS + int((slow_s + 1800.0) * 1000))
    later = later.take(slice(0, 18))
    moved_ms = int(gap_h * HOUR_MS) + int(fixes.t_ms[-1]) - int(later.t_ms[0])
    later.t_ms[:] += moved_ms
    later.lon_deg[:] += fixes.lon_deg[-1] - later.lon_deg[0]
    scene = Scene(Fixes.concat([fixes, later]), NAMED, CABLES)
    engine = scene.engine()
    said = engine.push(scene.fixes, scene.statics, scene.span_ms[1] + 1)
    (ship,) = engine.state.ships[engine.state.ships["mmsi"] != 0]
    return ship, said.events


def test_a_loss_of_speed_fades_over_silence_and_does_not_outlive_it() -> None:
    """Three minutes of a loss are 0.68; an hour of it before the silence was 2.25."""
    short, long, longest = (slow_before_a_gap(hours)[0] for hours in (0.1, 1.5, 6.0))
    assert short["cusum"] > 2.2
    assert 0.9 * 2.25 * np.exp(-0.75) + 0.45 < long["cusum"] < short["cusum"] - 0.3
    assert long["cusum_since_min"] < (T0_MS + 3 * HOUR_MS) // MINUTE_MS
    assert 0.4 < longest["cusum"] < 1.0
    assert longest["cusum_since_min"] > (T0_MS + 9 * HOUR_MS) // MINUTE_MS


def test_silence_within_a_drag_does_not_split_it_and_ends_both_in_the_end() -> None:
    ship, said = slow_before_a_gap(7.5, 4.0)
    assert len(watched(said)) and CLOSED not in said["event"]
    assert ship["cusum"] > 2.2
    ship, said = slow_before_a_gap(12.5, 4.0)
    assert said["event"].tolist().count(CLOSED) == 1
    assert 0.4 < ship["cusum"] < 1.0


def test_a_zigzag_over_a_cable_is_loitering() -> None:
    fixes = loitering(np.random.default_rng(1), LOITERER, T0_MS)
    found = Scene(fixes, Statics.empty(), CABLES).play().all.events
    mine = found[(found["rule"] == loiter.RULE) & (found["log_odds"] >= WATCH)]
    assert len(mine)
    assert mine["t_ms"][0] <= T0_MS + 4 * HOUR_MS
    assert mine["cables_n"].max() >= 3


@pytest.mark.parametrize("kn", [4.5, 8.0])
def test_unknown_minutes_do_not_slow_a_stay_down(kn: float) -> None:
    """To and fro over a cable; most minutes report no speed. Faster than 6 kn is a ferry."""
    rng = np.random.default_rng(6)
    fixes = sail(rng, LOITERER, T0_MS, 2.5, -0.004, LAT, steady(kn), zigzag(240.0, 80.0, 180.0))
    fixes.sog_kn[(fixes.t_ms // MINUTE_MS) % 5 > 0] = np.nan
    found = Scene(fixes, Statics.empty(), CABLES).play().all.events
    assert bool(len(found)) == (kn < 6.0)


def test_a_crossing_does_not_date_the_last_meeting_back() -> None:
    """Between fixes of 23:59:55 and 00:00:05, two seconds before the minute in the corridor."""
    seconds = np.arange(-595.0, 20.0, 10.0)
    east = 0.005 + (seconds + 2.0) * 12.0 * KNOT_M_S / 63_900.0
    n = len(seconds)
    fixes = Fixes.from_columns(
        t_ms=T0_MS + (seconds * 1000).astype("i8"),
        mmsi=[DRAGGER] * n,
        lon_deg=east,
        lat_deg=[54.9] * n,
        sog_kn=[12.0] * n,
        cog_deg=[90.0] * n,
    )
    engine = Scene(fixes, Statics.empty(), (cable("m", [(0.005, 54.0), (0.005, 56.0)]),)).engine()
    said = engine.push(fixes, Statics.empty(), int(fixes.t_ms[-1]) + 1)
    (ship,) = engine.state.ships[engine.state.ships["mmsi"] != 0]
    assert abs(int(said.crossings["t_ms"][0]) - (T0_MS - 2000)) < 500
    assert ship["met_ms"] == T0_MS


def test_a_passage_and_a_ship_at_anchor_do_not_loiter() -> None:
    rng = np.random.default_rng(2)
    fixes = [
        sail(rng, LOITERER, T0_MS, 4.0, -0.5, LAT, steady(9.0), steady(90.0)),
        sail(rng, DRAGGER, T0_MS, 8.0, 0.004, LAT, steady(0.1), zigzag(600.0, 0.0, 120.0), 180.0),
    ]
    both = Fixes.concat(fixes)
    both = both.take(np.lexsort((both.mmsi, both.t_ms)))
    said = Scene(both, Statics.empty(), CABLES).play().all.events
    assert set(said["rule"].tolist()) == {anchor.RULE}  # the one at anchor lies on the cable


def test_a_fast_ship_has_a_habit_by_which_her_tow_is_told() -> None:
    """At 19 knots, and 13 in tow: too fast for a tow, she is learnt all the same."""
    fixes = dragging(np.random.default_rng(7), DRAGGER, T0_MS, own_kn=19.0, period_s=200.0)
    found = watched(events(fixes))
    assert len(found) and found["t_ms"][0] <= TOW_MS + 25 * MINUTE_MS


def test_a_cycle_that_holds_beside_hardly_any_loss_stays_below_watch() -> None:
    """Half a nat of loss, 3 degrees beyond the habit for 100 minutes."""
    ship = np.zeros(1, SHIP_DTYPE)[0]
    ship["cusum"], ship["cycle_min"], ship["cycle_deg"], ship["habit_deg"] = 0.5, 100, 3.0, 0.5
    ship["cycle_period_s"], ship["minute_kn"], ship["interval_s"] = 300.0, 9.0, 10.0
    hardly = drag.evidence(ship, T0_MS)  # type: ignore[no-untyped-call]
    assert drag.PRIOR + sum(hardly) < WATCH
    ship["cusum"] = speed_loss.IN_BAND
    fully = drag.evidence(ship, T0_MS)  # type: ignore[no-untyped-call]
    assert fully[1:] == pytest.approx((CYCLE_CAP, 5.0 * HELD))
