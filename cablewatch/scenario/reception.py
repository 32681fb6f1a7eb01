"""From true movement to the reports of a receiver network: intervals, losses, noise, copies.

The transponder sends at the intervals of ITU-R M.1371-5; shore stations hear what is in range, an
archive thins it, fades and outages tear holes, instruments add noise, some reports arrive twice,
and a few lines come out of order. Every stage is drawn from the ship's own generator.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cablewatch.fixes import Array
from cablewatch.scenario.ship import Motion, noise, offset

Site = tuple[str, float, float]
"""A receiving station: name of six characters, longitude and latitude in degrees."""

REPORT_DTYPE = np.dtype(
    [
        ("order_s", "f8"),  # place in the file
        ("t_s", "i8"),  # time of the position, Unix seconds
        ("received_s", "i8"),  # time in the tag block, Unix seconds
        ("mmsi", "i4"),
        ("kind", "u1"),  # message type 1, 3, 5, 18 or 24
        ("station", "u1"),  # index into the stations
        ("vessel", "u2"),  # index into the scenario's vessels
        ("lon_deg", "f8"),
        ("lat_deg", "f8"),
        ("sog_kn", "f4"),
        ("cog_deg", "f4"),
        ("heading_deg", "f4"),
        ("nav_status", "u1"),
    ]
)
"""One row per message in the file; NaN is "not available"."""

STATIONS: tuple[Site, ...] = (  # sites assumed, on coasts round the Baltic
    ("fi-kot", 26.9, 60.4),
    ("fi-hel", 24.9, 60.1),
    ("fi-uto", 21.4, 59.8),
    ("ee-tal", 24.8, 59.5),
    ("ee-hii", 22.2, 58.9),
    ("lv-ven", 21.5, 57.4),
    ("lt-kla", 21.1, 55.7),
    ("pl-hel", 18.8, 54.6),
    ("pl-swi", 14.3, 53.9),
    ("de-ark", 13.4, 54.7),
    ("de-kie", 10.2, 54.4),
    ("dk-ged", 12.0, 54.6),
    ("dk-bhm", 15.1, 55.1),
    ("se-tre", 13.2, 55.4),
    ("se-old", 16.4, 56.2),
    ("se-hob", 18.2, 56.9),
    ("se-got", 18.8, 57.9),
    ("se-lan", 17.9, 58.7),
    ("dk-rec", np.nan, np.nan),  # carries the recorded key frames and nothing else
)
RECORDED_STATION = len(STATIONS) - 1

RANGE_NM = 75.0  # nm at which half is heard, mast of some 100 m; assumed
RANGE_FALL_NM = 8.0  # nm over which that falls; assumed
HEARD = 0.85  # share heard near a station, slot collisions included; assumed
COPIES = 0.15  # share of what a second station hears that an archive still holds; assumed
FADES_PER_H = 0.4  # fades of 30-300 s a ship and hour; assumed
LATE = 0.03  # share of lines written up to 4 s late; assumed
LATE_MAX_S = 4.0

AT_REST = (1, 5)  # status "at anchor", "moored"; ITU-R M.1371-5 table 45

SOG_SD_KN = 0.04  # Danish feed, 2013
COG_SD_DEG = 0.47  # Danish feed, 2013
COG_DRIFT_KN = 0.03  # kn of velocity noise abeam; assumed: wild courses of ships lying still


@dataclass(frozen=True, slots=True)
class Outage:
    """Receivers of a region that are down; times in Unix seconds."""

    west_deg: float
    south_deg: float
    east_deg: float
    north_deg: float
    start_s: float
    end_s: float

    def covers(self, t_s: Array, lon_deg: Array, lat_deg: Array) -> Array:
        """Whether a place and time lies in the outage (n,)."""
        inside: Array = (
            (t_s >= self.start_s)
            & (t_s < self.end_s)
            & (lon_deg >= self.west_deg)
            & (lon_deg <= self.east_deg)
            & (lat_deg >= self.south_deg)
            & (lat_deg <= self.north_deg)
        )
        return inside


def receive(
    rng: np.random.Generator,
    motion: Motion,
    interval_s: Array,
    class_b: bool,
    with_heading: bool,
    sites: Sequence[Site] = STATIONS[:RECORDED_STATION],
    outages: tuple[Outage, ...] = (),
) -> Array:
    """Give the rows (mmsi and vessel left 0) that an archive holds of one ship.

    `interval_s` (n,) goes with the rows of `motion`: :func:`archived_s` or :func:`transmitted_s`.
    """
    t_s = _sent_s(rng, motion, interval_s)
    reports = _measured(rng, motion, t_s, class_b, with_heading)
    lon, lat = reports["lon_deg"], reports["lat_deg"]
    station, heard, second, copied = _stations(rng, lon, lat, sites)
    heard &= ~_faded(rng, t_s)
    for outage in outages:
        heard &= ~outage.covers(t_s, lon, lat)
    reports["station"] = station
    copies = reports[heard & copied]
    copies["station"] = second[heard & copied]
    copies["received_s"] += rng.random(len(copies)) < 0.3  # a clock 1 s behind; assumed
    kept = np.concatenate([reports[heard], copies])
    late = (rng.random(len(kept)) < LATE) * rng.uniform(0.0, LATE_MAX_S, len(kept))
    kept["order_s"] = kept["received_s"] + late
    return kept


def static_times_s(rng: np.random.Generator, reports: Array, every_s: float) -> Array:
    """Rows of `reports` after which a static message is heard: one in `every_s` at most."""
    if not len(reports):
        return reports
    slot = (reports["received_s"] + rng.uniform(0, every_s)) // every_s
    _, first = np.unique(slot, return_index=True)
    return reports[first]


def archived_s(motion: Motion, class_b: bool) -> Array:
    """Seconds (n,) between the reports that an archive of one report in some 10 s keeps.

    Intervals of ITU-R M.1371-5 tables 1 and 2, the 6 s and those of a turning ship thinned to 7 s.
    """
    sog = motion.sog_kn
    if class_b:
        return np.where(sog <= 2.0, 180.0, 30.0)
    still = (sog < 0.5) | (np.isin(motion.nav_status, AT_REST) & (sog <= 3.0))
    return np.where(still, 180.0, np.where(sog < 14.0, 10.0, 7.0))


def transmitted_s(motion: Motion, class_b: bool) -> Array:
    """Seconds (n,) between the reports that the transponder sends: ITU-R M.1371-5 tables 1 and 2.

    Class A at rest is a ship that says so: one that drifts "under way" reports each 10 s. She turns
    when her heading is 5 degrees off its mean of 30 s.
    """
    sog = motion.sog_kn
    if class_b:
        return np.where(sog <= 2.0, 180.0, 30.0)
    off_deg = np.abs(np.gradient(motion.heading_deg, motion.t_s)) * 15.0
    moving = np.select([sog < 14.0, sog < 23.0], [10.0, 6.0], 2.0)
    turning = np.where(sog < 14.0, 10.0 / 3.0, 2.0)
    at_rest = np.isin(motion.nav_status, AT_REST) & (sog <= 3.0)
    return np.where(at_rest, 180.0, np.where(off_deg > 5.0, turning, moving))


def _sent_s(rng: np.random.Generator, motion: Motion, interval_s: Array) -> Array:
    """Whole seconds at which a report is sent and kept."""
    dt_s = motion.t_s[1] - motion.t_s[0]
    count = np.cumsum(dt_s / interval_s)
    n = int(count[-1])
    slots = np.arange(n) + rng.uniform(0, 1) + rng.uniform(-0.15, 0.15, n)
    sent = np.round(np.interp(np.clip(slots, count[0], count[-1]), count, motion.t_s))
    return np.unique(sent).astype(np.int64)


def _measured(
    rng: np.random.Generator, motion: Motion, t_s: Array, class_b: bool, with_heading: bool
) -> Array:
    """Measure at `t_s` with the noise of GNSS, log and compass, not yet quantised."""
    rows = np.zeros(len(t_s), REPORT_DTYPE)
    at = {
        name: np.interp(t_s, motion.t_s, getattr(motion, name))
        for name in ("lon_deg", "lat_deg", "sog_kn", "cog_deg", "heading_deg")
    }
    sd_m = rng.uniform(1.0, 3.0)  # m, GNSS; assumed
    dt_s = motion.t_s[1] - motion.t_s[0]
    east, north = (noise(rng, len(motion), 300.0 / dt_s) * sd_m for _ in range(2))
    bearing = np.degrees(np.arctan2(east, north))
    away = np.hypot(east, north)
    grid_lon, grid_lat = offset(motion.lon_deg, motion.lat_deg, bearing, away)
    rows["lon_deg"] = np.interp(t_s, motion.t_s, grid_lon)
    rows["lat_deg"] = np.interp(t_s, motion.t_s, grid_lat)
    rows["t_s"] = rows["received_s"] = t_s
    rows["sog_kn"] = np.abs(at["sog_kn"] + rng.normal(0, SOG_SD_KN, len(t_s)))
    cog_sd = np.hypot(COG_SD_DEG, np.degrees(np.arctan2(COG_DRIFT_KN, at["sog_kn"])))
    rows["cog_deg"] = (at["cog_deg"] + rng.normal(0, 1, len(t_s)) * cog_sd) % 360.0
    heading = (at["heading_deg"] + rng.normal(0, 0.2, len(t_s))) % 360.0  # gyro; assumed
    rows["heading_deg"] = heading if with_heading else np.nan
    nearest = np.clip(np.searchsorted(motion.t_s, t_s), 0, len(motion) - 1)
    rows["nav_status"] = motion.nav_status[nearest]
    if class_b:
        rows["kind"], rows["nav_status"] = 18, 15
    else:
        rows["kind"] = np.where(_turning(motion)[nearest], 3, 1)
    return rows


def _turning(motion: Motion) -> Array:
    """Whether the heading turns faster than 10 deg/min: such reports are of type 3."""
    rate: Array = np.abs(np.gradient(motion.heading_deg, motion.t_s)) * 60.0
    return rate > 10.0


def _stations(
    rng: np.random.Generator, lon: Array, lat: Array, sites: Sequence[Site]
) -> tuple[Array, Array, Array, Array]:
    """Nearest station, whether it heard; second nearest, whether the archive holds its copy.

    There are two stations at least.
    """
    places = np.array([site[1:] for site in sites])
    block = np.arange(0, max(len(lon), 1), 50)  # a ship is 4 nm on after 50 reports at most
    if not len(lon):
        none = np.zeros(0, bool)
        return none.astype(np.uint8), none, none.astype(np.uint8), none
    east = (lon[block, None] - places[:, 0]) * np.cos(np.radians(lat[block, None]))
    away_nm = 60.0 * np.hypot(east, lat[block, None] - places[:, 1])
    ranked = np.argsort(away_nm, axis=1)[:, :2]
    chance = HEARD / (1.0 + np.exp((away_nm - RANGE_NM) / RANGE_FALL_NM))
    at = np.arange(len(lon)) // 50
    first, second = (ranked[:, k].astype(np.uint8) for k in (0, 1))
    p_first = chance[np.arange(len(block)), first][at]
    p_second = chance[np.arange(len(block)), second][at]
    u, v = rng.random(len(lon)), rng.random(len(lon))
    return first[at], u < p_first, second[at], v < COPIES * p_second


def _faded(rng: np.random.Generator, t_s: Array) -> Array:
    """Whether a report falls into a fade: 30-300 s, log-uniform, at random times."""
    if not len(t_s):
        return np.zeros(0, bool)
    hours = (t_s[-1] - t_s[0]) / 3600.0
    n = rng.poisson(FADES_PER_H * hours)
    start = np.sort(rng.uniform(t_s[0], t_s[-1], n))
    end = start + 30.0 * 10.0 ** rng.uniform(0, 1, n)
    before = np.searchsorted(start, t_s, side="right")
    reach = np.concatenate([[-np.inf], np.maximum.accumulate(end)])
    faded: Array = t_s < reach[before]
    return faded
