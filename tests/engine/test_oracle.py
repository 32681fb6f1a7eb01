"""Law 8: the compiled rules against a slow, plain reading of them, minute by minute.

The compiled times are rounded to 0.1 s, courses to 0.01 degree and ways to 0.25 m, its sums are
single floats: a deviation may differ by 0.03 degrees, 0.1 nats where its ratio is steepest, other
ratios by a few hundredths, and every minute must agree within them.
"""

import math
from itertools import product
from types import ModuleType

import numpy as np
import pytest
from laws import Scene
from oracle import Said, drag_odds, loiter_odds
from oracle_drift import drift_odds
from recorded import recorded_scene
from tracks import (
    DRAGGER,
    DRIFTER,
    LAT,
    LOITERER,
    T0_MS,
    cable,
    dragging,
    drifting,
    lengths,
    loitering,
    sail,
    steady,
    towing,
    types,
    with_gaps,
    with_missing,
    zigzag,
)

from cablewatch.engine import drag, drift, loiter, speed_loss
from cablewatch.engine.kernels import _evaluate
from cablewatch.fixes import Array, Fixes
from cablewatch.units import HOUR_MS, MINUTE_MS
from cablewatch.vessels.statics import Statics

MERIDIAN = cable("m", [(0.0, 54.0), (0.0, 56.0)])
CYCLE_NATS = 0.1
HALF_WIDTH_M = 1100.0 + 30.0  # zone, uncertainty of the route, error of a position


def compiled_odds(scene: Scene, rule: ModuleType, at_ms: list[int]) -> list[tuple[float, ...]]:
    """Log odds and ratios that the compiled rule gives at whole minutes.

    Each minute is evaluated on a copy of the state as it was just before, in which an episode is
    held open: it notes what the rule says.
    """
    engine, said, before_ms = scene.engine(max_ships=1, max_candidates=1), [], -(1 << 62)
    for now_ms in at_ms:
        engine.push(*scene.between(before_ms, now_ms), now_ms - 1)
        before_ms = now_ms
        ship = engine.state.ships[:1].copy()[0]
        speed_loss._fade_over_silence(
            ship, now_ms, False
        )  # what an episode held open would prevent
        episode = ship["episodes"][rule.RULE]
        episode["open"], episode["band"] = 1, 3
        episode["news"], episode["under"] = 0, 0
        episode["said_min"], episode["best"] = now_ms // MINUTE_MS, -np.inf
        _evaluate(ship, engine.index, engine._out[0], engine._norms, now_ms)
        engine._out["used"] = 0
        odds = float(episode["best"])
        said.append((odds if np.isfinite(odds) else np.nan, *episode["ratio"].tolist()))
    assert sum(engine.counts.values()) == engine.counts["fixes"]
    return said


def differing(scene: Scene, rule: ModuleType, expected: list[Said], tolerance: float) -> list[Said]:
    """Minutes at which the compiled rule says something else."""
    said = compiled_odds(scene, rule, [e.minute_ms for e in expected])
    names = [name for name, _ in rule.TERMS]
    differ = []
    for (odds, *ratios), wanted in zip(said, expected, strict=True):
        near = np.isclose(odds, wanted.log_odds, atol=tolerance, rtol=0.0, equal_nan=True)
        for name, ratio in wanted.terms.items():
            allowed = tolerance if name == "course_cycle" else min(tolerance, 0.05)
            near &= abs(ratios[names.index(name)] - ratio) <= allowed
        if not near:
            differ.append(wanted)
    return differ


def made(name: str) -> Fixes:
    """A clean ship."""
    rng = np.random.default_rng(12)
    if name == "drag":
        return dragging(rng, DRAGGER, T0_MS + 7_000)
    if name == "weak cycle":
        return dragging(rng, DRAGGER, T0_MS + 7_000, ratio=0.8, deviation_deg=1.8)
    if name == "gaps":
        return with_gaps(dragging(rng, DRAGGER, T0_MS + 7_000), (100.0, 101.5), (150.0, 180.0))
    if name == "missing":
        return with_missing(rng, dragging(rng, DRAGGER, T0_MS + 7_000), 0.002)
    return loitering(rng, LOITERER, T0_MS + 7_000)


@pytest.mark.parametrize("length_m", [0, 180])
@pytest.mark.parametrize("name", ["drag", "weak cycle", "gaps", "missing"])
def test_drag_is_what_it_says(name: str, length_m: int) -> None:
    fixes = made(name)
    statics = lengths([(T0_MS, DRAGGER, length_m)]) if length_m else Statics.empty()
    scene = Scene(fixes, statics, (MERIDIAN,))
    expected = drag_odds(fixes, length_m)
    ratios = np.array([list(e.terms.values()) for e in expected if e.terms])
    assert (ratios.max(axis=0) > 0.5).all()
    assert differing(scene, drag, expected, CYCLE_NATS) == []


def steps(s: Array) -> Array:
    """Faster by a knot every ten minutes, from 3 to 15."""
    return np.interp(s, np.arange(13) * 600.0, np.linspace(3.0, 15.0, 13))


HALF = [  # of all, in which any two of a way, a type and a length meet
    ("tow", 70, 0),
    ("tow", 89, 180),
    ("harbour", 70, 180),
    ("harbour", 89, 0),
    ("drag", 70, 0),
    ("drag", 89, 180),
]


@pytest.mark.parametrize(
    ("name", "ship_type", "length_m"),
    [
        pytest.param(*one, marks=[] if one in HALF else pytest.mark.soak)
        for one in product(["tow", "harbour", "drag"], [70, 89], [0, 180])
    ],
)
def test_a_drag_of_a_ship_whose_type_is_known_is_what_it_says(
    name: str, ship_type: int, length_m: int
) -> None:
    """In tow, or leaving a harbour in steps, when first heard: against the typical speed."""
    rng = np.random.default_rng(12)
    fixes = made("drag") if name == "drag" else towing(rng, DRAGGER, T0_MS + 7_000)
    if name == "harbour":
        fixes = sail(rng, DRAGGER, T0_MS + 7_000, 3.0, -0.3, LAT, steps, steady(90.0))
    said = [types([(T0_MS, DRAGGER, ship_type)])]
    said += [lengths([(T0_MS, DRAGGER, length_m)])] if length_m else []
    expected = drag_odds(fixes, length_m, ship_type)
    first = [e.terms["speed_loss"] for e in expected if e.terms][:60]
    assert (0.5 < max(first) < math.log(9.5)) == (name != "drag")
    assert (
        differing(Scene(fixes, Statics.concat(said), (MERIDIAN,)), drag, expected, CYCLE_NATS) == []
    )


@pytest.mark.parametrize("name", ["zigzag", "slow", "gaps", "passing"])
def test_loitering_is_what_it_says(name: str) -> None:
    rng = np.random.default_rng(12)
    fixes = loitering(rng, LOITERER, T0_MS + 7_000)
    if name == "slow":
        fixes = sail(
            rng, LOITERER, T0_MS, 4.0, 0.001, LAT, steady(1.4), zigzag(1500.0, 20.0, 200.0), 20.0
        )
    elif name == "gaps":
        fixes = with_gaps(fixes, (130.0, 142.0), (170.0, 200.0))
    elif name == "passing":
        fixes = sail(rng, LOITERER, T0_MS, 1.0, -0.1, LAT, steady(11.0), steady(90.0))
    expected = loiter_odds(fixes, 0.0, HALF_WIDTH_M)
    if name != "passing":
        assert max(e.log_odds for e in expected if e.terms) > -2.2
    scene = Scene(fixes, Statics.empty(), (MERIDIAN,))
    assert differing(scene, loiter, expected, 0.01) == []


def drifter(name: str, rng: np.random.Generator) -> Fixes:
    """A clean ship that drifts, steers across a current, goes astern, or has a false compass."""
    if name == "crabbing":
        return drifting(rng, DRIFTER, T0_MS + 7_000, 4.0, 3.0, 38.0)
    if name == "astern":
        return drifting(rng, DRIFTER, T0_MS + 7_000, 4.0, 1.5, 150.0, 60.0)
    if name == "gaps":
        return with_gaps(drifting(rng, DRIFTER, T0_MS + 7_000, 6.0), (130.0, 139.0), (180.0, 255.0))
    if name == "missing":
        fixes = drifting(rng, DRIFTER, T0_MS + 7_000, 4.0, 0.8, interval_s=40.0)
        return with_missing(rng, fixes, 0.3)
    if name == "rare":
        return drifting(rng, DRIFTER, T0_MS + 7_000, 5.0, 1.0, -100.0, 700.0)
    fixes = drifting(rng, DRIFTER, T0_MS + 7_000, 4.0, 0.7, nav_status=2)
    if name == "statuses":
        fixes.nav_status[: len(fixes) * 6 // 10] = 1
    if name == "compass":
        fixes.heading_deg[:] = (fixes.heading_deg + np.float32(80.0)) % 360.0
    return fixes


@pytest.mark.parametrize("length_m", [0, 90])
@pytest.mark.parametrize(
    "name", ["adrift", "statuses", "crabbing", "astern", "gaps", "missing", "rare", "compass"]
)
def test_drifting_is_what_it_says(name: str, length_m: int) -> None:
    fixes = drifter(name, np.random.default_rng(12))
    expected = drift_odds(fixes, length_m)
    odds = np.array([e.log_odds for e in expected])
    assert (odds > -2.2).any() == (name != "compass")
    statics = lengths([(T0_MS, DRIFTER, length_m)]) if length_m else Statics.empty()
    assert differing(Scene(fixes, statics, (MERIDIAN,)), drift, expected, 0.05) == []


def _recorded_ships(scene: Scene, wanted: int) -> list[Fixes]:
    """Three hours each of ships that move and have no fix set aside."""
    found: list[Fixes] = []
    for start_ms in range(scene.span_ms[0], scene.span_ms[1], 3 * HOUR_MS):
        fixes, _ = scene.between(start_ms, start_ms + 3 * HOUR_MS)
        for mmsi in np.unique(fixes.mmsi):
            mine = fixes.take(fixes.mmsi == mmsi)
            if len(mine) < 250 or not 5.0 < np.nanmedian(mine.sog_kn) < 16.0:
                continue
            engine = scene.engine(max_ships=1, max_candidates=1)
            engine.push(mine, Statics.empty(), int(mine.t_ms[-1]) + 1)
            if sum(engine.counts.values()) == len(mine):
                found.append(mine)
            if len(found) == wanted:
                return found
    return found


def test_drag_of_recorded_ships(recorded: Scene) -> None:
    """Their reports come at any interval; each kind of evidence is measured on some."""
    ships = _recorded_ships(recorded, 4)
    assert len(ships) == 4
    measured: set[str] = set()
    for fixes in ships:
        scene = Scene(fixes, Statics.empty(), (MERIDIAN,))
        expected = drag_odds(fixes, 0.0)
        assert differing(scene, drag, expected, CYCLE_NATS) == []
        measured |= {name for e in expected for name, ratio in e.terms.items() if ratio}
    assert measured == {"speed_loss", "course_cycle"}


@pytest.fixture(scope="session")
def recorded(request: pytest.FixtureRequest) -> Scene:
    return recorded_scene(request.getfixturevalue("shared"))


def test_the_oracle_can_disagree() -> None:
    """A rule read wrongly fails: the oracle of another length, of a cable a mile off."""
    fixes = made("drag")
    scene = Scene(fixes, lengths([(T0_MS, DRAGGER, 180)]), (MERIDIAN,))
    assert len(differing(scene, drag, drag_odds(fixes, 20.0), CYCLE_NATS)) > 30
    fixes = towing(np.random.default_rng(12), DRAGGER, T0_MS + 7_000)
    scene = Scene(fixes, types([(T0_MS, DRAGGER, 70)]), (MERIDIAN,))
    assert len(differing(scene, drag, drag_odds(fixes, 0.0, 80), CYCLE_NATS)) > 30
    fixes = made("loitering")
    scene = Scene(fixes, Statics.empty(), (MERIDIAN,))
    assert len(differing(scene, loiter, loiter_odds(fixes, 0.02, HALF_WIDTH_M), 0.01)) > 30
    fixes = drifter("adrift", np.random.default_rng(12))
    scene = Scene(fixes, Statics.empty(), (MERIDIAN,))
    assert len(differing(scene, drift, drift_odds(fixes, 20.0), 0.05)) > 30
