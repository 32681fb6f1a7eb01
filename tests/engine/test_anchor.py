"""Ships at anchor whose truth is known: where the anchor lies, and when it drags."""

import math

import numpy as np
import pytest
from laws import Scene
from moorings import AT_ANCHOR, Profile, at_anchor, hauled, made_fast, swung
from oracle import Said
from oracle_anchor import anchor_odds, drag_at_anchor_odds
from test_oracle import differing
from tracks import T0_MS, cable, sail, steady

from cablewatch.engine import anchor, drag_at_anchor, drift
from cablewatch.engine.episode import BANDS
from cablewatch.engine.transitions import CLOSED
from cablewatch.fixes import Array, Fixes
from cablewatch.units import HOUR_MS, MINUTE_MS
from cablewatch.vessels.statics import Statics

SHIP, LAT = 219000077, 55.0
MERIDIAN = cable("m", [(0.0, 54.0), (0.0, 56.0)], zone_m=200.0)  # half width 300 m
HALF_WIDTH_M = 300.0
EAST_M = 1.0 / 64_000.0  # degrees of longitude in a metre at latitude 55
DRAG_S = 3.0 * 3600.0
DRAG_MS = T0_MS + int(DRAG_S * 1000)
WATCH = BANDS[1]


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def joined(*parts: Fixes) -> Fixes:
    both = Fixes.concat(parts)
    return both.take(np.argsort(both.t_ms, kind="stable"))


def events(fixes: Fixes, rule: int) -> Array:
    found = Scene(fixes, Statics.empty(), (MERIDIAN,)).play().all.events
    return found[found["rule"] == rule]


def watched(fixes: Fixes, rule: int) -> Array:
    found = events(fixes, rule)
    return found[found["log_odds"] >= WATCH]


def lying(off_m: float, hours: float = 5.0, seed: int = 1, **profile: float | Profile) -> Fixes:
    """A ship whose anchor lies so far east of the cable."""
    return at_anchor(rng(seed), SHIP, T0_MS, hours, off_m * EAST_M, LAT, **profile)  # type: ignore[arg-type]


def dragging_at_anchor(kn: float = 1.0, hours: float = 5.0, **profile: float | Profile) -> Fixes:
    """Her anchor, 3 km west of the cable, goes through the ground for an hour."""
    made: dict[str, float | Profile] = {"wind_deg": 260.0, **profile}
    return lying(-3000.0, hours, dragged_m=hauled(DRAG_S, DRAG_S + 3600.0, kn), **made)


def turning(off_m: float, yaw_deg: float = 18.0) -> Fixes:
    """A ship that swings with the tide, three hours after she anchored."""
    turned = swung(DRAG_S, 2400.0, 240.0, 60.0)
    return lying(off_m, 7.0, wind_deg=turned, yaw_deg=yaw_deg)


def headed(fixes: Fixes, heading_deg: float, share: float) -> Fixes:
    """The same with a heading that hangs (0), or that is off (1)."""
    fixes.heading_deg[:] = np.round(share * fixes.heading_deg + heading_deg) % 360.0
    return fixes


# anchored on a cable


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("off_m", [-200.0, 0.0, 150.0])
def test_an_anchor_in_a_corridor_is_told_within_two_hours(off_m: float, seed: int) -> None:
    found = watched(lying(off_m, seed=seed), anchor.RULE)
    assert len(found) and found["t_ms"][0] <= T0_MS + 2 * HOUR_MS
    value = found["value"][-1]
    assert value[1] == pytest.approx(abs(off_m), abs=3.0 * float(value[6]))
    assert found["cables_n"].min() >= 1


def test_the_anchor_decides_and_not_the_antenna() -> None:
    """The ship lies 270 m east of her anchor in a west wind: one of them is in the corridor."""
    found = watched(lying(130.0, wind_deg=270.0), anchor.RULE)
    assert len(found) and found["cables_n"].min() == 1
    assert len(watched(lying(-570.0, wind_deg=270.0), anchor.RULE)) == 0


@pytest.mark.parametrize("status", [0, AT_ANCHOR, 5])
def test_a_ship_made_fast_beside_a_landing_is_not_watched(status: int) -> None:
    assert len(watched(made_fast(rng(), SHIP, T0_MS, 12.0, 0.0, LAT, status), anchor.RULE)) == 0


def test_a_swing_is_told_whatever_the_status() -> None:
    """A third of ships at rest say that they are under way."""
    assert len(watched(lying(0.0, status=0), anchor.RULE))


def test_a_status_alone_is_not_watched() -> None:
    """Lies steady in a steady wind, for all that can be seen made fast."""
    assert len(watched(lying(0.0, yaw_deg=2.0), anchor.RULE)) == 0


def test_without_headings_the_places_tell_less_and_the_evidence_says_so() -> None:
    mute = lying(0.0, 7.0)
    mute.heading_deg[:] = np.nan
    found = events(mute, anchor.RULE)
    assert len(found) and np.isnan(found["value"][:, 4:6]).all()
    assert found["log_odds"].max() < events(lying(0.0, 7.0), anchor.RULE)["log_odds"].max()


@pytest.mark.parametrize("kn", [0.6, 1.0, 2.0])
def test_a_ship_that_drifts_over_a_cable_is_not_anchored_on_it(kn: float) -> None:
    fixes = sail(rng(), SHIP, T0_MS, 4.0, -0.04, LAT, steady(kn), steady(90.0), 60.0)
    fixes.nav_status[:] = 0
    assert len(watched(fixes, anchor.RULE)) == 0


def test_it_closes_when_the_ship_leaves() -> None:
    away = sail(rng(), SHIP, T0_MS + 5 * HOUR_MS, 1.0, 0.004, LAT, steady(9.0), steady(90.0))
    found = events(joined(lying(0.0), away), anchor.RULE)
    assert found["event"][-1] == CLOSED
    assert found["t_ms"][-1] <= T0_MS + 5 * HOUR_MS + 15 * MINUTE_MS


def test_a_swing_that_turns_out_to_lie_outside_is_told_no_longer() -> None:
    """The tide shows the radius, and so that the anchor lies 120 m outside the corridor."""
    found = events(turning(-420.0), anchor.RULE)
    assert found["event"][-1] == CLOSED
    assert found["t_ms"][-1] <= T0_MS + 7 * HOUR_MS


# dragging at anchor


@pytest.mark.parametrize(("kn", "within_min"), [(0.5, 45), (1.0, 24), (2.0, 18), (3.0, 18)])
def test_a_drag_is_told_before_the_cable(kn: float, within_min: int) -> None:
    found = watched(dragging_at_anchor(kn), drag_at_anchor.RULE)
    assert len(found)
    assert DRAG_MS < found["t_ms"][0] <= DRAG_MS + within_min * MINUTE_MS
    value = dict(zip([n for n, _ in drag_at_anchor.TERMS], found["value"][0], strict=False))
    assert value["anchor_to_cable"] > 1000.0
    assert 0.8 * kn < value["anchor_speed"] < 2.0 * kn
    assert found["started_ms"][0] <= DRAG_MS + within_min * MINUTE_MS // 2


def test_a_ship_blown_broadside_is_told() -> None:
    """Young Lady: up to 3 kn, her heading yawing by more than a hundred degrees."""
    found = watched(dragging_at_anchor(2.5, yaw_deg=60.0), drag_at_anchor.RULE)
    assert len(found) and found["t_ms"][0] <= DRAG_MS + 24 * MINUTE_MS


def test_a_drag_without_headings_is_told_later() -> None:
    mute = dragging_at_anchor(1.5)
    mute.heading_deg[:] = np.nan
    found = watched(mute, drag_at_anchor.RULE)
    assert len(found) and np.isnan(found["value"][:, 2]).all()
    assert found["t_ms"][0] <= DRAG_MS + 40 * MINUTE_MS


@pytest.mark.parametrize("yaw_deg", [3.0, 18.0, 40.0])
@pytest.mark.parametrize("seed", range(2))
def test_a_swing_with_the_tide_is_no_drag(seed: int, yaw_deg: float) -> None:
    """The ship moves by twice her radius, over 500 m, within 40 minutes."""
    turned = swung(DRAG_S, 2400.0, 240.0, 60.0)
    fixes = lying(-1500.0, 7.0, seed, wind_deg=turned, yaw_deg=yaw_deg)
    assert len(events(fixes, drag_at_anchor.RULE)) == 0


@pytest.mark.parametrize("yaw_deg", [6.0, 18.0])
@pytest.mark.parametrize("heading_deg", [0.0, 90.0, 240.0])
@pytest.mark.parametrize("off_m", [-400.0, -100.0, 300.0])
def test_a_heading_that_hangs_makes_no_drag_of_a_tide(
    off_m: float, heading_deg: float, yaw_deg: float
) -> None:
    fixes = headed(turning(off_m, yaw_deg), heading_deg, 0.0)
    assert len(watched(fixes, drag_at_anchor.RULE)) == 0


def under_way(off_deg: float) -> Fixes:
    """An hour of passage before she anchors, her heading off by so much."""
    fixes = sail(rng(), SHIP, T0_MS - HOUR_MS, 0.9, -0.27, LAT, steady(10.5), steady(90.0))
    fixes.heading_deg[:] = (fixes.cog_deg + off_deg) % 360.0
    return fixes


@pytest.mark.parametrize("off_m", [-400.0, -100.0, 300.0])
def test_a_heading_that_belied_the_course_makes_no_drag_of_a_tide(off_m: float) -> None:
    fixes = joined(under_way(90.0), headed(turning(off_m), 90.0, 1.0))
    assert len(watched(fixes, drag_at_anchor.RULE)) == 0


def test_a_ship_that_lay_to_no_anchor_drags_none() -> None:
    """Adrift for an hour with her bow standing, then blown abeam: displacement, bow and closing."""
    waits = sail(rng(), SHIP, T0_MS, 1.0, -0.02, LAT, steady(0.15), steady(0.0), 180.0)
    lon, lat = float(waits.lon_deg[-1]), float(waits.lat_deg[-1])
    goes = sail(rng(), SHIP, int(waits.t_ms[-1]) + 60_000, 1.0, lon, lat, steady(1.5), steady(90.0))
    fixes = joined(waits, goes)
    fixes.heading_deg[:] = np.round(rng().uniform(0.0, 20.0, len(fixes.t_ms)))
    fixes.nav_status[:] = 0
    assert len(events(fixes, drag_at_anchor.RULE)) == 0


@pytest.mark.parametrize(("before_m", "after_m"), [(120.0, 230.0), (230.0, 120.0), (200.0, 60.0)])
def test_chain_veered_or_hove_in_is_no_drag(before_m: float, after_m: float) -> None:
    fixes = lying(-1500.0, 7.0, chain_m=swung(DRAG_S, 900.0, before_m, after_m))
    assert len(events(fixes, drag_at_anchor.RULE)) == 0


@pytest.mark.parametrize("kn", [1.5, 3.0, 9.0])
def test_a_ship_that_weighs_and_leaves_does_not_drag(kn: float) -> None:
    """Heaves in for a quarter of an hour, then goes ahead, slowly or not, towards the cable."""
    fixes = lying(-3000.0, 3.25, wind_deg=90.0, chain_m=swung(DRAG_S, 900.0, 150.0, 20.0))
    away_ms = int(fixes.t_ms[-1]) + 10_000
    lon = float(fixes.lon_deg[-1])
    away = sail(rng(), SHIP, away_ms, 1.5, lon, LAT, steady(kn), steady(90.0))
    assert len(watched(joined(fixes, away), drag_at_anchor.RULE)) == 0


def test_a_drag_closes_once_the_anchor_holds() -> None:
    found = events(dragging_at_anchor(1.0, 8.0), drag_at_anchor.RULE)
    assert found["event"][-1] == CLOSED
    assert DRAG_MS + 2 * HOUR_MS < found["t_ms"][-1] <= DRAG_MS + 3 * HOUR_MS


def test_a_drift_behind_a_dragged_anchor_ends_once_it_holds() -> None:
    """She yaws on, across her bow at half a knot, and goes nowhere."""
    fixes = lying(-3000.0, 14.0, wind_deg=260.0, dragged_m=hauled(DRAG_S, 2 * DRAG_S, 1.0))
    found = events(fixes, drift.RULE)
    assert found["event"][-1] == CLOSED
    assert found["t_ms"][-1] <= T0_MS + 9 * HOUR_MS


# single messages, gaps, missing values


def falsified(fixes: Fixes, every: int, **said: float) -> Fixes:
    """Each so-and-so-many-th report says something else."""
    made = {name: getattr(fixes, name).copy() for name in fixes.__dataclass_fields__}
    for name, value in said.items():
        column = made[name.removeprefix("more_")]
        column[5::every] = column[5::every] + value if name.startswith("more_") else value
    return Fixes.from_columns(**made)


FALSE: tuple[dict[str, float], ...] = (
    {"more_lon_deg": 300.0 * EAST_M},
    {"heading_deg": 60.0},
    {"sog_kn": 12.0, "cog_deg": 90.0},
    {"nav_status": 0},
    {"sog_kn": math.nan, "cog_deg": math.nan, "heading_deg": math.nan},
)


@pytest.mark.parametrize("said", FALSE)
def test_a_false_fix_an_hour_raises_and_hides_nothing(said: dict[str, float]) -> None:
    assert len(watched(falsified(lying(0.0), 20, **said), anchor.RULE))
    assert len(watched(falsified(dragging_at_anchor(1.0), 20, **said), drag_at_anchor.RULE))
    assert len(events(falsified(lying(-1500.0), 20, **said), drag_at_anchor.RULE)) == 0
    fast = made_fast(rng(), SHIP, T0_MS, 8.0, 0.0, LAT, AT_ANCHOR)
    assert len(watched(falsified(fast, 20, **said), anchor.RULE)) == 0


def test_a_silence_ends_no_stay_of_a_ship_found_in_her_place() -> None:
    fixes = lying(0.0, 8.0)
    away = (fixes.t_ms > T0_MS + 2 * HOUR_MS) & (fixes.t_ms < T0_MS + 4 * HOUR_MS)
    scene = Scene(fixes.take(~away), Statics.empty(), (MERIDIAN,))
    engine = scene.engine()
    engine.push(scene.fixes, scene.statics, scene.span_ms[1] + 1)
    stay = engine.state.ships["swing"][0]
    assert int(stay["since_min"]) * MINUTE_MS <= T0_MS + 9 * MINUTE_MS and stay["n"] > 100


def test_a_ship_that_shifts_during_a_silence_does_not_drag() -> None:
    later = at_anchor(rng(2), SHIP, T0_MS + 5 * HOUR_MS, 3.0, -1000.0 * EAST_M, LAT)
    assert len(events(joined(lying(-3000.0, 3.0), later), drag_at_anchor.RULE)) == 0


@pytest.mark.parametrize("interval_s", [10.0, 180.0, 360.0])
def test_the_rate_of_reports_decides_little(interval_s: float) -> None:
    found = watched(lying(0.0, interval_s=interval_s), anchor.RULE)
    assert len(found) and found["t_ms"][0] <= T0_MS + 3 * HOUR_MS


def test_a_ship_that_says_no_speed_is_known_by_her_places() -> None:
    fixes = lying(0.0)
    fixes.sog_kn[:] = np.nan
    assert len(watched(fixes, anchor.RULE))


# the oracle


def _scenes() -> dict[str, Fixes]:
    mute = dragging_at_anchor(1.5)
    mute.heading_deg[:] = np.nan
    gaps = lying(0.0, 6.0)
    gone = (gaps.t_ms > T0_MS + 2 * HOUR_MS) & (gaps.t_ms < T0_MS + 3.5 * HOUR_MS)
    away = sail(rng(), SHIP, T0_MS + 5 * HOUR_MS, 0.5, -0.04, LAT, steady(9.0), steady(90.0), 30.0)
    return {
        "swing": lying(100.0),
        "drag": joined(dragging_at_anchor(1.0), away),
        "mute": mute,
        "gaps": gaps.take(~gone),
        "tide": lying(200.0, 5.0, wind_deg=swung(2 * 3600.0, 2400.0, 240.0, 60.0)),
        "fast": made_fast(rng(), SHIP, T0_MS, 3.0, 0.0, LAT),
        "false": falsified(dragging_at_anchor(1.0), 20, more_lon_deg=300.0 * EAST_M),
        "hangs": headed(turning(-100.0), 90.0, 0.0),
        "belied": joined(under_way(90.0), headed(lying(0.0), 90.0, 1.0)),
        "lost headings": falsified(lying(0.0), 2, heading_deg=math.nan),
    }


SCENES = _scenes()


def _spoken(said: list[Said]) -> list[Said]:
    return [s for s in said if s.terms]


@pytest.mark.parametrize("name", SCENES)
def test_anchored_is_what_it_says(name: str) -> None:
    expected = anchor_odds(SCENES[name], 0.0, HALF_WIDTH_M)
    assert _spoken(expected) or name == "lost headings"
    scene = Scene(SCENES[name], Statics.empty(), (MERIDIAN,))
    assert differing(scene, anchor, expected, 0.05) == []


@pytest.mark.parametrize("name", SCENES)
def test_dragging_at_anchor_is_what_it_says(name: str) -> None:
    expected = drag_at_anchor_odds(SCENES[name], 0.0)
    scene = Scene(SCENES[name], Statics.empty(), (MERIDIAN,))
    assert differing(scene, drag_at_anchor, expected, 0.05) == []
    if name in ("drag", "mute", "false"):
        assert max(e.log_odds for e in _spoken(expected)) > WATCH


def test_the_oracle_can_disagree() -> None:
    scene = Scene(SCENES["swing"], Statics.empty(), (MERIDIAN,))
    wrong = anchor_odds(SCENES["swing"], 0.0, HALF_WIDTH_M / 5.0)
    assert len(differing(scene, anchor, wrong, 0.05)) > 10
