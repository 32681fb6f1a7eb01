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
    dragging,
    lengths,
    loitering,
    sail,
    steady,
    zigzag,
)

from cablewatch.engine import drag, loiter
from cablewatch.engine.episode import BANDS
from cablewatch.engine.transitions import RAISED
from cablewatch.fixes import Array, Fixes
from cablewatch.units import HOUR_MS, MINUTE_MS
from cablewatch.vessels import Statics

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
def test_a_tow_is_raised_within_40_minutes(seed: int) -> None:
    """0.7 of own speed and a cycle of 4 degrees: a Panamax that tows some 200 kN."""
    found = watched(events(dragging(np.random.default_rng(seed), DRAGGER, T0_MS)))
    assert len(found) > 0
    assert TOW_MS < found["t_ms"][0] <= TOW_MS + 40 * MINUTE_MS
    assert abs(int(found["started_ms"][0]) - TOW_MS) <= 5 * MINUTE_MS
    assert found["cables_n"].max() >= 1  # it crosses the meridian cable in tow


def test_a_tow_reports_its_evidence() -> None:
    found = watched(events(dragging(np.random.default_rng(1), DRAGGER, T0_MS)))
    value = dict(zip([name for name, _ in drag.TERMS], found["value"][0].tolist(), strict=False))
    assert value["speed_loss"] == pytest.approx(0.7, abs=0.05)
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
    """With at least four voters in the cell their loss of speed is the norm.

    Not all of it: the norm covers bins before the storm too, and half-knot bins add 3 % to the
    ship's own speed. An hour in band would be 4.5.
    """
    assert storm(11)["cusum"] < 1.5
    assert storm(2)["cusum"] > 3.0


def test_a_zigzag_over_a_cable_is_loitering() -> None:
    fixes = loitering(np.random.default_rng(1), LOITERER, T0_MS)
    found = Scene(fixes, Statics.empty(), CABLES).play().all.events
    mine = found[(found["rule"] == loiter.RULE) & (found["log_odds"] >= WATCH)]
    assert len(mine)
    assert mine["t_ms"][0] <= T0_MS + 4 * HOUR_MS
    assert mine["cables_n"].max() >= 3


def test_a_passage_and_a_ship_at_anchor_do_not_loiter() -> None:
    rng = np.random.default_rng(2)
    fixes = [
        sail(rng, LOITERER, T0_MS, 4.0, -0.5, LAT, steady(9.0), steady(90.0)),
        sail(rng, DRAGGER, T0_MS, 8.0, 0.004, LAT, steady(0.1), zigzag(600.0, 0.0, 120.0), 180.0),
    ]
    both = Fixes.concat(fixes)
    both = both.take(np.lexsort((both.mmsi, both.t_ms)))
    assert len(Scene(both, Statics.empty(), CABLES).play().all.events) == 0
