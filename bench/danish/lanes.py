"""Lanes, ferries, ports and grounds of Danish waters as longitude, latitude; laid by hand."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cablewatch.scenario import lanes as baltic

EARTH_M_PER_DEGREE = 111_195.0
EAST_END_DEG = 19.2  # the Danish stations hear no farther
_SKAW = ((7.0, 57.3), (8.5, 57.6), (9.8, 57.85), (10.7, 57.85), (11.1, 57.6))
_KATTEGAT = ((11.45, 57.1), (11.6, 56.6), (11.35, 56.25))
_GREAT_BELT = ((11.0, 55.95), (10.95, 55.6), (11.03, 55.33), (10.85, 54.95), (10.75, 54.65))
_SOUND_NORTH = ((11.9, 56.35), (12.5, 56.15), (12.66, 56.03), (12.72, 55.85), (12.74, 55.6))
_SOUND_SOUTH = ((12.68, 55.4), (12.85, 55.15), (13.6, 55.0), (14.05, 55.06))
_BORNHOLMSGAT = ((14.6, 55.42), (15.2, 55.55), (16.2, 55.75), (17.6, 55.95), (18.6, 56.15))
_KADET = ((11.15, 54.6), (11.7, 54.42), (12.2, 54.55), (12.55, 54.7), (13.1, 54.86), (14.05, 55.06))
_GDANSK = ((13.7, 54.85), (15.0, 54.8), (16.5, 55.0), (18.6, 55.1))

PASSAGES = {  # path: share of the traffic
    (*_SKAW, *_KATTEGAT, *_GREAT_BELT, *_KADET, *_BORNHOLMSGAT): 0.28,
    (*_SKAW, *_KATTEGAT[:2], *_SOUND_NORTH, *_SOUND_SOUTH, *_BORNHOLMSGAT): 0.22,
    ((10.15, 54.45), (10.5, 54.6), *_KADET, *_BORNHOLMSGAT): 0.16,
    ((10.15, 54.45), (10.5, 54.6), *_KADET[:5], *_GDANSK): 0.10,
    ((6.5, 55.2), (7.3, 56.0), (7.4, 56.9), *_SKAW[1:]): 0.08,
    ((6.3, 54.6), (7.3, 55.3), (8.2, 55.45)): 0.05,
    (*_SKAW[3:], (11.6, 57.65)): 0.05,
    tuple(p for p in baltic.LULEA_LANE if p[0] < EAST_END_DEG or p[1] < 59): 0.02,
    tuple(p for p in baltic.WEST_LANE if p[0] < EAST_END_DEG): 0.04,
}  # fmt: skip
FERRIES = (
    ((11.35, 54.65), (11.23, 54.51)),
    ((12.62, 56.035), (12.69, 56.043)),
    ((10.55, 57.44), (11.1, 57.6), (11.85, 57.68)),
    ((9.97, 57.6), (9.0, 57.85), (8.0, 58.12)),
    ((10.25, 56.15), (10.8, 56.05), (11.33, 55.98)),
    ((10.83, 54.93), (11.02, 54.88)),
    ((11.92, 54.57), (12.1, 54.2)),
    *(path for path, _ in baltic.FERRY_ROUTES if max(lon for lon, _ in path) < EAST_END_DEG),
)
PORTS = {
    "Copenhagen": (12.6, 55.69), "Esbjerg": (8.43, 55.47), "Skagen": (10.59, 57.72),
    "Frederikshavn": (10.54, 57.43), "Hirtshals": (9.96, 57.59), "Hanstholm": (8.6, 57.12),
    "Thyboron": (8.22, 56.7), "Hvide Sande": (8.12, 56.0), "Aarhus": (10.23, 56.15),
    "Fredericia": (9.75, 55.56), "Odense": (10.4, 55.47), "Ronne": (14.69, 55.1),
    "Nexo": (15.13, 55.06), "Kiel": (10.15, 54.33), "Rostock": (12.1, 54.15),
    "Travemunde": (10.87, 53.96), "Sassnitz": (13.65, 54.51), "Goteborg": (11.9, 57.69),
    "Malmo": (13.0, 55.62), "Trelleborg": (13.15, 55.37), "Ystad": (13.82, 55.42),
    "Helsingborg": (12.69, 56.04), "Aalborg": (9.93, 57.05), "Korsor": (11.13, 55.33),
    "Kalundborg": (11.09, 55.68), "Grenaa": (10.93, 56.41), "Swinoujscie": (14.26, 53.91),
    "Karlskrona": (15.6, 56.16), "Kalmar": (16.37, 56.66), "Gdansk": (18.67, 54.4),
}  # fmt: skip
ANCHORAGES = (
    (10.75, 57.76), (12.72, 55.77), (10.35, 54.5), (12.05, 54.27), (14.35, 54.1), (15.25, 54.95),
    (11.2, 55.75), (10.75, 56.35), (8.0, 55.4), (13.0, 55.25), (18.85, 54.48),
)  # fmt: skip
GROUNDS = (
    (8.3, 57.4), (7.5, 56.6), (7.2, 55.8), (10.9, 57.4), (11.5, 56.9), (15.8, 55.3), (14.6, 54.8),
    (16.9, 54.95), (10.5, 54.55), (12.9, 55.3), (12.4, 54.65), (10.4, 56.0), (10.1, 58.0),
    (14.9, 55.2), (17.35, 55.4), (11.4, 54.5),
)  # fmt: skip


class Lanes:
    """Polylines with rounded corners, addressed by number and metres from the start."""

    def __init__(self, paths: Sequence[Sequence[tuple[float, float]]]) -> None:
        lines = [_rounded(np.array(path)) for path in paths]
        steps = [_steps_m(line) for line in lines]
        self.length_m = np.array([step.sum() for step in steps])
        self._base_m = np.concatenate([[0.0], np.cumsum(self.length_m + 1.0)])[:-1]
        along = [np.concatenate([[0.0], np.cumsum(step)]) for step in steps]
        self._along_m = np.concatenate(
            [base + m for base, m in zip(self._base_m, along, strict=True)]
        )
        self._points = np.concatenate(lines)

    def at(
        self, lane: NDArray[np.int64], along_m: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Longitude, latitude and course at metres from the start of each lane."""
        wanted = self._base_m[lane] + np.clip(along_m, 0.001, self.length_m[lane] - 0.001)
        k = np.searchsorted(self._along_m, wanted, side="right") - 1
        a, b = self._points[k], self._points[k + 1]
        part = (wanted - self._along_m[k]) / (self._along_m[k + 1] - self._along_m[k])
        lon, lat = (a + (b - a) * part[:, None]).T
        east = (b[:, 0] - a[:, 0]) * np.cos(np.radians((a[:, 1] + b[:, 1]) / 2))
        return lon, lat, np.degrees(np.arctan2(east, b[:, 1] - a[:, 1])) % 360


def _rounded(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corners cut four times (Chaikin 1974)."""
    for _ in range(4):
        a, b = points[:-1], points[1:]
        inner = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], axis=1).reshape(-1, 2)
        points = np.concatenate([points[:1], inner[1:-1], points[-1:]])
    return points


def _steps_m(points: NDArray[np.float64]) -> NDArray[np.float64]:
    step = np.diff(points, axis=0)
    mid = np.radians((points[1:, 1] + points[:-1, 1]) / 2)
    return EARTH_M_PER_DEGREE * np.hypot(step[:, 0] * np.cos(mid), step[:, 1])


LANES = Lanes([*PASSAGES, *FERRIES])
