"""Meetings with cables: what is one crossing, and what an alert can name without any."""

import numpy as np
import pytest
from laws import Scene
from tracks import DRAGGER, FIRST_PASSING, LAT, LOITERER, SHARED, T0_MS, cable, sail, steady, zigzag

from cablewatch.book import id_of
from cablewatch.engine import loiter
from cablewatch.engine.crossing import POSITION_ERROR_M
from cablewatch.engine.fold import Engine
from cablewatch.engine.state import CORRIDOR, MAX_CROSSINGS
from cablewatch.fixes import Array, Fixes
from cablewatch.units import HOUR_MS, MINUTE_MS
from cablewatch.vessels import Statics

MERIDIAN = cable("m", [(0.0, 54.0), (0.0, 56.0)])
METRE_DEG = 1.0 / (111_300.0 * np.cos(np.radians(LAT)))  # of longitude


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
def test_a_moored_ship_on_a_line_meets_it_once(seed: int) -> None:
    """Sigma of 5 m about the line: some 700 changes of side in a day, one crossing."""
    rng = np.random.default_rng(seed)
    east_m = rng.normal(0.0, 5.0, 1440)
    assert (np.diff(np.sign(east_m)) != 0).sum() > 500
    assert len(crossed(at(east_m, rng.normal(0.0, 5.0, 1440)))) == 1


def test_along_a_line_within_the_error_of_a_position_is_one_meeting() -> None:
    """Sailing a mile on the line, to either side of it by turns."""
    assert len(crossed(at(10.0 * (-1.0) ** np.arange(60), 30.0 * np.arange(60)))) == 1


def test_a_ship_that_was_clear_of_the_line_crosses_it_again() -> None:
    just = POSITION_ERROR_M + 1.0
    assert len(crossed(at(np.array([-just, just, -just, just])))) == 3
    assert len(crossed(at(np.array([-9.0, 9.0, just, 9.0, -9.0, -just, -9.0, 9.0])))) == 3
    almost = POSITION_ERROR_M - 1.0
    assert len(crossed(at(np.array([-almost, almost, -almost, almost])))) == 1


def test_lines_are_cleared_one_by_one() -> None:
    """Two lines 20 m apart: to and fro over the one, while the ship stays near the other."""
    near = cable("n", [(20.0 * METRE_DEG, 54.0), (20.0 * METRE_DEG, 56.0)])
    east_m = np.array([-40.0, 5.0, -5.0, 5.0, 45.0, 25.0, 15.0, -25.0, -11.0])
    found = crossed(at(east_m), MERIDIAN, near)
    assert found["cable"].tolist() == [0, 1, 0]
    east_m = np.array([-40.0, 25.0, -5.0, 25.0, -20.0])
    assert crossed(at(east_m), MERIDIAN, near)["cable"].tolist() == [0, 1]


def test_two_crossings_between_two_fixes_are_two() -> None:
    """A long step over a bent cable meets it at two places."""
    bent = cable("b", [(0.0, 54.99), (0.01, 55.0), (0.0, 55.01)])
    long = at(np.array([300.0, 300.0]), np.array([-1000.0, 1000.0]), 600.0)
    assert len(crossed(long, bent)) == 2


def test_more_lines_than_are_kept_count_for_nothing_later() -> None:
    """A hundred parallel lines a metre apart: each once, and each again once all are clear."""
    many = [cable(f"c{k}", [(k * METRE_DEG, 54.0), (k * METRE_DEG, 56.0)]) for k in range(100)]
    scene = Scene(at(np.array([-50.0, 150.0, 151.0, -50.0, -51.0])), Statics.empty(), tuple(many))
    engine = scene.engine()
    found = scene.play(with_engine=engine).all.crossings
    assert np.bincount(found["cable"]).tolist() == [2] * 100
    ship = engine.state.ships[engine.state.ships["mmsi"] == DRAGGER][0]
    unclear = (ship["crossings"]["how"] & 2).astype(bool).sum()
    assert ship["unclear"] == unclear <= MAX_CROSSINGS


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


def test_every_event_of_a_stay_names_a_cable(scene: Scene, whole: object) -> None:
    """Of rule `loiter`: its episodes are stays in a corridor."""
    said = whole.all  # type: ignore[attr-defined]
    mine = said.events["rule"] == loiter.RULE
    assert mine.any()
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
    assert id_of("loiter/2", (1, 0), 7) == id_of("loiter/2", (1, 0), 7)
    assert (
        len({id_of(v, s, t) for v in "ab" for s in ((1, 0), (1, 1), (2, 0)) for t in (7, 8)}) == 12
    )
