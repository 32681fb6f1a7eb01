"""What the fold does with fixes that cannot be: the made-up streams of bad data, as fixes."""

import numpy as np
import pytest
from laws import Play, Scene, assert_same
from tracks import CABLES, COARSE_DEG, DRAG_FROM_S, T0_MS, dragging, frozen, passing, sail, steady

from cablewatch.engine.transitions import CLOSED, NOTICES
from cablewatch.fixes import Fixes, FixFlag
from cablewatch.geodesy import distance_m
from cablewatch.units import DAY_MS, HOUR_MS, KNOT_M_S, MINUTE_MS
from cablewatch.vessels.statics import Statics

MMSI = 219000101


def play(fixes: Fixes) -> tuple[Play, np.ndarray]:
    """Fold fixes; what was said, and the ships in the state."""
    scene = Scene(fixes.take(np.lexsort((fixes.mmsi, fixes.t_ms))), Statics.empty(), CABLES)
    engine = scene.engine()
    said = engine.push(scene.fixes, scene.statics, scene.span_ms[1] + 1)
    ships = engine.state.ships
    return Play([said], engine.counts), ships[ships["mmsi"] != 0]


def notices(played: Play) -> list[str]:
    return [NOTICES[code] for code in played.all.notices["code"].tolist()]


def eastward(
    seconds: list[float], sog_kn: float = 12.0, lon: float = 0.2, mmsi: int = MMSI
) -> Fixes:
    s = np.array(seconds)
    east = s * sog_kn * KNOT_M_S / (111_300.0 * np.cos(np.radians(55.0)))
    return Fixes.from_columns(
        t_ms=T0_MS + (s * 1000).astype("i8"),
        mmsi=[mmsi] * len(s),
        lon_deg=lon + east,
        lat_deg=[55.0] * len(s),
        sog_kn=[sog_kn] * len(s),
        cog_deg=[90.0] * len(s),
    )


def test_a_jump_of_300_km_and_back_is_an_outlier() -> None:
    fixes = eastward([0, 15, 30, 45, 60])
    fixes.lat_deg[2] += 2.7
    played, ships = play(fixes)
    assert played.counts["jump"] == 1
    assert notices(played) == ["jump"]
    assert len(ships) == 1
    assert ships["lat"][0] == 55.0
    assert len(played.all.events) == 0


def test_two_ships_on_one_mmsi_are_two_tracks() -> None:
    a = eastward([0, 20, 40, 60], 11.0)
    b = eastward([10, 30, 50, 70], 8.0, lon=0.9)
    b.lat_deg[:] -= 1.0
    played, ships = play(Fixes.concat([a, b]))
    assert len(ships) == 2
    assert sorted(ships["lat"].tolist()) == [54.0, 55.0]
    assert notices(played) == ["mmsi_shared"]
    assert played.counts["jump"] <= 1  # the first of the other ship, until a second confirms it


def phantoms(times_s: list[float], fixes: int = 2, every_s: float = 10.0) -> list[Fixes]:
    """Tracks of a few fixes each, 3 degrees apart."""
    return [
        eastward([s + every_s * k for k in range(fixes)], 8.0, lon=3.0 * (n + 1))
        for n, s in enumerate(times_s)
    ]


def test_forged_tracks_do_not_keep_a_ship_out() -> None:
    """Four of them before she comes, and one an hour while she is there."""
    hours = [0, 60, 120, 180, *(3600 + 3600 * k for k in range(4))]
    ship = eastward([3000.0 + 10 * k for k in range(2000)], 12.0, lon=-3.0)
    played, ships = play(Fixes.concat([ship, *phantoms(hours)]))
    assert len(ships) == 4
    assert ships["heard_min"].max() == np.unique(ship.t_ms // MINUTE_MS).size
    assert played.counts["tracks_replaced"] == 5
    assert played.counts["ships_refused"] == 0


def test_forged_tracks_do_not_end_an_episode() -> None:
    """They have more fixes than a ship whose drag was raised before they came."""
    rng = np.random.default_rng(1)
    ship = dragging(rng, MMSI, T0_MS).take(slice(None, -1))
    alone, _ = play(ship)
    raised_ms = int(alone.all.events["t_ms"][0])
    ship = ship.take(ship.t_ms <= raised_ms + 10 * MINUTE_MS)
    since_s = (raised_ms - T0_MS) / 1000.0 + 600.0
    rest = phantoms([since_s + 4000.0 * k for k in range(8)], len(ship) + 5, every_s=2.0)
    assert 2.0 * len(ship) < 4000.0
    played, ships = play(Fixes.concat([ship, *rest]))
    mine = played.all.events[played.all.events["lon"] < 2.0]
    assert len(mine)
    assert CLOSED not in mine["event"]
    assert ships["episodes"]["open"].any()


def forged(ship: Fixes, times_s: list[float], ahead_m: float, sog_kn: float) -> Fixes:
    """Messages of a ship's MMSI from where she will be, so far ahead of her at the first time."""
    s = (ship.t_ms - ship.t_ms[0]) / 1000.0
    first = int(np.searchsorted(s, times_s[0]))
    way_m = np.array(
        [distance_m(ship.lon_deg[first], ship.lat_deg[first], *at) for at in _places(ship)]
    )
    there = first + int(np.argmax(way_m[first:] > ahead_m))
    return Fixes.from_columns(
        t_ms=ship.t_ms[0] + (np.array(times_s) * 1000).astype("i8"),
        mmsi=[MMSI] * len(times_s),
        lon_deg=[ship.lon_deg[there]] * len(times_s),
        lat_deg=[ship.lat_deg[there]] * len(times_s),
        sog_kn=[sog_kn] * len(times_s),
        cog_deg=[90.0] * len(times_s),
    )


def _places(ship: Fixes) -> list[tuple[float, float]]:
    return list(zip(ship.lon_deg.tolist(), ship.lat_deg.tolist(), strict=True))


@pytest.mark.parametrize(("minutes", "sog_kn"), [(0, 0.0), (0, 12.0), (30, 0.0)])
@pytest.mark.parametrize("ahead_m", [900.0, 2500.0, 5000.0])
def test_a_forged_track_ahead_of_a_ship_does_not_take_her_over(
    ahead_m: float, minutes: int, sog_kn: float
) -> None:
    """Two messages, or half an hour of them, from a place that she sails to before she drags."""
    ship = dragging(np.random.default_rng(1), MMSI, T0_MS)
    alone, _ = play(ship)
    times = [8000.0 + 2.0 * k for k in range(2 + 30 * minutes)]
    played, ships = play(Fixes.concat([ship, forged(ship, times, ahead_m, sog_kn)]))
    assert len(ships) == 2
    assert ships["t_ms"].max() == ship.t_ms[-1]
    said = played.all.events["log_odds"].tolist()
    assert said == pytest.approx(alone.all.events["log_odds"].tolist(), abs=0.1)
    assert set(played.all.events["track"].tolist()) == {0}


def test_two_ships_that_sail_in_company_keep_to_their_tracks() -> None:
    """On one MMSI, 400 m apart: each could have sent the fixes of the other."""
    a = eastward([10.0 * k for k in range(500)], 10.0)
    b = eastward([5.0 + 10.0 * k for k in range(500)], 10.0)
    b.lat_deg[:] = 55.0036 + 0.05 * np.maximum(0.0, 1.0 - np.arange(500) / 100.0)
    _, ships = play(Fixes.concat([a, b]))
    assert sorted(np.round(ships["lat"], 4).tolist()) == [55.0, 55.0036]
    assert ships["heard_min"].tolist() == [84, 84]


def test_a_ship_heard_again_takes_no_fix_of_a_nearer_one() -> None:
    """Hours of one ship, then silence; another on her MMSI is where she could have come to."""
    a = eastward([60.0 * k for k in range(300)], 10.0)
    b = eastward([30_000.0 + 10.0 * k for k in range(100)], 10.0, lon=2.8)
    early = b.take(slice(0, 2))
    early.t_ms[:] -= 29_000_000
    _, ships = play(Fixes.concat([a, early, b]))
    assert sorted(ships["t_ms"].tolist()) == [a.t_ms[-1], b.t_ms[-1]]


@pytest.mark.parametrize("every_s", [2.0, 10.0, 60.0])
def test_a_claimed_speed_carries_no_fix_farther(every_s: float) -> None:
    """Between two fixes of a ship of 12 knots, messages beside her that claim 100."""
    ship = eastward([10.0 * k for k in range(600)], 12.0)
    times = np.arange(1003.0, 5000.0, every_s)
    beside = eastward(times.tolist(), 12.0)
    beside.lat_deg[:] += 1500.0 / 111_300.0
    beside.sog_kn[:] = 100.0
    played, ships = play(Fixes.concat([ship, beside]))
    mine = ships[np.argmin(np.abs(ships["lat"] - 55.0))]
    assert np.abs(mine["vertices"]["lat"][: mine["vertices_n"]] - 55.0).max() < 1e-6
    assert played.counts["jump"] > 0


@pytest.mark.parametrize("every_s", [2.0, 10.0, 30.0, 180.0, 3600.0])
@pytest.mark.parametrize("fast_kn", [20.0, 40.0])
def test_a_ship_that_speeds_up_after_a_stop_is_followed(fast_kn: float, every_s: float) -> None:
    """To 20 or 40 knots within half a minute, as a planing boat does."""
    s = np.arange(0.0, 4 * 3600.0, every_s)
    sog = fast_kn * np.clip((s - 7000.0) / 30.0, 0.0, 1.0)
    east_m = fast_kn * KNOT_M_S * np.clip(s - 7015.0, 0.0, None)
    fixes = eastward(s.tolist(), 0.0)
    fixes.sog_kn[:] = sog
    fixes.lon_deg[:] = 0.2 + east_m / (111_300.0 * np.cos(np.radians(55.0)))
    played, ships = play(fixes)
    assert played.counts["jump"] == 0
    assert len(ships) == 1


def test_a_ship_is_not_driven_away_by_forged_tracks_of_many_messages() -> None:
    """Heard for an hour, a message a minute; five forged tracks bring a hundred in 200 s each."""
    ship = eastward([60.0 * k for k in range(180)], 12.0, lon=-3.0)
    forged_s = [3600.0 + 600.0 * k for k in range(5)]
    played, ships = play(Fixes.concat([ship, *phantoms(forged_s, 100, every_s=2.0)]))
    assert ships["heard_min"].max() == 180
    assert played.counts["tracks_replaced"] == 2


@pytest.mark.parametrize("forged_each", [6, 30])
def test_random_positions_do_not_keep_a_ship_out(forged_each: int) -> None:
    """Between two reports of a ship, more first fixes of her MMSI than may wait."""
    rng = np.random.default_rng(3)
    ship = eastward([10.0 * k for k in range(360)], 12.0)
    n = forged_each * len(ship)
    noise = eastward((np.arange(n) * 10.0 / forged_each + 0.1).tolist(), 8.0)
    noise.lon_deg[:] = rng.uniform(-90.0, 90.0, n)
    noise.lat_deg[:] = rng.uniform(-60.0, 60.0, n)
    played, ships = play(Fixes.concat([ship, noise]))
    mine = ships[np.abs(ships["lat"] - 55.0) < 0.001]
    assert mine["heard_min"].max() > 40
    assert played.counts["candidates_displaced"] > 0.9 * n
    assert notices(played).count("mmsi_crowded") == 1  # all within an hour


def test_many_small_steps_go_no_farther_than_one() -> None:
    """Every 2 s as far as 30 s of clock error and 50 m allow: 130 knots at a reported 8."""
    n = 900
    fixes = eastward([2.0 * k for k in range(n)], 8.0)
    fixes.lon_deg[:] = 0.2 + np.arange(n) * 130.0 * KNOT_M_S * 2.0 / 64_000.0
    played, ships = play(fixes)
    assert played.counts["jump"] > 100
    for ship in ships:
        first = ship["vertices"][0]
        way_m = distance_m(first["lon"], 55.0, ship["lon"], 55.0)
        seconds = ship["t_ms"] / 1000.0 - int(first["t_s"])
        slacks = 2.0 + seconds / 600.0
        assert way_m < 22.0 * KNOT_M_S * (seconds + 30.0 * slacks) + 50.0 * slacks


def test_ordinary_noise_of_clocks_and_positions_is_no_jump() -> None:
    """Stamps up to 30 s off, positions up to 20 m, speeds that change from 20 to 2 knots."""
    rng = np.random.default_rng(5)
    fixes = sail(
        rng, MMSI, T0_MS, 3.0, -0.5, 55.0, lambda s: 11.0 + 9.0 * np.cos(s / 400.0), steady(90.0)
    )
    fixes.t_ms[:] += rng.integers(-15_000, 15_001, len(fixes))
    fixes.lat_deg[:] += rng.normal(0.0, 1e-4, len(fixes))
    played, ships = play(fixes)
    assert played.counts["jump"] == 0
    assert len(ships) == 1


def test_two_ships_share_an_mmsi_though_a_third_track_is_newer() -> None:
    hour = 3600.0
    parts = [
        eastward([60.0 * k for k in range(400)], 11.0),
        eastward([600.0, 660.0], 8.0, lon=6.0),
        eastward([4 * hour, 4 * hour + 60.0], 8.0, lon=12.0),
    ]
    played, _ = play(Fixes.concat(parts))
    assert notices(played).count("mmsi_shared") == 2


def test_a_single_message_is_no_ship() -> None:
    played, ships = play(eastward([0]))
    assert len(ships) == 0
    assert played.counts["fixes"] == 1


def test_many_ships_on_one_point_do_not_loiter() -> None:
    """Twelve identities at one place of a cable within 11 s, and again for three hours."""
    parts = []
    for k in range(12):
        times = np.arange(k, 3 * 3600.0, 60.0)
        parts.append(eastward(times.tolist(), 0.0, 0.003, 230000200 + k))
    played, _ = play(Fixes.concat(parts))
    assert len(played.all.events) == 0


def test_a_frozen_position_is_set_aside_and_said() -> None:
    """The recorded kind: 11.5 kn at one point, every 10 s for 2 minutes, on a cable."""
    fixes = eastward([10.0 * k for k in range(12)], 11.5, 0.003)
    fixes.lon_deg[:] = fixes.lon_deg[0]
    played, ships = play(fixes)
    assert notices(played) == ["position_speed_conflict"]
    assert played.counts["frozen_position"] == 12 - 2  # 17 s at 11.5 kn are 100 m
    assert len(played.all.events) == 0
    assert len(ships) == 1


def test_a_frozen_position_for_hours_is_not_loitering() -> None:
    rng = np.random.default_rng(2)
    fixes = sail(rng, MMSI, T0_MS, 5.0, -0.05, 55.0, steady(10.0), steady(90.0))
    played, _ = play(frozen(fixes, 600, 1200))
    assert "position_speed_conflict" in notices(played)
    assert len(played.all.events) == 0


def test_a_ship_at_rest_is_not_frozen() -> None:
    """A receiver that holds its position still while 0.3 kn of noise is reported."""
    times = np.arange(0.0, 6 * 3600.0, 180.0)
    fixes = eastward(times.tolist(), 0.3, 0.5)
    fixes.lon_deg[:] = 0.5
    played, _ = play(fixes)
    assert played.counts["frozen_position"] == 0


@pytest.mark.parametrize("silent_h", [0.0, 2.0])
def test_a_moored_ship_with_a_noisy_speed_is_not_frozen(silent_h: float) -> None:
    """A receiver that holds its position: 0.6 kn of noise, now and then 1.2, for hours."""
    times = np.arange(0.0, 12 * 3600.0, 180.0)
    times = times[(times < 3600.0) | (times >= 3600.0 * (1.0 + silent_h))]
    fixes = eastward(times.tolist(), 0.6, 0.5)
    fixes.sog_kn[::5] = 1.2
    fixes.lon_deg[:] = 0.5
    played, _ = play(fixes)
    assert played.counts["frozen_position"] == 0


def test_a_speed_said_once_claims_no_way_over_a_silence() -> None:
    fixes = eastward([0.0, 60.0, 7200.0, 7260.0], 3.0, 0.5)
    fixes.sog_kn[[0, 1, 3]] = 0.0
    fixes.lon_deg[:] = 0.5
    played, _ = play(fixes)
    assert played.counts["frozen_position"] == 0


def test_the_antimeridian_is_no_jump() -> None:
    fixes = eastward([0, 60, 120, 180], 12.0, lon=179.995)
    fixes.lon_deg[:] = np.where(fixes.lon_deg >= 180.0, fixes.lon_deg - 360.0, fixes.lon_deg)
    assert (fixes.lon_deg < 0).any()
    played, ships = play(fixes)
    assert played.counts["jump"] == 0
    assert len(ships) == 1
    step_m = distance_m(ships["lon"][0], 55.0, fixes.lon_deg[2], 55.0)
    assert step_m < 1000.0


def test_a_coarse_report_between_fine_ones_is_set_aside() -> None:
    fixes = eastward([0, 10, 20, 30], 12.0)
    fixes.flags[2] = FixFlag.COARSE
    fixes.lon_deg[2] = round(fixes.lon_deg[2] / COARSE_DEG) * COARSE_DEG
    played, ships = play(fixes)
    assert played.counts["coarse_between_fine"] == 1
    assert played.counts["jump"] == 0
    assert len(ships) == 1


def test_a_coarse_report_counts_once_finer_ones_are_old() -> None:
    fixes = eastward([0, 10, 1000], 12.0)
    fixes.flags[2] = FixFlag.COARSE
    played, ships = play(fixes)
    assert played.counts["coarse_between_fine"] == 0
    assert ships["t_ms"].tolist() == [T0_MS + 1_000_000]


def test_a_ship_that_sends_nothing_finer_is_heard_at_each_report() -> None:
    fixes = eastward([180.0 * k for k in range(40)], 12.0)
    fixes.flags[:] = FixFlag.COARSE
    fixes.lon_deg[:] = np.round(fixes.lon_deg / COARSE_DEG) * COARSE_DEG
    played, ships = play(fixes)
    assert played.counts["coarse_between_fine"] == 0
    assert ships["heard_min"].tolist() == [40]


def test_a_coarse_report_counts_ten_minutes_after_a_finer_one_not_after_another() -> None:
    fixes = eastward([0, 10, 300, 500, 620, 700], 12.0)
    fixes.flags[2:] = FixFlag.COARSE
    played, ships = play(fixes)
    assert played.counts["coarse_between_fine"] == 2
    assert ships["t_ms"].tolist() == [T0_MS + 700_000]


def told(*rows: tuple[int, int, int]) -> Statics:
    """Static messages of (time, MMSI, length)."""
    t_ms, mmsi, length_m = (np.array(column) for column in zip(*rows, strict=True))
    return Statics.from_columns(
        t_ms=t_ms, mmsi=mmsi, to_bow_m=length_m - length_m // 4, to_stern_m=length_m // 4
    )


def length_after(*rows: tuple[int, int]) -> float:
    """Length that a ship has at the end, told (minute, length)."""
    fixes = eastward([60.0 * k for k in range(120)])
    statics = told(*((T0_MS + minute * MINUTE_MS, MMSI, length) for minute, length in rows))
    engine = Scene(fixes, statics, CABLES).engine()
    engine.push(fixes, statics, int(fixes.t_ms[-1]) + 1)
    (ship,) = engine.state.ships[engine.state.ships["mmsi"] != 0]
    return float(ship["length_m"])


def test_a_length_counts_if_a_ship_can_be_as_long_and_no_other_is_said() -> None:
    assert length_after((1, 180)) == 180.0
    assert length_after((1, 180), (9, 186)) == 186.0  # the antenna moved
    assert length_after((1, 2), (2, 1022), (3, 180), (4, 600)) == 180.0
    assert length_after((1, 180), (9, 20)) < 0.0
    assert length_after((1, 20), (9, 180), (15, 180)) < 0.0


def test_static_data_of_ships_that_never_come_are_forgotten_within_a_day() -> None:
    n = 6000
    t_ms = T0_MS + np.arange(n) * (3 * DAY_MS // n)
    statics = told(*((int(t), 230_000_000 + k, 100) for k, t in enumerate(t_ms)))
    engine = Scene(eastward([0, 10]), statics, CABLES).engine()
    sizes = []
    for start in range(0, n, 40):
        part = statics.take(slice(start, start + 40))
        engine.push(Fixes.empty(), part, int(part.t_ms[-1]) + 1)
        sizes.append(int((engine.state.idents["mmsi"] != 0).sum()))
    assert max(sizes) <= 2 * n // 3 + 200
    assert len(engine.state.idents) <= 16_384


def test_aids_base_stations_and_aircraft_are_not_ships() -> None:
    rows = [eastward([0, 10], mmsi=mmsi) for mmsi in (992190001, 2190001, 111219501, 970012345)]
    played, ships = play(Fixes.concat(rows))
    assert played.counts["not_ship"] == 8
    assert played.counts["fixes"] == 0
    assert len(ships) == 0


def test_a_gap_is_no_jump() -> None:
    rng = np.random.default_rng(4)
    fixes = passing(rng, MMSI, T0_MS)
    away = fixes.take((fixes.t_ms < T0_MS + HOUR_MS) | (fixes.t_ms > T0_MS + 3 * HOUR_MS))
    played, ships = play(away)
    assert played.counts["jump"] == 0
    assert len(ships) == 1


def with_one_astern(ship: Fixes, at_s: float) -> Fixes:
    """A ship, and one message as far astern as can be believed, just before a report of hers."""
    i = int(np.searchsorted(ship.t_ms, T0_MS + int(at_s * 1000)))
    t_ms = int(ship.t_ms[i + 1]) - 600
    seconds = (t_ms - ship.t_ms[i]) / 1000.0 + 30.0
    reach_m = (1.5 * ship.sog_kn[i] + 10.0) * KNOT_M_S * seconds
    false = ship.take(np.array([i]))
    false.t_ms[0] = t_ms
    false.lon_deg[0] -= 0.97 * reach_m / (111_300.0 * np.cos(np.radians(55.0)))
    both = Fixes.concat([ship, false])
    return both.take(np.argsort(both.t_ms, kind="stable"))


@pytest.mark.parametrize("interval", [1, 6, 18])
@pytest.mark.parametrize("since_s", [-600.0, 1350.0, 1800.0])
def test_one_forged_message_astern_does_not_break_a_track_off(
    interval: int, since_s: float
) -> None:
    """Before she drags, while she nears the cable, and when she is beyond it."""
    ship = dragging(np.random.default_rng(1), MMSI, T0_MS).take(slice(None, None, interval))
    alone, clean = play(ship)
    fixes = with_one_astern(ship, DRAG_FROM_S + since_s)
    played, ships = play(fixes)
    assert len(ships) == 1
    assert played.counts["jump"] in (1, 2)  # it, and mostly the fix that waited as a candidate
    assert notices(played) == ["jump"]
    assert ships["t_ms"][0] == ship.t_ms[-1]
    assert abs(ships["heard_min"][0] - clean["heard_min"][0]) <= 1
    said = played.all.events["log_odds"].tolist()
    assert said == pytest.approx(alone.all.events["log_odds"].tolist(), abs=0.3)
    assert len(played.all.crossings) == len(alone.all.crossings)
    scene = Scene(fixes, Statics.empty(), CABLES)
    cuts = range(T0_MS, scene.span_ms[1], 7 * MINUTE_MS // 4)
    assert_same(scene.play(cuts).all, scene.play().all)


def test_one_forged_message_beyond_a_cable_astern_crosses_nothing() -> None:
    """What it left pending goes with it; she crossed the cable after 142 s."""
    ship = eastward([10.0 * k for k in range(400)], 12.0, lon=-0.01)
    alone, _ = play(ship)
    assert len(alone.all.crossings) == 1
    for at_s in range(170, 230, 10):
        played, ships = play(with_one_astern(ship, at_s))
        assert len(ships) == 1
        assert played.all.crossings.tolist() == alone.all.crossings.tolist()
