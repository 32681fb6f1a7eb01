"""Meetings with cables: what is one crossing, and what an alert can name without any."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from laws import Scene
from pyproj import Geod
from tracks import DRAGGER, FIRST_PASSING, LAT, LOITERER, SHARED, T0_MS, cable, sail, steady, zigzag

from cablewatch.alerts.book import id_of
from cablewatch.cables.model import Cable
from cablewatch.engine import loiter
from cablewatch.engine.crossing import POSITION_ERROR_M
from cablewatch.engine.fold import Engine
from cablewatch.engine.state import CORRIDOR, MAX_CROSSINGS, PENDING
from cablewatch.fixes import Array, Fixes
from cablewatch.units import HOUR_MS, MINUTE_MS
from cablewatch.vessels.statics import Statics

GEOD = Geod(ellps="WGS84")
MERIDIAN = cable("m", [(0.0, 54.0), (0.0, 56.0)])
NORTH_M = 5_120.0  # of LAT, an edge of cells of the index: those south of it do not list the line
PARALLEL = cable("p", [(x, LAT + NORTH_M / 111_300.0) for x in (-0.1, 0.1)])
METRE_DEG = 1.0 / (111_300.0 * np.cos(np.radians(LAT)))  # of longitude
APART_DEG = 640.0 * METRE_DEG
PAIR = replace(
    MERIDIAN,
    route=shapely.MultiLineString(
        [[(0.0, 54.0), (0.0, 56.0)], [(APART_DEG, 54.0), (APART_DEG, 56.0)]]
    ),
)
BEND = cable("v", [(0.0, 54.0), (0.5 * APART_DEG, 56.0), (APART_DEG, 54.0)])


def at(east_m: Array, north_m: Array | float = 0.0, interval_s: float = 60.0) -> Fixes:
    """A ship at places given in metres from a line along a meridian, said to be under way."""
    n = len(east_m)
    return Fixes.from_columns(
        t_ms=T0_MS + (np.arange(n) * interval_s * 1000.0).astype("i8"),
        mmsi=[DRAGGER] * n,
        lon_deg=np.asarray(east_m) * METRE_DEG,
        lat_deg=LAT + np.broadcast_to(north_m, n) / 111_300.0,
        sog_kn=[0.3] * n,
        cog_deg=[90.0] * n,
    )


def crossed(fixes: Fixes, *cables: object) -> Array:
    """Crossings of one ship."""
    return Scene(fixes, Statics.empty(), cables or (MERIDIAN,)).play().all.crossings


@pytest.mark.parametrize("seed", range(3))
def test_a_moored_ship_on_a_line_does_not_cross_it(seed: int) -> None:
    """Sigma of 5 m about the line: some 700 changes of side in a day."""
    rng = np.random.default_rng(seed)
    east_m = rng.normal(0.0, 5.0, 1440)
    assert (np.diff(np.sign(east_m)) != 0).sum() > 500
    assert len(crossed(at(east_m, rng.normal(0.0, 5.0, 1440)))) == 0


@pytest.mark.parametrize(("leaves_m", "times"), [(-200.0, 0), (200.0, 1)])
def test_along_a_line_counts_by_the_side_on_which_it_is_left(leaves_m: float, times: int) -> None:
    """A mile on the line, to either side of it by turns."""
    on = 10.0 * (-1.0) ** np.arange(60)
    east_m = np.concatenate([[-200.0, -100.0], on, [0.5 * leaves_m, leaves_m, leaves_m]])
    assert len(crossed(at(east_m, 30.0 * np.arange(65)))) == times


@pytest.mark.parametrize("seed", range(4))
def test_exactly_along_a_leg_counts_by_the_side_on_which_it_is_left(seed: int) -> None:
    """Fixes on a slanting geodesic of 30 km, where rounding alone decides on the side."""
    rng = np.random.default_rng(seed)
    for _ in range(25):
        course = rng.uniform(0.0, 360.0)
        end = GEOD.fwd(0.0, LAT, course, 30_000.0)[:2]
        leg = cable("leg", [(0.0, LAT), (float(end[0]), float(end[1]))])
        on_m = np.sort(rng.uniform(5_000.0, 25_000.0, 40))
        from_side, to_side = rng.choice([-1.0, 1.0], 2)
        off_m = [from_side * 200.0, *np.zeros(38), to_side * 100.0, to_side * 200.0]
        run_m = [*on_m, on_m[-1] + 10.0]
        lon, lat = [], []
        for run, off in zip(run_m, off_m, strict=True):
            x, y, back = GEOD.fwd(0.0, LAT, course, run)
            x, y, _ = GEOD.fwd(x, y, back + 180.0 + 90.0, off) if off else (x, y, 0.0)
            lon.append(x)
            lat.append(y)
        fixes = Fixes.from_columns(
            t_ms=T0_MS + np.arange(len(lon)) * 10 * MINUTE_MS,
            mmsi=[DRAGGER] * len(lon),
            lon_deg=lon,
            lat_deg=lat,
            sog_kn=[8.0] * len(lon),
            cog_deg=[course] * len(lon),
        )
        assert len(crossed(fixes, leg)) == (from_side != to_side)


@pytest.mark.parametrize(("step_s", "fifth_s"), [(2.0, 2.0), (10.0, 150.0), (10.0, 240.0)])
def test_no_line_is_met_unseen(step_s: float, fifth_s: float) -> None:
    """The fastest ferries, from wherever a minute began, in short steps and in longer ones.

    They run along a meridian, where the bound of a way is the way itself.
    """
    start_m = NORTH_M - np.arange(1_900.0, 9_000.0, 50.0)
    n, t_s = len(start_m), np.cumsum(np.resize([step_s] * 4 + [fifth_s], 300)) - step_s
    t_s = t_s[t_s < 600.0]
    north_m = start_m + 35.0 * t_s[:, None]  # 68 kn
    fixes = Fixes.from_columns(
        t_ms=np.repeat(T0_MS + (1000.0 * t_s).astype("i8"), n),
        mmsi=np.tile(DRAGGER + np.arange(n), len(t_s)),
        lon_deg=[0.0] * north_m.size,
        lat_deg=LAT + north_m.ravel() / 111_300.0,
        sog_kn=[68.0] * north_m.size,
        cog_deg=[0.0] * north_m.size,
    )
    assert len(crossed(fixes, PARALLEL)) == n


def test_a_line_met_since_the_fix_before_a_false_one_is_seen() -> None:
    """The minute falls while a message far astern, where no line is near, is the last one."""
    north_m = np.array([-900.0, -700.0, -500.0, -300.0, -3_000.0, 350.0, 410.0, 530.0])
    fixes = at(np.zeros(8), NORTH_M + north_m)
    fixes.t_ms[:] = T0_MS + 1000 * np.array([10, 30, 50, 70, 165, 175, 185, 205])
    fixes.sog_kn[:], fixes.cog_deg[:] = 12.0, 0.0
    fixes.sog_kn[4] = 60.0
    scene = Scene(fixes, Statics.empty(), (PARALLEL,))
    play = scene.play()
    assert play.counts["jump"] == 2  # the false one, and the one that waited for its second
    assert len(play.all.crossings) == 1


def test_a_line_is_crossed_once_a_second_fix_is_clear_beyond_it() -> None:
    just = POSITION_ERROR_M + 1.0
    almost = POSITION_ERROR_M - 1.0
    assert len(crossed(at(np.array([-just, just, just])))) == 1
    assert len(crossed(at(np.array([-just, almost, almost])))) == 0
    assert len(crossed(at(np.array([-just, almost, just])))) == 1
    assert len(crossed(at(np.array([-just, just, almost, just])))) == 1
    assert len(crossed(at(np.array([-9.0, 9.0, just, 9.0, -9.0, -just, -9.0, 9.0, just])))) == 3


def test_one_fix_beyond_a_line_and_back_is_no_crossing() -> None:
    far = 100.0
    assert len(crossed(at(np.array([-far, far, -far, far, -far]), 0.0, 10.0))) == 0
    twice = np.array([-far, far, far, -far, -far, far, far])
    assert len(crossed(at(twice, 0.0, 10.0))) == 3


def test_one_fix_beyond_a_line_counts_when_none_follows_for_ten_minutes() -> None:
    """A ship that reports each hour, or goes dark beyond the line."""
    far = 100.0
    assert len(crossed(at(np.array([-far, far, -far, far, -far]), 0.0, 3600.0))) == 4
    dark = at(np.array([-far, far]), 0.0, 10.0)
    engine = Scene(dark, Statics.empty(), (MERIDIAN,)).engine()
    said_ms = []
    for minute in range(20):
        until_ms = T0_MS + minute * MINUTE_MS
        part = dark if minute == 1 else Fixes.empty()
        said_ms += [until_ms] * len(engine.push(part, Statics.empty(), until_ms).crossings)
    assert said_ms == [T0_MS + 11 * MINUTE_MS]


def test_a_crossing_is_dated_where_it_was_though_a_gap_follows() -> None:
    fixes = at(np.array([-60.0, 60.0, 120.0]))
    fixes.t_ms[2] += 5 * HOUR_MS
    (met,) = crossed(fixes)
    assert met["t_ms"] == T0_MS + MINUTE_MS // 2
    assert not met["inferred"]
    assert abs(met["sog_at_kn"] - 0.3) < 1e-6


def test_forged_messages_beyond_a_cable_cross_nothing_and_raise_nothing() -> None:
    """A ship in tow 300 m west of a cable; once a minute a message from beyond it."""
    n = 1800
    ship = at(-300.0 + np.zeros(n), 6.0 * np.arange(n), 10.0)
    ship.sog_kn[:], ship.cog_deg[:] = 1.2, 0.0
    beyond = at(50.0 + np.zeros(n // 6), 36.0 * np.arange(n // 6), 60.0)
    beyond.t_ms[:] += 3000
    beyond.sog_kn[:] = 100.0
    both = Fixes.concat([ship, beyond])
    assert len(crossed(both.take(np.argsort(both.t_ms, kind="stable")))) == 0


def test_lines_are_met_one_by_one() -> None:
    """Two lines 20 m apart: to and fro over the one, while the ship stays near the other."""
    near = cable("n", [(20.0 * METRE_DEG, 54.0), (20.0 * METRE_DEG, 56.0)])
    east_m = np.array([-40.0, 5.0, -5.0, 5.0, 45.0, 55.0, 25.0, 15.0, -25.0, -11.0])
    assert crossed(at(east_m), MERIDIAN, near)["cable"].tolist() == [0, 1, 1]
    east_m = np.array([-40.0, 25.0, -5.0, 25.0, 35.0, 55.0])
    assert crossed(at(east_m), MERIDIAN, near)["cable"].tolist() == [0, 1]


def test_two_crossings_between_two_fixes_are_two() -> None:
    """A long step over a bent cable meets it at two places."""
    bent = cable("b", [(0.0, 54.99), (0.01, 55.0), (0.0, 55.01)])
    long = at(np.array([300.0, 300.0, 300.0]), np.array([-1000.0, 1000.0, 1100.0]), 600.0)
    assert len(crossed(long, bent)) == 2


@pytest.mark.parametrize("interval_s", [10.0, 60.0, 90.0, 300.0])
@pytest.mark.parametrize("two", [PAIR, BEND], ids=["pair", "bend"])
@pytest.mark.parametrize("seed", range(3))
def test_two_lines_of_one_cable_are_crossed_each(two: Cable, interval_s: float, seed: int) -> None:
    """A bipole 640 m wide, and a bend 320 m wide: the second is hit while the first is pending."""
    rng = np.random.default_rng(seed)
    for lon in -0.2 + rng.uniform(0.0, 0.01, 5):
        fixes = sail(
            rng, DRAGGER, T0_MS, 2.0, float(lon), LAT, steady(12.0), steady(90.0), interval_s
        )
        km = crossed(fixes, two)["km"]
        assert len(km) == 2
        assert km[1] - km[0] > 100.0


@pytest.mark.parametrize("two", [PAIR, BEND], ids=["pair", "bend"])
@pytest.mark.parametrize("beyond_m", [200.0, 400.0, 700.0])
@pytest.mark.parametrize("interval_s", [10.0, 60.0, 90.0, 300.0])
def test_one_fix_beyond_one_or_both_lines_of_a_cable_and_back_is_no_crossing(
    two: Cable, beyond_m: float, interval_s: float
) -> None:
    fixes = at(np.array([-60.0, -60.0, beyond_m, -60.0, -60.0, -60.0]), 0.0, interval_s)
    fixes.sog_kn[:] = 12.0
    assert len(crossed(fixes, two)) == 0


def test_more_lines_than_are_kept_count_for_nothing_later() -> None:
    """A hundred parallel lines a metre apart: each once, and each again once all are clear."""
    many = [cable(f"c{k}", [(k * METRE_DEG, 54.0), (k * METRE_DEG, 56.0)]) for k in range(100)]
    scene = Scene(at(np.array([-50.0, 150.0, 151.0, -50.0, -51.0])), Statics.empty(), tuple(many))
    engine = scene.engine()
    found = scene.play(with_engine=engine).all.crossings
    assert np.bincount(found["cable"]).tolist() == [2] * 100
    ship = engine.state.ships[engine.state.ships["mmsi"] == DRAGGER][0]
    assert ship["pending"] == 0
    assert not (ship["crossings"]["how"] & PENDING).any()
    assert ship["crossings_n"] > MAX_CROSSINGS


# corridors


def beside(seed: int, hours: float = 4.0) -> Fixes:
    """A slow zigzag 500 m off the line, within its corridor, that ends at rest."""
    rng = np.random.default_rng(seed)
    lon = 500.0 * METRE_DEG
    speed = lambda s: np.where(s < (hours - 0.5) * 3600.0, 1.4, 0.1)  # noqa: E731
    return sail(rng, LOITERER, T0_MS, hours, lon, LAT, speed, zigzag(1500.0, 0.0, 180.0), 20.0)


def test_an_alert_without_crossing_names_the_corridor_it_met() -> None:
    scene = Scene(beside(1), Statics.empty(), (cable("far", [(9.0, 54.0), (9.0, 56.0)]), MERIDIAN))
    said = scene.play().all
    assert len(said.crossings) == 0
    mine = said.events["rule"] == loiter.RULE
    assert mine.sum() >= 2
    for event, met in zip(said.events[mine], said.event_cables[mine], strict=True):
        assert event["cables_n"] == 1
        assert (met[0]["cable"], met[0]["how"]) == (1, CORRIDOR)
        assert event["started_ms"] <= int(met[0]["t_s"]) * 1000 <= event["t_ms"]
        assert abs(met[0]["km"] - 111.3) < 1.0


def test_every_event_of_a_stay_names_a_cable(
    request: pytest.FixtureRequest, scene: Scene, whole: object
) -> None:
    """Of rule `loiter`: its episodes are stays in a corridor. The recorded day has none."""
    said = whole.all  # type: ignore[attr-defined]
    mine = said.events["rule"] == loiter.RULE
    assert mine.any() != (request.node.callspec.params["scene"] == "recorded")
    assert (said.events["cables_n"][mine] > 0).all()


# two ships on one MMSI


def test_ships_that_share_an_mmsi_have_alerts_of_their_own() -> None:
    """Two stays of one length, one start and one MMSI: two episodes that begin at one minute."""
    rng = np.random.default_rng(4)
    there = beside(1)
    here = Fixes.from_columns(
        **{
            **{name: getattr(there, name) for name in there.__dataclass_fields__},
            "lat_deg": there.lat_deg + 0.5,
        }
    )
    both = Fixes.concat([there, here])
    both = both.take(np.lexsort((both.lat_deg, both.t_ms)))
    both = Fixes.from_columns(
        **{
            **{name: getattr(both, name) for name in both.__dataclass_fields__},
            "mmsi": [SHARED] * len(both),
        }
    )
    other = sail(rng, FIRST_PASSING, T0_MS, 1.0, 2.0, LAT, steady(9.0), steady(90.0))
    fixes = Fixes.concat([both, other])
    fixes = fixes.take(np.lexsort((fixes.lat_deg, fixes.mmsi, fixes.t_ms)))
    scene = Scene(fixes, Statics.empty(), (MERIDIAN,))
    events = scene.play().all.events
    raised = events[events["event"] == 1]
    assert len(raised) == 2
    assert len(set(raised["started_ms"].tolist())) == 1
    ids = {
        id_of(loiter.VERSION, (int(e["mmsi"]), int(e["track"])), int(e["started_ms"]))
        for e in events
    }
    assert len(ids) == 2
    engine = Engine(scene.index)
    middle_ms = T0_MS + 2 * HOUR_MS + MINUTE_MS // 2
    pieces = scene.pieces([middle_ms])
    parts = [engine.push(*pieces[0])]
    engine = Engine.restore(engine.snapshot(), scene.index)
    parts.append(engine.push(*pieces[1]))
    again = np.concatenate([part.events for part in parts])
    assert again[["started_ms", "track"]].tolist() == events[["started_ms", "track"]].tolist()


def test_a_lone_ship_is_track_0_and_keeps_its_id() -> None:
    assert id_of("loiter/3", (1, 0), 7) == id_of("loiter/3", (1, 0), 7)
    assert (
        len({id_of(v, s, t) for v in "ab" for s in ((1, 0), (1, 1), (2, 0)) for t in (7, 8)}) == 12
    )
