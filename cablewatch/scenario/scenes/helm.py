"""A ship's true movement, phase by phase, in metres about the middle of a scene.

::

    helm = Helm(rng, craft, start_s, course_deg=90.0, kn=11.0)
    helm.sail(120, 11.0, 90.0).anchor(600, rig, weather).sail(60, 10.0, 300.0)
    motion = helm.motion(MIDDLE, "anchor", east_m=40.0, north_m=0.0)

Phases follow on each other without a jump. A phase says where the antenna is and where the bow
points; course and speed over ground come from the positions alone. The whole movement is laid so
that one mark of it is at a given place. Figures are assumed unless a source is on the line.
"""

from collections.abc import Callable

import numpy as np

from cablewatch.fixes import Array
from cablewatch.scenario.scenes.craft import Craft
from cablewatch.scenario.scenes.mooring import Rig, Weather
from cablewatch.scenario.ship import (
    GEOD,
    GRID_S,
    Motion,
    eased,
    limit_cycle,
    noise,
    tow_speed_ratio,
)
from cablewatch.units import KNOT_M_S

UNDER_WAY, AT_ANCHOR, NOT_UNDER_COMMAND, MOORED = 0, 1, 2, 5  # ITU-R M.1371-5 table 45
SPEED_LAG_S = 300.0  # s in which a merchant ship makes good most of a change of speed
TURN_DEG_S = 20.0 / 60.0  # deg/s, an ordinary turn of a merchant ship
SPEED_SPREAD = 0.02  # of the speed, over half an hour: sea and engine
STEERING_DEG = 0.4  # deg rms of the course in the minutes: an autopilot in a slight sea
VEER_S = 900.0  # s to pay out the chain, and to heave it in
DRIFT_LAG_S = 600.0  # s in which a ship without engine loses her way and turns beam to it


def unit(bearing_deg: Array | float) -> Array:
    """East and north (2, n) of a bearing."""
    angle = np.radians(bearing_deg)
    return np.stack([np.sin(angle), np.cos(angle)])


def wrapped(angle_deg: Array | float) -> Array:
    """An angle as -180 to 180 degrees."""
    turned: Array = (np.asarray(angle_deg) + 180.0) % 360.0 - 180.0
    return turned


class Helm:
    """Builds the movement of `craft`; every method adds a phase and returns the helm."""

    def __init__(
        self,
        rng: np.random.Generator,
        craft: Craft,
        start_s: float,
        course_deg: float,
        kn: float = 0.0,
        start_m: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        self.craft = craft
        self.t_s = float(start_s)
        self.marks: dict[str, tuple[float, float, float]] = {}
        self._rng = rng
        self._course_deg, self._kn = float(course_deg), float(kn)
        self._at = np.array(start_m)
        self._parts: list[tuple[Array, Array, Array]] = []

    def mark(self, name: str) -> "Helm":
        """Remember time and place as `name`."""
        self.marks[name] = (self.t_s, *self._at.tolist())
        return self

    def sail(self, minutes: float, kn: float, course_deg: float, status: int = UNDER_WAY) -> "Helm":
        """Sail at a speed on a course; speed and course change as a ship's do."""
        t = self._grid(minutes)
        speed = kn + (self._kn - kn) * np.exp(-t / SPEED_LAG_S)
        course = self._turned(t, course_deg)
        way = np.cumsum(unit(course) * speed * KNOT_M_S * GRID_S, axis=1)
        along, across = self._unsteady(t, float(speed.mean()))
        way = way + unit(course) * along + unit(course + 90.0) * across
        heading = course + 0.4 * noise(self._rng, len(t), 60.0 / GRID_S, 2)
        return self._add(way, heading, status, float(speed[-1]), float(course[-1]))

    def steer_to(self, east_m: float, north_m: float, kn: float) -> "Helm":
        """Sail to a place, to some 100 m: the turn at the beginning is not reckoned with."""
        east, north = np.array([east_m, north_m]) - self._at
        lag_m = (kn - self._kn) * KNOT_M_S * SPEED_LAG_S
        minutes = (np.hypot(east, north) + lag_m) / (kn * KNOT_M_S * 60.0)
        return self.sail(max(minutes, 2.0), kn, float(np.degrees(np.arctan2(east, north))))

    @property
    def course_deg(self) -> float:
        """Where the bow points at the end of what there is."""
        return self._course_deg

    def tow(
        self, minutes: float, kn: float, ratio: float, deviation_deg: float, lengths: float
    ) -> "Helm":
        """Tow an anchor on the present course: `ratio` of the free speed `kn`, and a fishtail."""
        t = self._grid(minutes)
        free = kn + (self._kn - kn) * np.exp(-t / SPEED_LAG_S)
        on = eased(t, 0.0, t[-1] + GRID_S, 300.0)
        speed = free * (1.0 - on * (1.0 - tow_speed_ratio(self._rng, t, ratio)))
        s_m = np.cumsum(speed * KNOT_M_S * GRID_S)
        sway, yaw = limit_cycle(self._rng, s_m, self.craft.length_m, deviation_deg, lengths)
        course = np.full(len(t), self._course_deg)
        way = unit(course) * s_m + unit(course + 90.0) * (sway * on)
        slope = np.degrees(np.arctan2(np.gradient(sway * on, t), speed * KNOT_M_S))
        heading = course + slope + yaw * on
        return self._add(way, heading, UNDER_WAY, float(speed[-1]), self._course_deg)

    def drift(
        self,
        minutes: float,
        kn: tuple[float, float],
        toward_deg: float,
        side: int = 1,
        status: int = UNDER_WAY,
    ) -> "Helm":
        """Drift without engine between two speeds, beam to the way; `side` +1 or -1."""
        t = self._grid(minutes)
        left = np.exp(-t / DRIFT_LAG_S)
        middle, spread = sum(kn) / 2.0, (kn[1] - kn[0]) / 2.0
        wave = noise(self._rng, len(t), 5400.0 / GRID_S, 2)
        speed = (middle + spread * np.clip(wave / 1.6, -1.0, 1.0)) * (1.0 - left)
        toward = toward_deg + 12.0 * noise(self._rng, len(t), 4 * 3600.0 / GRID_S, 2)
        velocity = unit(toward) * speed + unit(np.full(len(t), self._course_deg)) * self._kn * left
        beam = toward + side * 90.0 + 10.0 * noise(self._rng, len(t), 1500.0 / GRID_S, 2)
        heading = beam + left * (self._before(beam) - beam)
        way = np.cumsum(velocity * KNOT_M_S * GRID_S, axis=1)
        return self._add(way, heading, status, float(speed[-1]), float(heading[-1]))

    def lie(self, minutes: float, status: int = MOORED) -> "Helm":
        """Lie alongside: fenders give a few decimetres."""
        t = self._grid(minutes)
        ends = eased(t, 0.0, t[-1] + GRID_S, 120.0)
        surge = np.stack([noise(self._rng, len(t), 90.0 / GRID_S, 2) for _ in range(2)])
        heading = self._course_deg + 0.1 * noise(self._rng, len(t), 300.0 / GRID_S, 2)
        return self._add(0.15 * surge * ends, heading, status, 0.0, self._course_deg)

    def anchor(
        self,
        minutes: float,
        rig: Rig,
        weather: Weather,
        status: int = AT_ANCHOR,
        dragging: Callable[[Array, Array], Array] | None = None,
        yaw_deg: Callable[[Array], Array] | None = None,
    ) -> "Helm":
        """Let the anchor go under the bow, ride to it, heave it in and go on from there.

        The mark "anchor" is where it bites. `dragging` gives the way of the anchor over the ground
        (2, n) from seconds since the drop and the bearing to leeward; `yaw_deg` the amplitude of
        the yaw (n,) in its place of the weather's.
        """
        t = self._grid(minutes)
        lee, hang_m = weather.lies(self._rng, t, rig)
        sway, yaw = weather.horses(self._rng, t, None if yaw_deg is None else yaw_deg(t))
        paid = eased(t, 0.0, t[-1] + GRID_S, VEER_S)
        bow = self._at + unit(self._course_deg) * self.craft.to_bow_m
        self.marks["anchor"] = (self.t_s, *bow.tolist())
        heading = lee + 180.0 + yaw
        coming = 1.0 - eased(t, 0.0, np.inf, VEER_S)
        heading = heading + coming * (self._before(heading) - heading)
        way = unit(lee + sway) * hang_m * paid - unit(heading) * self.craft.to_bow_m
        if dragging is not None:
            way = way + dragging(t, lee)
        way = way + (bow - self._at)[:, None]
        return self._add(way, heading, status, 0.0, float(heading[-1]))

    def motion(
        self,
        middle: tuple[float, float],
        mark: str = "",
        east_m: float = 0.0,
        north_m: float = 0.0,
    ) -> Motion:
        """The movement about `middle` (lon, lat), moved so that `mark` is at a place.

        Without a mark nothing is moved. Metres are true in distance and bearing from the
        middle (azimuthal equidistant), within 1 degree of bearing out to 70 km.
        """
        way, heading, status = (
            np.concatenate([part[k] for part in self._parts], axis=-1) for k in range(3)
        )
        moved = np.array([east_m, north_m]) - self.marks[mark][1:] if mark else np.zeros(2)
        east, north = way + moved[:, None]
        n = len(status)
        t_s = self.t_s + GRID_S * (np.arange(n) - n + 1.0)
        lon, lat, _ = GEOD.fwd(
            np.full(n, middle[0]),
            np.full(n, middle[1]),
            np.degrees(np.arctan2(east, north)),
            np.hypot(east, north),
        )
        cog, sog = _over_ground(t_s, lon, lat)
        return Motion(t_s, lon, lat, sog, cog, np.unwrap(heading, period=360.0), status)

    def _grid(self, minutes: float) -> Array:
        return GRID_S * np.arange(1.0, round(minutes * 60.0 / GRID_S) + 1.0)

    def _before(self, angle_deg: Array) -> float:
        """The course before this phase, on the same round as the angle begins."""
        return float(angle_deg[0] + wrapped(self._course_deg - angle_deg[0]))

    def _turned(self, t: Array, course_deg: float) -> Array:
        turn = float(wrapped(course_deg - self._course_deg))
        turned: Array = self._course_deg + np.sign(turn) * np.minimum(abs(turn), TURN_DEG_S * t)
        return turned

    def _unsteady(self, t: Array, kn: float) -> tuple[Array, Array]:
        """Metres along and across by which a ship is off her reckoning; 0 at both ends.

        The rate of order-2 noise has the standard deviation of 1 / scale, so these amplitudes give
        the spread of speed and course.
        """
        slow_s, quick_s = (min(scale, t[-1] / 4.0) for scale in (1800.0, 90.0))
        still = eased(t, 0.0, t[-1] + GRID_S, slow_s)
        v = kn * KNOT_M_S
        along = SPEED_SPREAD * v * slow_s * noise(self._rng, len(t), slow_s / GRID_S, 2)
        across = (
            np.radians(STEERING_DEG) * v * quick_s * noise(self._rng, len(t), quick_s / GRID_S, 2)
        )
        return along * still, across * still

    def _add(
        self, way: Array, heading_deg: Array, status: int, kn: float, course_deg: float
    ) -> "Helm":
        self._parts.append(
            (self._at[:, None] + way, heading_deg, np.full(way.shape[1], status, np.uint8))
        )
        self._at = self._at + way[:, -1]
        self._course_deg, self._kn = course_deg, kn
        self.t_s += GRID_S * way.shape[1]
        return self


def _over_ground(t_s: Array, lon: Array, lat: Array) -> tuple[Array, Array]:
    """Course (without jumps at north) and speed in knots, from the positions on both sides."""
    before = np.maximum(np.arange(len(t_s)) - 1, 0)
    after = np.minimum(np.arange(len(t_s)) + 1, len(t_s) - 1)
    cog, _, way_m = GEOD.inv(lon[before], lat[before], lon[after], lat[after])
    sog: Array = way_m / (t_s[after] - t_s[before]) / KNOT_M_S
    return np.unwrap(cog, period=360.0), sog
