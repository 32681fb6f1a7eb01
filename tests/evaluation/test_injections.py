"""A drag laid into a track: same stamps, same path, slower, and a fishtail of the right size."""

from typing import Any

import numpy as np
import pytest
from sailing import GEOD, MMSI, START_MS, away_m, drag, minutes_after, straight

from cablewatch.evaluation.injections import RAMP_S, injected, lag, smoothed
from cablewatch.fixes import Fixes
from cablewatch.units import KNOT_M_S, MINUTE_MS

NOISE_M = 5.0


def off_line_m(track: Fixes) -> Any:
    """Signed metres to starboard of the geodesic that `straight` sails."""
    bearing, _, away = GEOD.inv(
        np.full(len(track), 18.0), np.full(len(track), 56.0), track.lon_deg, track.lat_deg
    )
    return away * np.sin(np.radians(bearing - 45.0))


def made_good_kn(track: Fixes, rows: Any) -> float:
    """Mean speed from the first to the last of some rows."""
    part = track.take(rows)
    away = GEOD.inv(part.lon_deg[0], part.lat_deg[0], part.lon_deg[-1], part.lat_deg[-1])[2]
    return float(away / ((part.t_ms[-1] - part.t_ms[0]) / 1000.0) / KNOT_M_S)


@pytest.mark.parametrize("ratio", [1.0, 0.9, 0.6])
@pytest.mark.parametrize("deviation", [0.0, 4.0])
@pytest.mark.parametrize("stop", [0.0, 40.0])
def test_stamps_gaps_and_the_rest_of_a_report_stay(
    ratio: float, deviation: float, stop: float
) -> None:
    track = straight(noise_m=NOISE_M)
    one = drag(speed_ratio=ratio, deviation_deg=deviation, stop_min=stop)
    before = [column.copy() for column in track.columns()]
    out, kept = injected(track, one)
    for name in ("t_ms", "mmsi", "nav_status", "flags", "station"):
        assert np.array_equal(getattr(out, name), getattr(track, name))
    for name in ("sog_kn", "cog_deg", "heading_deg"):
        assert np.array_equal(np.isnan(getattr(out, name)), np.isnan(getattr(track, name)))
    early = track.t_ms <= one.start_ms
    for ours, theirs in zip(out.columns(), track.columns(), strict=True):
        assert np.array_equal(ours[early], theirs[early], equal_nan=True)
    for ours, theirs in zip(track.columns(), before, strict=True):
        assert np.array_equal(ours, theirs, equal_nan=True)  # the input is not touched
    assert kept[early].all()


def test_nothing_injected_changes_nothing() -> None:
    track = straight(noise_m=NOISE_M)
    out, kept = injected(track, drag(speed_ratio=1.0, deviation_deg=0.0))
    assert kept[track.t_ms <= drag().over_ms].all()
    assert away_m(out, track).max() < 1e-3
    assert np.allclose(out.sog_kn, track.sog_kn, atol=1e-5)


def test_without_a_cycle_the_ship_stays_on_her_path_and_keeps_her_noise() -> None:
    track = straight(noise_m=NOISE_M)
    one = drag(deviation_deg=0.0)
    out, _ = injected(track, one)
    off, was = off_line_m(out), off_line_m(track)
    inside = (track.t_ms > one.start_ms) & (track.t_ms <= one.end_ms)
    assert np.abs(off).max() < 1.5 * np.abs(was).max()
    assert 0.75 < off[inside].std() / was[inside].std() < 1.25  # not smoothed away, not doubled


@pytest.mark.parametrize("ratio", [0.95, 0.8, 0.6])
def test_speed_made_good_and_reported_are_r_times_what_they_were(ratio: float) -> None:
    one = drag(speed_ratio=ratio, deviation_deg=0.0)
    track = straight(noise_m=NOISE_M)
    out, _ = injected(track, one)
    full = (minutes_after(out, one) > RAMP_S / 60) & (minutes_after(out, one) < 60 - RAMP_S / 60)
    assert made_good_kn(out, full) == pytest.approx(12.0 * ratio, abs=0.01)
    assert out.sog_kn[full].mean() == pytest.approx(12.0 * ratio, abs=0.01)
    after = minutes_after(out, one) > 60
    assert made_good_kn(out, after) == pytest.approx(12.0, abs=0.01)
    assert out.sog_kn[after].mean() == pytest.approx(12.0, abs=0.01)


def test_the_ship_is_later_on_her_path_by_the_time_lost() -> None:
    one = drag(deviation_deg=0.0)
    lost_s = lag(one)[1][-1]
    assert lost_s == pytest.approx((1 - 0.7) * (3600.0 - RAMP_S), abs=1.0)  # ramps count half
    track = straight()
    out, _ = injected(track, one)
    end = len(track) - 1
    behind = GEOD.inv(out.lon_deg[end], out.lat_deg[end], track.lon_deg[end], track.lat_deg[end])[2]
    assert behind == pytest.approx(lost_s * 12.0 * KNOT_M_S, rel=1e-3)


@pytest.mark.parametrize(("deviation", "lengths"), [(2.0, 6.0), (4.0, 8.0), (6.0, 12.0)])
def test_the_lateral_amplitude_is_that_of_the_course(deviation: float, lengths: float) -> None:
    """Amplitude = v T theta / (2 pi), with v T the wavelength: `lengths` ship lengths."""
    one = drag(deviation_deg=deviation, lengths=lengths, minutes=240.0, speed_ratio=1.0)
    track = straight(hours=10.0)
    out, _ = injected(track, one)
    inside = (minutes_after(out, one) > 5) & (minutes_after(out, one) < 235)
    wave_m = lengths * one.length_m
    amplitude = np.sqrt(2.0) * off_line_m(out)[inside].std()
    # 15 % of swell over three cycles and 8 % of wavelength remain after some forty cycles
    assert amplitude == pytest.approx(wave_m * np.radians(deviation) / (2 * np.pi), rel=0.15)
    course = (out.cog_deg[inside] - 45.0 + 180.0) % 360.0 - 180.0
    assert np.sqrt(2.0) * course.std() == pytest.approx(deviation, rel=0.15)
    turns = np.flatnonzero(np.diff(np.sign(course)) > 0)
    period_s = np.diff(out.t_ms[inside][turns]).mean() / 1000.0
    assert period_s == pytest.approx(wave_m / (12.0 * KNOT_M_S), rel=0.1)


def test_course_reported_is_course_made_good() -> None:
    one = drag(speed_ratio=0.8)
    out, _ = injected(straight(every_s=4.0), one)
    inside = np.flatnonzero((minutes_after(out, one) > 5) & (minutes_after(out, one) < 55))
    a, b = out.take(inside[:-2]), out.take(inside[2:])
    made_good = GEOD.inv(a.lon_deg, a.lat_deg, b.lon_deg, b.lat_deg)[0] % 360.0
    off = made_good - out.cog_deg[inside[1:-1]]
    straight_line = np.polyval(np.polyfit(inside[1:-1], off, 1), inside[1:-1])
    assert np.abs(straight_line).max() < 1.0  # meridians converge; the reports say 45 throughout
    assert np.abs(off - straight_line).max() < 0.1
    assert np.ptp(out.cog_deg[inside]) > 6.0


def test_the_recovery_stop_is_a_stop_and_then_full_speed() -> None:
    one = drag(stop_min=45.0)
    out, _ = injected(straight(noise_m=NOISE_M), one)
    after = minutes_after(out, one)
    stopped = (after > 61) & (after < 102)
    assert out.sog_kn[stopped].max() < 0.3
    assert made_good_kn(out, stopped) < 0.05
    assert out.sog_kn[after > 106].mean() == pytest.approx(12.0, abs=0.05)


@pytest.mark.parametrize("interval", [30.0, 60.0, 180.0])
def test_thinned_reports_are_never_nearer_than_the_interval(interval: float) -> None:
    track = straight()
    _, kept = injected(track, drag(interval_s=interval))
    steps = np.diff(track.t_ms[kept]) / 1000.0
    assert steps.min() >= interval
    assert np.median(steps) == interval


def test_the_track_ends_hours_after_or_at_a_long_silence() -> None:
    track = straight(hours=20.0)
    one = drag()
    _, kept = injected(track, one)
    assert track.t_ms[kept][-1] - one.over_ms <= 4 * 3_600_000
    silent = track.take((track.t_ms < one.end_ms + 600_000) | (track.t_ms > one.end_ms + 4_800_000))
    _, kept = injected(silent, one)
    assert silent.t_ms[kept][-1] < one.end_ms + 600_000


def test_the_antimeridian_and_north_are_no_places_to_stop() -> None:
    n = 3000
    lon, lat, _ = GEOD.fwd(
        np.full(n, 179.5), np.full(n, 50.0), np.full(n, 90.0), np.arange(n) * 61.7
    )
    track = Fixes.from_columns(
        t_ms=START_MS + np.arange(n) * 10_000,
        mmsi=np.full(n, MMSI),
        lon_deg=lon,
        lat_deg=lat,
        sog_kn=np.full(n, 12.0),
        cog_deg=(np.arange(n) % 3 - 1.0) % 360.0,  # 359, 0, 1: the mean is north
    )
    out, kept = injected(track, drag(deviation_deg=0.0, start_ms=START_MS + 60 * MINUTE_MS))
    out = out.take(kept)
    assert (out.lon_deg < 0.0).any() and (out.lon_deg > 0.0).any()
    steps = away_m(out.take(slice(1, None)), out.take(slice(None, -1)))
    assert steps.max() < 80.0
    assert np.abs(out.lon_deg).max() <= 180.0
    assert (((out.cog_deg + 180.0) % 360.0 - 180.0).__abs__() < 3.0).all()


def test_a_line_is_not_changed_by_smoothing_and_a_lone_report_stands_for_itself() -> None:
    t_s = np.array([0.0, 10.0, 20.0, 35.0, 40.0, 5000.0, 5000.0, 9000.0])
    assert np.allclose(smoothed(t_s, 3.0 * t_s + 7.0), 3.0 * t_s + 7.0)
