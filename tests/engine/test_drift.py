"""Ships that drift, and ships whose bow lies off their way for another reason."""

import math
from dataclasses import replace

import numpy as np
import pytest
from laws import Scene
from tracks import (
    ADRIFT_FROM_S,
    CABLES,
    DEGREE_M,
    DRIFTER,
    LAT,
    T0_MS,
    Profile,
    between,
    cable,
    drifting,
    lengths,
    sail,
    steady,
    with_gaps,
)

from cablewatch.engine import drift
from cablewatch.engine.episode import BANDS
from cablewatch.engine.transitions import CLOSED, RAISED
from cablewatch.fixes import Array, Fixes, FixFlag
from cablewatch.units import HOUR_MS, KNOT_M_S, MINUTE_MS
from cablewatch.vessels.statics import Statics

INFO, WATCH, WARNING = BANDS
RING = cable("ring", [(-1.0, 54.5), (1.0, 54.5), (1.0, 55.5), (-1.0, 55.5), (-1.0, 54.5)])
ADRIFT_MS = T0_MS + int(ADRIFT_FROM_S * 1000)


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def scene(fixes: Fixes, statics: Statics | None = None) -> Scene:
    return Scene(fixes, statics or Statics.empty(), CABLES)


def events(fixes: Fixes, statics: Statics | None = None, *rules: int) -> Array:
    """Events of the rule."""
    said = scene(fixes, statics).play().all.events
    return said[np.isin(said["rule"], rules or (drift.RULE,))]


def best(fixes: Fixes, statics: Statics | None = None) -> float:
    """Log odds of the strongest moment that was said; minus infinity where nothing was."""
    return float(events(fixes, statics)["log_odds"].max(initial=-np.inf))


def over_the_cable(
    speed: Profile, course: Profile, heading: Profile, hours: float = 4.0, **more: float
) -> Fixes:
    """A ship within the corridor of the meridian cable from the first fix on."""
    interval_s, status = more.get("interval_s", 10.0), int(more.get("nav_status", 0))
    return sail(
        rng(), DRIFTER, T0_MS, hours, 0.0, 54.9, speed, course, interval_s, 0, heading, status
    )


def without(fixes: Fixes, **columns: float) -> Fixes:
    """The fixes with a value in place of whole columns."""
    return replace(
        fixes,
        **{name: np.full_like(getattr(fixes, name), value) for name, value in columns.items()},
    )


@pytest.mark.parametrize("interval_s", [2.0, 10.0, 60.0, 180.0])
@pytest.mark.parametrize("off_deg", [60.0, -80.0, 110.0])
def test_a_drift_is_raised_and_ends(interval_s: float, off_deg: float) -> None:
    found = events(drifting(rng(), DRIFTER, T0_MS, 5.0, 1.2, off_deg, interval_s))
    assert found["event"][0] == RAISED and found["event"][-1] == CLOSED
    assert ADRIFT_MS < found["raised_ms"][0] <= ADRIFT_MS + 45 * MINUTE_MS
    assert abs(int(found["started_ms"][0]) - ADRIFT_MS) <= 10 * MINUTE_MS
    watched = found[found["log_odds"] >= WATCH]
    assert watched["t_ms"][0] <= ADRIFT_MS + 90 * MINUTE_MS
    assert found["cables_n"].max() >= 1
    end_ms = ADRIFT_MS + 3 * HOUR_MS
    assert end_ms < found["t_ms"][-1] <= end_ms + 30 * MINUTE_MS


def test_a_fast_drift_is_seen_within_the_danish_bounds_and_a_little() -> None:
    """Ten minutes and 500 m are the first evidence; the window has to fill before."""
    found = events(drifting(rng(), DRIFTER, T0_MS, 3.0, 3.0))
    assert found["raised_ms"][0] <= ADRIFT_MS + 25 * MINUTE_MS


def test_hours_add() -> None:
    """A slow drift is first seen, then watched, and with hours and more way likelier than not."""
    found = events(drifting(rng(), DRIFTER, T0_MS, 7.0, 0.8))
    at = [found["t_ms"][found["log_odds"] >= bound] for bound in BANDS]
    assert all(len(times) for times in at)
    assert at[0][0] < at[1][0] < at[2][0] <= ADRIFT_MS + 3 * HOUR_MS


def test_half_a_knot_for_hours_with_the_status_is_watched_and_more_than_without() -> None:
    """As recorded: 0.4-0.9 kn for 11 hours, not under command; below the Danish bounds."""
    plain = drifting(rng(), DRIFTER, T0_MS, 8.0, 0.5)
    said = drifting(rng(), DRIFTER, T0_MS, 8.0, 0.5, nav_status=drift.HELPLESS)
    assert INFO <= best(plain) < best(said)
    assert best(said) >= WATCH
    assert best(said) - best(plain) == pytest.approx(math.log(3.0), abs=0.3)


def test_a_drift_that_slows_down_is_one() -> None:
    """A mile at 3 kn, then hours at 0.4 kn, which for long are less than 500 m."""

    def speed(s: Array) -> Array:
        return np.where(s < 1800.0, 3.0, 0.4)

    found = events(over_the_cable(speed, steady(0.0), steady(85.0), 5.0))
    assert found["event"].tolist().count(RAISED) == 1
    assert found["event"][-1] == CLOSED and found["t_ms"][-1] > T0_MS + 5 * HOUR_MS


def test_what_it_measured_is_said() -> None:
    found = events(drifting(rng(), DRIFTER, T0_MS, 6.0, 1.2), lengths([(T0_MS, DRIFTER, 120)] * 2))
    value = dict(zip([name for name, _ in drift.TERMS], found["value"][-1].tolist(), strict=False))
    assert value["off_heading"] == pytest.approx(80.0, abs=15.0)
    assert value["made_good"] == pytest.approx(1.2, abs=0.2)
    assert 1800.0 < value["way_adrift"] < 4500.0
    assert 1.0 < value["time_adrift"] < 4.1
    assert (value["nav_status"], value["length"]) == (0.0, 120.0)


def test_without_a_heading_nothing_is_told() -> None:
    fixes = drifting(rng(), DRIFTER, T0_MS, nav_status=drift.HELPLESS)
    assert len(events(without(fixes, heading_deg=np.nan))) == 0


def test_without_speeds_or_courses_positions_and_headings_are_enough() -> None:
    """Below the cable's reach: a ship without a course is ahead of none."""
    fixes = without(drifting(rng(), DRIFTER, T0_MS, 4.5), sog_kn=np.nan, cog_deg=np.nan)
    assert best(fixes) >= WATCH


def test_half_of_the_headings_are_enough() -> None:
    fixes = drifting(rng(), DRIFTER, T0_MS, 5.0)
    fixes.heading_deg[::2] = np.nan
    assert best(fixes) >= WATCH


def test_type_27_tells_nothing() -> None:
    """It has no heading, and positions to 185 m."""
    fixes = without(drifting(rng(), DRIFTER, T0_MS, interval_s=180.0), heading_deg=np.nan)
    coarse = replace(fixes, flags=fixes.flags | np.uint8(FixFlag.COARSE))
    assert len(events(coarse)) == 0


@pytest.mark.parametrize("angle_deg", [15.0, 20.0, 30.0])
def test_a_ferry_that_crabs_is_not_told(angle_deg: float) -> None:
    fixes = over_the_cable(steady(4.0), steady(0.0), steady(angle_deg))
    assert len(events(fixes)) == 0


@pytest.mark.parametrize("radius_m", [150.0, 300.0, 450.0])
@pytest.mark.parametrize("status", [0, drift.ANCHORED])
def test_a_ship_that_swings_at_anchor_is_not_watched(radius_m: float, status: int) -> None:
    """The bow points at the anchor and the antenna goes across it: half a circle, and back."""

    def angle(s: Array) -> Array:
        return 90.0 * np.sin(2.0 * np.pi * s / (3.0 * 3600.0))

    def speed(s: Array) -> Array:
        return np.abs(np.gradient(np.radians(angle(s)), s)) * radius_m / KNOT_M_S

    def course(s: Array) -> Array:
        return angle(s) + np.where(np.gradient(angle(s), s) > 0.0, -90.0, 90.0)

    fixes = over_the_cable(speed, course, lambda s: angle(s) + 180.0, 8.0, nav_status=status)
    assert best(fixes) < (INFO if status else WATCH)


def test_a_ship_that_yaws_at_anchor_is_not_told() -> None:
    """To and fro by 120 m each quarter of an hour, at up to half a knot."""

    def speed(s: Array) -> Array:
        return 0.5 * np.abs(np.sin(2.0 * np.pi * s / 900.0))

    def course(s: Array) -> Array:
        return np.where(np.sin(2.0 * np.pi * s / 900.0) > 0.0, 90.0, 270.0)

    assert len(events(over_the_cable(speed, course, steady(0.0), 6.0))) == 0


def test_a_ship_that_backs_at_a_berth_is_not_told() -> None:
    """Half a mile astern at 2 kn, a turn, and ahead."""
    fixes = over_the_cable(
        between(0.0, 900.0, 2.0, 8.0), lambda s: np.where(s < 900.0, 180.0, 0.0), steady(0.0), 2.0
    )
    assert len(events(fixes)) == 0


def test_a_ship_that_steers_to_and_fro_is_not_told() -> None:
    """A trawler at 3 kn that turns each ten minutes: her course over them is no use."""
    for leg_s in (120.0, 600.0, 1500.0):

        def course(s: Array, leg_s: float = leg_s) -> Array:
            return 170.0 * ((s // leg_s) % 2)

        assert len(events(over_the_cable(steady(3.0), course, course, 6.0))) == 0


def test_a_compass_that_is_false_under_way_is_not_believed() -> None:
    """Its heading is 90 degrees off at 11 kn too; then it slows down and steers on."""
    fixes = drifting(rng(), DRIFTER, T0_MS, 5.0, 3.0, 0.0)
    turned = replace(fixes, heading_deg=(fixes.heading_deg + np.float32(90.0)) % 360.0)
    assert len(events(turned)) == 0


def with_false(fixes: Fixes, after_s: float, metres: float, heading: float, status: int) -> Fixes:
    """One false fix amid the true ones: a place aside, another heading, another status."""
    k = int(np.searchsorted(fixes.t_ms, T0_MS + int(after_s * 1000)))
    fixes.lon_deg[k] += metres / DEGREE_M / math.cos(math.radians(LAT))
    fixes.heading_deg[k], fixes.nav_status[k] = heading, status
    return fixes


@pytest.mark.parametrize("heading", [0.0, 90.0, 180.0, 270.0])
@pytest.mark.parametrize("metres", [-600.0, -60.0, 60.0, 600.0])
@pytest.mark.parametrize("interval_s", [10.0, 180.0])
def test_a_single_false_fix_neither_raises_nor_hides(
    metres: float, heading: float, interval_s: float
) -> None:
    false = (6000.0, metres, heading, drift.ANCHORED)
    adrift = with_false(drifting(rng(), DRIFTER, T0_MS, 6.0, 0.8, 80.0, interval_s), *false)
    found = events(adrift)
    assert found["event"].tolist().count(CLOSED) == 1 and found["log_odds"].max() >= WATCH
    ahead = with_false(drifting(rng(), DRIFTER, T0_MS, 6.0, 0.8, 0.0, interval_s), *false)
    assert len(events(ahead)) == 0
    swung = with_false(drifting(rng(), DRIFTER, T0_MS, 2.5, 0.5, 80.0, interval_s), *false)
    assert best(swung) < WATCH  # half a mile in half an hour and an hour


def test_one_status_does_not_lift_it() -> None:
    fixes = drifting(rng(), DRIFTER, T0_MS, 6.0, 0.8)
    once = drifting(rng(), DRIFTER, T0_MS, 6.0, 0.8)
    once.nav_status[1000:1006] = drift.HELPLESS
    assert best(once) == best(fixes)


@pytest.mark.parametrize("minutes", [8.0, 25.0, 50.0])
def test_silence_within_a_drift_neither_ends_nor_hides_it(minutes: float) -> None:
    fixes = drifting(rng(), DRIFTER, T0_MS, 7.0)
    found = events(with_gaps(fixes, (150.0, 150.0 + minutes)))
    assert found["event"].tolist().count(RAISED) == 1
    assert found["log_odds"].max() >= WATCH


def test_a_drift_before_a_long_silence_is_another() -> None:
    """Two hours later its time and way begin anew, and an episode that is open goes on."""
    fixes = with_gaps(drifting(rng(), DRIFTER, T0_MS, 7.0), (110.0, 230.0))
    engine = scene(fixes).engine()
    engine.push(*scene(fixes).between(0, T0_MS + 255 * MINUTE_MS), T0_MS + 255 * MINUTE_MS)
    (ship,) = engine.state.ships[engine.state.ships["mmsi"] != 0]
    assert ship["drift_min"] >= (T0_MS + 220 * MINUTE_MS) // MINUTE_MS


def test_far_from_every_cable_nothing_is_raised() -> None:
    """South of all cables, going south."""
    fixes = sail(
        rng(), DRIFTER, T0_MS, 5.0, 0.5, 53.0, steady(1.5), steady(180.0), 10.0, 0, steady(90.0)
    )
    assert len(events(fixes)) == 0


@pytest.mark.parametrize(
    ("off_deg", "nats"),
    [
        (0.0, 0.0),
        (30.0, 0.0),
        (37.5, math.log(12.0) / 2),
        (45.0, math.log(12.0)),
        (135.0, math.log(12.0)),
        (150.0, math.log(6.0)),
        (180.0, math.log(3.0)),
    ],
)
def test_an_angle_counts_as_the_docs_say(off_deg: float, nats: float) -> None:
    assert drift.off_llr(off_deg) == pytest.approx(nats)
