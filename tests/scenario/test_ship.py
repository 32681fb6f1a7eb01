"""Physics on its own: paths, tows, cycles, and a drag laid on a given voyage."""

import numpy as np
import pytest

from cablewatch.scenario import Motion, with_drag
from cablewatch.scenario.ship import (
    GEOD,
    eased,
    limit_cycle,
    make_line,
    noise,
    sail,
    tow_speed_ratio,
    travelled,
    wander,
)


@pytest.fixture
def straight() -> Motion:
    """Ten hours at 12 kn south-west of Gotland."""
    t_s = 1_700_000_000.0 + np.arange(0.0, 36_000.0, 10.0)
    line = make_line(np.array([[19.0, 56.9], [15.0, 55.3]]))
    return sail(line, t_s, travelled(t_s, np.full(len(t_s), 12.0)))


def test_a_line_is_as_long_as_its_leg() -> None:
    line = make_line(np.array([[19.0, 56.9], [17.0, 56.0]]))
    leg_m = GEOD.inv(19.0, 56.9, 17.0, 56.0)[2]
    assert line.length_m == pytest.approx(leg_m, abs=250)  # the last step may be missing
    assert line.nearest_m(19.0, 56.9) == pytest.approx(0, abs=5)


def test_corners_are_rounded_within_a_ships_turn() -> None:
    line = make_line(np.array([[19.0, 56.9], [18.0, 56.9], [18.0, 56.0]]))
    per_km = np.abs(np.diff(line.bearing_deg)) / (np.diff(line.s_m) / 1000)
    assert per_km.max() < 80  # a radius of 700 m: three to five lengths of a ship
    assert line.bearing_deg[-1] - line.bearing_deg[0] == pytest.approx(-90, abs=1.5)


@pytest.mark.parametrize("order", [1, 2])
def test_noise_has_unit_variance_and_its_scale(order: int) -> None:
    values = noise(np.random.default_rng(1), 400_000, 30.0, order)
    assert values.std() == pytest.approx(1.0, abs=0.05)
    lagged = np.corrcoef(values[:-30], values[30:])[0, 1]
    # Ornstein-Uhlenbeck exp(-1); its square in the frequency domain 2 exp(-1)
    assert lagged == pytest.approx(order * np.exp(-1), abs=0.05)


def test_wander_deviates_by_the_course_asked_for() -> None:
    s_m = np.arange(0.0, 500_000.0, 20.0)
    lateral = wander(np.random.default_rng(2), s_m, 500.0, 0.5)
    assert np.degrees(np.gradient(lateral, s_m)).std() == pytest.approx(0.5, rel=0.1)


@pytest.mark.parametrize("mean", [0.62, 0.73, 0.81, 0.87])
def test_tow_keeps_its_mean_ratio(mean: float) -> None:
    ratio = tow_speed_ratio(np.random.default_rng(3), np.arange(0.0, 2e6, 20.0), mean)
    assert ratio.mean() == pytest.approx(mean, abs=0.02)
    assert ratio.min() > 0.35 and ratio.max() < 0.96


@pytest.mark.parametrize(("pull_kn", "ratio"), [(100, 0.87), (150, 0.81), (200, 0.73), (260, 0.62)])
def test_published_tows_of_a_panamax(pull_kn: float, ratio: float) -> None:
    # R0 = 426 kN at 10.5 kn; 100 to 260 kN leave 0.87 to 0.62
    assert np.sqrt(1 - pull_kn / 426) == pytest.approx(ratio, abs=0.01)


def test_a_limit_cycle_has_its_wavelength_and_deviation() -> None:
    s_m = np.arange(0.0, 400_000.0, 20.0)
    lateral, _ = limit_cycle(np.random.default_rng(4), s_m, 200.0, 4.0, 8.0)
    course = np.degrees(np.arctan(np.gradient(lateral, s_m)))
    ups = np.sum((course[:-1] < 0) & (course[1:] >= 0))
    assert 400_000 / ups == pytest.approx(1600, rel=0.1)
    assert course.std() * np.sqrt(2) == pytest.approx(4.0, rel=0.2)


def test_eased_is_nought_outside_and_one_inside() -> None:
    shape = eased(np.arange(0.0, 100.0), 20.0, 80.0, 10.0)
    assert shape[:21].max() == 0 and shape[31:70].min() == 1 and shape[81:].max() == 0


def test_a_drag_laid_on_a_voyage_slows_and_yaws_within_its_hours(straight: Motion) -> None:
    start, end = straight.t_s[0] + 10_000, straight.t_s[0] + 25_000
    rng = np.random.default_rng(5)
    dragged = with_drag(straight, rng, start, end, 200.0, speed_ratio=0.7, deviation_deg=4.0)
    during = (straight.t_s > start + 900) & (straight.t_s < end - 900)
    outside = (straight.t_s < start) | (straight.t_s > end)
    assert dragged.sog_kn[during].mean() == pytest.approx(12.0 * 0.7, rel=0.06)
    assert dragged.sog_kn[outside][1:-1] == pytest.approx(12.0, abs=0.1)
    change = dragged.cog_deg - np.interp(dragged.lon_deg[::-1], straight.lon_deg[::-1],
                                         straight.cog_deg[::-1])[::-1]  # fmt: skip
    assert change[during].std() == pytest.approx(4.0 / np.sqrt(2), rel=0.3)
    assert np.abs(change[outside]).max() < 0.2


def test_a_dragged_voyage_still_agrees_with_itself(straight: Motion) -> None:
    start, end = straight.t_s[0] + 5_000, straight.t_s[0] + 30_000
    m = with_drag(straight, np.random.default_rng(6), start, end, 150.0)
    azimuth, _, away = GEOD.inv(m.lon_deg[:-2], m.lat_deg[:-2], m.lon_deg[2:], m.lat_deg[2:])
    speed_kn = away / (m.t_s[2:] - m.t_s[:-2]) * 3600 / 1852
    assert np.abs(speed_kn - m.sog_kn[1:-1]).max() < 0.1
    assert np.abs((azimuth - m.cog_deg[1:-1] + 180) % 360 - 180).max() < 0.5


def test_a_drag_of_nothing_changes_nothing(straight: Motion) -> None:
    start, end = straight.t_s[0] + 5_000, straight.t_s[0] + 30_000
    rng = np.random.default_rng(7)
    same = with_drag(straight, rng, start, end, 150.0, speed_ratio=1.0, deviation_deg=0.0)
    assert same.lon_deg == pytest.approx(straight.lon_deg, abs=1e-6)
    assert same.sog_kn == pytest.approx(straight.sog_kn, abs=0.02)
