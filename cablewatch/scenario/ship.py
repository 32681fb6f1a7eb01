"""How ships move: paths on the globe, speed, steering, and the physics of a towed anchor.

A path is a :class:`Line`; a ship sails it with a speed (kn) and a lateral offset (m) in time, and
the result is a :class:`Motion`, the true state on a regular time grid. Positions, course and speed
over ground come from one integration, so that they agree; reports add the noise of instruments
later (``reception.py``).

A tow at constant thrust: resistance grows with the square of the speed, so a pull F at the bow
leaves ``v / v0 = sqrt(1 - F / R0)`` of the free speed v0 with free resistance R0. A ship towed
against a pull at her bow is unstable in course and fishtails: a limit cycle of sway and yaw with
a wavelength of 5-12 ship lengths.
"""

from dataclasses import dataclass, replace

import numpy as np
from pyproj import Geod

from cablewatch.fixes import Array
from cablewatch.units import KNOT_M_S, WGS84_A_M, WGS84_E2

GEOD = Geod(ellps="WGS84")
STEP_M = 200.0  # m between points of a line; assumed: a chord in a turn is then off by 2 m at most
ROUNDING_M = 2000.0  # m over which a corner is spread, twice; assumed, an ordinary ship's turn
GRID_S = 8.0  # s, time grid of a motion; assumed: below the report interval and any yaw period
YAW_PER_SWAY = 1.3  # heading swings wider than course in a fishtail; assumed
YAW_LEAD_DEG = 40.0  # deg of phase by which heading leads course; assumed


@dataclass(frozen=True, slots=True)
class Line:
    """A path of geodesic legs with rounded corners.

    Columns (n,): distance from the start, position, and bearing without jumps at north.
    """

    s_m: Array
    lon_deg: Array
    lat_deg: Array
    bearing_deg: Array

    @property
    def length_m(self) -> float:
        """Distance from end to end."""
        return float(self.s_m[-1])

    def nearest_m(self, lon_deg: float, lat_deg: float) -> float:
        """Distance along the line of the place nearest to a point, to 1 m or so."""
        east = (self.lon_deg - lon_deg) * np.cos(np.radians(lat_deg))
        k = int(np.argmin(np.hypot(east, self.lat_deg - lat_deg)))
        azimuth, _, away = GEOD.inv(self.lon_deg[k], self.lat_deg[k], lon_deg, lat_deg)
        return float(self.s_m[k] + away * np.cos(np.radians(azimuth - self.bearing_deg[k])))


@dataclass(frozen=True, slots=True)
class Motion:
    """The true movement of one ship on a regular time grid; columns (n,)."""

    t_s: Array  # Unix seconds
    lon_deg: Array
    lat_deg: Array
    sog_kn: Array
    cog_deg: Array  # without jumps at north
    heading_deg: Array  # without jumps at north
    nav_status: Array  # what the crew has set, right or wrong

    def __len__(self) -> int:
        return len(self.t_s)

    def cut(self, keep: Array | slice) -> "Motion":
        """Keep the rows of a slice or mask."""
        return Motion(*(getattr(self, name)[keep] for name in self.__slots__))


def make_line(points: Array, rounding_m: float = ROUNDING_M) -> Line:
    """Line through `points` (n, 2) of longitude, latitude in degrees; n at least 2."""
    lon0, lat0, lon1, lat1 = points[:-1, 0], points[:-1, 1], points[1:, 0], points[1:, 1]
    azimuth, _, leg_m = GEOD.inv(lon0, lat0, lon1, lat1)
    end_m = np.cumsum(leg_m)
    s_m = np.arange(0.0, end_m[-1], STEP_M)
    leg = np.searchsorted(end_m, s_m, side="right")
    into_m = s_m - np.concatenate([[0.0], end_m])[leg]
    lon, lat, _ = GEOD.fwd(lon0[leg], lat0[leg], azimuth[leg], into_m)
    for _ in range(2):
        lon, lat = _smooth(lon, rounding_m), _smooth(lat, rounding_m)
    bearing, _, step = GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    bearing = np.unwrap(bearing, period=360.0)
    mid = np.concatenate([bearing[:1], (bearing[:-1] + bearing[1:]) / 2, bearing[-1:]])
    return Line(np.concatenate([[0.0], np.cumsum(step)]), lon, lat, mid)


def sail(
    line: Line,
    t_s: Array,
    s_m: Array,
    lateral_m: Array | float = 0.0,
    yaw_deg: Array | float = 0.0,
    nav_status: Array | int = 0,
) -> Motion:
    """Motion along `line`: distance, offset to starboard, heading minus course, each (n,)."""
    lateral = np.broadcast_to(np.asarray(lateral_m, float), s_m.shape)
    ahead, aside = np.gradient(s_m, t_s), np.gradient(lateral, t_s)
    bearing = np.interp(s_m, line.s_m, line.bearing_deg)
    lon, lat = offset(
        np.interp(s_m, line.s_m, line.lon_deg),
        np.interp(s_m, line.s_m, line.lat_deg),
        bearing + 90.0,
        lateral,
    )
    cog = bearing + np.degrees(np.arctan2(aside, np.maximum(ahead, 1e-3)))
    return Motion(
        t_s=t_s,
        lon_deg=lon,
        lat_deg=lat,
        sog_kn=np.hypot(ahead, aside) / KNOT_M_S,
        cog_deg=cog,
        heading_deg=cog + yaw_deg,
        nav_status=np.broadcast_to(np.asarray(nav_status, np.uint8), s_m.shape),
    )


def offset(
    lon_deg: Array, lat_deg: Array, bearing_deg: Array, away_m: Array
) -> tuple[Array, Array]:
    """Points displaced by less than a few km: local radii of WGS84."""
    phi, beta = np.radians(lat_deg), np.radians(bearing_deg)
    w2 = 1.0 - WGS84_E2 * np.sin(phi) ** 2
    across = WGS84_A_M / np.sqrt(w2)
    along = across * (1.0 - WGS84_E2) / w2
    east, north = away_m * np.sin(beta), away_m * np.cos(beta)
    return (
        lon_deg + np.degrees(east / (across * np.cos(phi))),
        lat_deg + np.degrees(north / along),
    )


def noise(rng: np.random.Generator, n: int, scale: float, order: int = 1) -> Array:
    """Stationary Gaussian noise (n,) of unit variance; `scale` in grid steps.

    Order 1 is the Ornstein-Uhlenbeck process with that correlation time. Order 2 is its smooth
    cousin: its derivative has the standard deviation ``1 / scale``. Both are shaped in the
    frequency domain over a padded span, so that the ends do not know of each other.
    """
    span = n + int(8 * scale) + 16
    frequency = 2 * np.pi * np.fft.rfftfreq(span)
    gain = (1.0 + (frequency * scale) ** 2) ** (-order / 2)
    white = np.fft.rfft(rng.standard_normal(span))
    power = (2.0 * np.sum(gain**2) - gain[0] ** 2) / span
    shaped: Array = np.fft.irfft(white * gain, span)[:n] / np.sqrt(power)
    return shaped


def wander(rng: np.random.Generator, s_m: Array, scale_m: float, course_deg: float) -> Array:
    """Smooth lateral offset (m) over distance sailed; its course deviates by `course_deg` rms.

    A function of distance: a ship that lies still does not wander.
    """
    low = float(s_m.min())
    step_m = scale_m / 10.0
    n = int((float(s_m.max()) - low) / step_m) + 2
    shape = noise(rng, n, scale_m / step_m, order=2) * scale_m * np.radians(course_deg)
    lateral: Array = np.interp(s_m, low + step_m * np.arange(n), shape)
    return lateral


def tow_speed_ratio(
    rng: np.random.Generator, t_s: Array, mean_ratio: float, spread: float = 0.06
) -> Array:
    """Speed under tow over free speed at constant thrust, ``sqrt(1 - F / R0)``, in time (n,).

    The pull F wanders around the mean that gives `mean_ratio` as an Ornstein-Uhlenbeck process of
    40 min (assumed: bottom and scope change over a few miles) and standard deviation `spread` of
    R0 (assumed); it stays within 0.1-0.85 of R0.
    """
    dt_s = float(t_s[1] - t_s[0])
    pull = 1.0 - mean_ratio**2 + spread * noise(rng, len(t_s), 2400.0 / dt_s)
    ratio: Array = np.sqrt(1.0 - np.clip(pull, 0.1, 0.85))
    return ratio


def limit_cycle(
    rng: np.random.Generator, s_m: Array, length_m: float, deviation_deg: float, lengths: float
) -> tuple[Array, Array]:
    """Fishtail over distance sailed (n,): lateral offset (m), heading minus course (deg).

    Parameters
    ----------
    length_m
        Length of the ship.
    deviation_deg
        Mean amplitude of the course.
    lengths
        Mean wavelength in ship lengths.

    Amplitude (15 %) and wavelength (8 %) wander over three cycles (assumed): quasi-periodic.
    """
    low, step_m = float(s_m.min()), length_m / 4.0
    n = int((float(s_m.max()) - low) / step_m) + 2
    memory = 3.0 * lengths * length_m / step_m
    stretch = np.exp(0.08 * noise(rng, n, memory, order=2))
    swell = np.exp(0.15 * noise(rng, n, memory, order=2))
    phase = np.cumsum(2 * np.pi * step_m / (lengths * length_m * stretch))
    at = low + step_m * np.arange(n)
    phase_at = np.interp(s_m, at, phase) + rng.uniform(0, 2 * np.pi)
    amplitude = np.radians(deviation_deg) * np.interp(s_m, at, swell)
    wave_m = lengths * length_m * np.interp(s_m, at, stretch)
    lateral = amplitude * wave_m / (2 * np.pi) * np.sin(phase_at)
    heading = YAW_PER_SWAY * np.cos(phase_at + np.radians(YAW_LEAD_DEG))
    return lateral, np.degrees(amplitude * (heading - np.cos(phase_at)))


def eased(t_s: Array, start_s: float, end_s: float, ramp_s: float) -> Array:
    """0 outside, 1 inside `start_s`-`end_s`, with cosine ramps inside the edges; (n,)."""
    up = np.clip((t_s - start_s) / ramp_s, 0.0, 1.0)
    down = np.clip((end_s - t_s) / ramp_s, 0.0, 1.0)
    shape: Array = 0.5 - 0.5 * np.cos(np.pi * np.minimum(up, down))
    return shape


def travelled(t_s: Array, speed_kn: Array) -> Array:
    """Distance (m) sailed since the first instant, trapezoidal; (n,)."""
    v = np.asarray(speed_kn) * KNOT_M_S
    return np.concatenate([[0.0], np.cumsum((v[1:] + v[:-1]) / 2 * np.diff(t_s))])


def with_drag(
    motion: Motion,
    rng: np.random.Generator,
    start_s: float,
    end_s: float,
    length_m: float,
    speed_ratio: float = 0.65,
    deviation_deg: float = 3.5,
    lengths: float = 8.0,
) -> Motion:
    """Repeat the voyage with an anchor dragged from `start_s` to `end_s`.

    The ship keeps her own path and is re-timed along it: speed falls to `speed_ratio` of what it
    was (constant thrust, :func:`tow_speed_ratio`) and a limit cycle is laid across. A
    `speed_ratio` of 1 or a `deviation_deg` of 0 leaves that part out. The voyage ends where the
    clock does, so the last miles of the path are not reached.
    """
    t_s, s_m = motion.t_s, travelled(motion.t_s, motion.sog_kn)
    dragging = eased(t_s, start_s, end_s, 300.0)
    ratio = tow_speed_ratio(rng, t_s, speed_ratio) if speed_ratio < 1.0 else np.ones(len(t_s))
    reached = _slowed(t_s, s_m, 1.0 - dragging * (1.0 - ratio))
    lateral, yaw = limit_cycle(rng, reached, length_m, deviation_deg, lengths)
    lateral, yaw = lateral * dragging, yaw * dragging
    then = {
        name: np.interp(reached, s_m + 1e-6 * np.arange(len(s_m)), getattr(motion, name))
        for name in ("lon_deg", "lat_deg", "cog_deg", "heading_deg")
    }
    ahead, aside = np.gradient(reached, t_s), np.gradient(lateral, t_s)
    lon, lat = offset(then["lon_deg"], then["lat_deg"], then["cog_deg"] + 90.0, lateral)
    deviation = np.degrees(np.arctan2(aside, np.maximum(ahead, 1e-3)))
    return replace(
        motion,
        lon_deg=lon,
        lat_deg=lat,
        sog_kn=np.hypot(ahead, aside) / KNOT_M_S,
        cog_deg=then["cog_deg"] + deviation,
        heading_deg=then["heading_deg"] + deviation + yaw,
    )


def _slowed(t_s: Array, s_m: Array, ratio: Array) -> Array:
    """Distance reached in time when each stretch of the path takes ``1 / ratio`` as long.

    The ratio belongs to the clock, the free speed to the place on the path: a fixed point, found
    in a few rounds because the free speed changes slowly along the path.
    """
    free = np.gradient(s_m, t_s)
    steps, reached = np.diff(t_s), s_m
    for _ in range(6):
        v = np.interp(reached, s_m, free) * ratio
        reached = np.concatenate([[0.0], np.cumsum((v[1:] + v[:-1]) / 2 * steps)])
    within: Array = np.minimum(reached, s_m[-1])
    return within


def _smooth(values: Array, width_m: float) -> Array:
    half = max(int(width_m / STEP_M) // 2, 1)
    padded = np.concatenate(
        [
            2 * values[0] - values[half:0:-1],
            values,
            2 * values[-1] - values[-2 : -half - 2 : -1],
        ]
    )
    sums = np.cumsum(np.concatenate([[0.0], padded]))
    width = 2 * half + 1
    smoothed: Array = (sums[width:] - sums[:-width]) / width
    return smoothed
