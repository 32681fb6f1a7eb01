"""Ships of the scenes move and report as ships do: bounds from physics and published figures."""

import numpy as np
import pytest

from cablewatch.fixes import Array
from cablewatch.scenario.scenes import SCRIPTS, Scene, make_scene
from cablewatch.scenario.scenes.at_anchor import OTHER, SHIP
from cablewatch.scenario.scenes.craft import FIRST_MMSI, FIRST_NEIGHBOUR
from cablewatch.scenario.scenes.gaps import CROSSES_H, DOWN_H, EDGE_M
from cablewatch.scenario.scenes.mooring import Rig
from cablewatch.scenario.scenes.setting import MIDDLE, at
from cablewatch.scenario.ship import GEOD
from cablewatch.units import KNOT_M_S, NAUTICAL_MILE_M

POSITIONS = (1, 3, 18)
SEEDS = (0, 1, 2)
GNSS_M = 12.0  # four times the greatest standard deviation of a position in the scenes


def reports(scene: Scene, mmsi: int) -> Array:
    """Position reports of a ship by time, copies left out."""
    own = scene.reports[(scene.reports["mmsi"] == mmsi) & np.isin(scene.reports["kind"], POSITIONS)]
    return own[np.unique(own["t_s"], return_index=True)[1]]


def metres(rows: Array) -> tuple[Array, Array]:
    """East and north of the middle."""
    n = len(rows)
    bearing, _, away = GEOD.inv(
        np.full(n, MIDDLE[0]), np.full(n, MIDDLE[1]), rows["lon_deg"], rows["lat_deg"]
    )
    return away * np.sin(np.radians(bearing)), away * np.cos(np.radians(bearing))


def unlike(one_deg: Array, other_deg: Array) -> Array:
    """Angle between two directions, 0-180."""
    between: Array = np.abs((one_deg - other_deg + 180.0) % 360.0 - 180.0)
    return between


def at_anchor(scene: Scene, mmsi: int) -> Array:
    """Reports of a ship that rides: half an hour after the drop, half an hour before she heaves."""
    rows = reports(scene, mmsi)
    riding = rows["t_s"][rows["nav_status"] == 1]
    return rows[(rows["t_s"] > riding[0] + 1800) & (rows["t_s"] < riding[-1] - 1800)]


@pytest.mark.parametrize("name", SCRIPTS)
def test_true_movement_has_no_jumps(name: str) -> None:
    stage = SCRIPTS[name].play(np.random.default_rng(7))
    for actor in stage.actors:
        motion = actor.motion
        _, _, way = GEOD.inv(
            motion.lon_deg[:-1], motion.lat_deg[:-1], motion.lon_deg[1:], motion.lat_deg[1:]
        )
        speed_m_s = way / np.diff(motion.t_s)
        assert np.all(np.diff(motion.t_s) == 8.0)
        assert speed_m_s.max() < 17.0 * KNOT_M_S
        assert np.abs(np.diff(speed_m_s)).max() / 8.0 < 0.12  # m/s2, a crash stop takes minutes
        assert np.abs(np.diff(motion.heading_deg)).max() / 8.0 < 1.5  # deg/s


def test_the_chain_hangs_between_plumb_and_taut() -> None:
    rig = Rig(165.0, 40.0)
    pulls = np.geomspace(1e2, 1e7, 60)
    hangs = rig.hangs_m(pulls)
    assert np.all(np.diff(hangs) > -1e-9)
    assert hangs[0] > rig.chain_m - 46.0 - 1.0  # all but the plumb part lies on the bottom
    assert hangs[-1] == pytest.approx(rig.taut_m)
    assert rig.taut_m == pytest.approx(np.sqrt(165.0**2 - 46.0**2))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_ship_at_anchor_swings_on_her_chain(seed: int) -> None:
    scene = make_scene("anchored-on-cable", seed)
    rows = at_anchor(scene, SHIP.mmsi)
    east, north = metres(rows)
    rig = Rig(6 * 27.5, 40.0)
    # the bow, from where the antenna is and the heading points
    bow = np.stack([east, north]) + SHIP.to_bow_m * np.stack(
        [np.sin(np.radians(rows["heading_deg"])), np.cos(np.radians(rows["heading_deg"]))]
    )
    design = np.stack([2 * bow[0], 2 * bow[1], np.ones(len(rows))], axis=1)
    (x, y, _), *_ = np.linalg.lstsq(design, (bow**2).sum(axis=0), rcond=None)
    away = np.hypot(bow[0] - x, bow[1] - y)
    assert abs(x) < 100.0 + 2 * GNSS_M + 20.0
    assert away.max() < rig.taut_m + 40.0
    antenna = np.hypot(east - x, north - y)
    assert antenna.max() < rig.taut_m + SHIP.to_bow_m + 40.0
    to_anchor = np.degrees(np.arctan2(x - east, y - north))
    assert np.median(unlike(rows["heading_deg"], to_anchor)) < 15.0


@pytest.mark.parametrize("seed", SEEDS)
def test_at_anchor_class_a_reports_each_three_minutes(seed: int) -> None:
    rows = at_anchor(make_scene("anchored-on-cable", seed), SHIP.mmsi)
    assert np.median(np.diff(rows["t_s"])) == pytest.approx(180.0, abs=15.0)
    assert np.quantile(rows["sog_kn"], 0.99) < 1.5
    assert np.std(np.diff(rows["cog_deg"])) > 30.0  # a course at rest is noise


def test_under_way_a_drifting_ship_reports_each_ten_seconds() -> None:
    rows = reports(make_scene("drifting"), FIRST_MMSI)
    rows = rows[(rows["t_s"] > at(4.0)) & (rows["t_s"] < at(13.0))]
    assert np.median(np.diff(rows["t_s"])) == pytest.approx(10.0, abs=1.0)
    assert np.diff(rows["t_s"]).max() < 600


def test_class_b_reports_as_class_b() -> None:
    rows = reports(make_scene("anchor-drag-class-b"), FIRST_MMSI)
    assert set(rows["kind"]) == {18} and np.isnan(rows["heading_deg"]).all()
    fast = rows[rows["sog_kn"] > 4.0]
    assert np.median(np.diff(fast["t_s"])) == pytest.approx(30.0, abs=3.0)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("name", "low", "high", "hours"),
    [("drifting", 0.4, 0.9, 11.0), ("drifting-fast", 1.0, 3.0, 6.0)],
)
def test_drifting_is_slow_and_beam_on(
    name: str, low: float, high: float, hours: float, seed: int
) -> None:
    rows = reports(make_scene(name, seed), FIRST_MMSI)
    rows = rows[(rows["t_s"] > at(4.0)) & (rows["t_s"] < at(3.0 + hours - 0.1))]
    assert low - 0.2 < np.quantile(rows["sog_kn"], 0.02)
    assert np.quantile(rows["sog_kn"], 0.98) < high + 0.2
    assert np.mean(unlike(rows["heading_deg"], rows["cog_deg"]) >= 45.0) > 0.98


@pytest.mark.parametrize("seed", SEEDS)
def test_dragging_at_anchor_goes_as_far_and_fast_as_published(seed: int) -> None:
    rows = at_anchor(make_scene("drag-at-anchor", seed), FIRST_MMSI)
    east, north = metres(rows)
    dropped_s = rows["t_s"][0] - 1800
    before = (rows["t_s"] > dropped_s + 4 * 3600) & (rows["t_s"] < dropped_s + 8 * 3600)
    after = rows["t_s"] > dropped_s + 9.2 * 3600
    way_m = np.hypot(
        east[after].mean() - east[before].mean(), north[after].mean() - north[before].mean()
    )
    assert way_m == pytest.approx(1.3 * NAUTICAL_MILE_M, rel=0.06)
    dragging = (rows["t_s"] > dropped_s + 8.1 * 3600) & (rows["t_s"] < dropped_s + 8.8 * 3600)
    assert 2.0 < rows["sog_kn"][dragging].max() < 4.0
    off = (rows["heading_deg"][dragging] - 14.0 + 180.0) % 360.0 - 180.0
    assert off.min() < -35.0 and off.max() > 35.0  # published: 068 to 320
    assert np.abs(off).max() < 54.0 + 12.0


def test_the_dark_ship_is_missed_by_stations_that_hear_four_others() -> None:
    for seed in SEEDS:
        scene = make_scene("dark-over-cable", seed)
        own = reports(scene, FIRST_MMSI)
        gap = int(np.argmax(np.diff(own["t_s"])))
        left_s, back_s = own["t_s"][gap : gap + 2]
        assert 1.0 <= (back_s - left_s) / 3600 <= 7.2
        assert left_s < at(CROSSES_H) < back_s
        rows = scene.reports[scene.reports["mmsi"] != FIRST_MMSI]
        heard_her = set(own["station"][(own["t_s"] > left_s - 1800) & (own["t_s"] <= left_s)])
        for half_hour in np.arange(left_s, back_s - 1800, 1800):
            within = (rows["t_s"] >= half_hour) & (rows["t_s"] < half_hour + 1800)
            ours = rows[within & np.isin(rows["station"], list(heard_her))]
            assert len(np.unique(ours["mmsi"])) >= 4


def test_an_outage_silences_everybody_of_the_station_and_nobody_else() -> None:
    rows = make_scene("station-outage").reports
    down = (rows["t_s"] >= at(DOWN_H[0])) & (rows["t_s"] < at(DOWN_H[1]))
    assert set(rows["station"][down]) == {1}
    assert len(np.unique(rows["mmsi"][~down & (rows["station"] == 0)])) >= 14


def test_ships_fade_at_the_edge_one_after_another() -> None:
    scene = make_scene("coverage-edge")
    last = [reports(scene, mmsi)[-1] for mmsi in scene.mmsis]
    east = np.array([metres(np.array([row]))[0][0] for row in last])
    assert np.std(east) < 0.1 * (EDGE_M + east.mean())
    assert np.diff(np.sort([row["t_s"] for row in last])).min() > 120


def test_the_second_identity_appears_where_the_first_vanishes() -> None:
    for seed in SEEDS:
        scene = make_scene("identity-swap", seed)
        first, second = reports(scene, FIRST_MMSI)[-1], reports(scene, FIRST_MMSI + 1)[0]
        assert 0 < second["t_s"] - first["t_s"] <= 60
        there = np.array([first, second])
        (east0, east1), (north0, north1) = metres(there)
        sailed_m = first["sog_kn"] * KNOT_M_S * (second["t_s"] - first["t_s"])
        assert abs(np.hypot(east1 - east0, north1 - north0) - sailed_m) < 50.0


def test_jammed_receivers_lie_while_it_lasts() -> None:
    circles = make_scene("jamming-circles").reports
    point = make_scene("jamming-point").reports
    for rows in (circles, point):
        jammed = rows[(rows["t_s"] >= at(6.0)) & (rows["t_s"] < at(7.0))]
        jammed = jammed[np.isin(jammed["kind"], POSITIONS)]
        assert len(np.unique(jammed["mmsi"])) >= 8
        east, north = metres(jammed)
        away = np.hypot(east - np.mean(east), north - np.mean(north))
        assert away.max() < 1700.0


def test_neighbours_pass_at_ordinary_speeds() -> None:
    rows = reports(make_scene("anchored-off-cable"), FIRST_NEIGHBOUR)
    assert 9.0 < np.median(rows["sog_kn"]) < 15.0
    assert np.median(unlike(rows["heading_deg"], rows["cog_deg"])) < 1.5


def test_the_ship_that_waits_lies_far_from_the_cable() -> None:
    east, _ = metres(at_anchor(make_scene("anchored-on-cable"), OTHER.mmsi))
    assert east.max() < -6000.0
