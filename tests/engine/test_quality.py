"""What the fold does with fixes that cannot be: the made-up streams of bad data, as fixes."""

import numpy as np
from laws import Play, Scene
from tracks import CABLES, COARSE_DEG, T0_MS, frozen, passing, sail, steady

from cablewatch.engine.transitions import NOTICES
from cablewatch.fixes import Fixes, FixFlag
from cablewatch.geodesy import distance_m
from cablewatch.units import HOUR_MS, KNOT_M_S
from cablewatch.vessels import Statics

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
