"""What befalls reports: ships that fall silent, stations that fail, receivers that are misled.

Every function gives an :data:`~cablewatch.scenario.scenes.model.Edit`. Times are Unix seconds.
Figures are assumed unless a source is on the line.
"""

import numpy as np

from cablewatch.fixes import Array
from cablewatch.scenario.scenes.model import Edit
from cablewatch.scenario.ship import GEOD
from cablewatch.units import KNOT_M_S


def silent(from_s: float, to_s: float) -> Edit:
    """The ship sends nothing, or nobody hears her, in between."""

    def edit(rows: Array) -> Array:
        kept: Array = rows[(rows["t_s"] < from_s) | (rows["t_s"] >= to_s)]
        return kept

    return edit


def station_down(station: int, from_s: float, to_s: float) -> Edit:
    """A station hears nothing in between."""

    def edit(rows: Array) -> Array:
        down = (rows["station"] == station) & (rows["t_s"] >= from_s) & (rows["t_s"] < to_s)
        kept: Array = rows[~down]
        return kept

    return edit


def in_passes(first_s: float, every_s: tuple[float, ...], lasting_s: float = 600.0) -> Edit:
    """Heard from satellites: for ten minutes each hour or two, and a third of the reports then.

    A satellite in a low orbit is above the horizon for ten minutes or so; slot collisions over its
    wide view lose most reports. `every_s` are the times from pass to pass, in turn.
    """

    def edit(rows: Array) -> Array:
        starts = first_s + np.concatenate([[0.0], np.cumsum(np.resize(every_s, 200))])
        into = (
            rows["t_s"] - starts[np.maximum(np.searchsorted(starts, rows["t_s"], "right") - 1, 0)]
        )
        heard = (into >= 0) & (into < lasting_s) & (rows["t_s"] % 3 == 0)
        kept: Array = rows[heard]
        return kept

    return edit


def thinned(every_s: float) -> Edit:
    """An archive that keeps one report in `every_s` of each ship."""

    def edit(rows: Array) -> Array:
        _, first = np.unique(rows["t_s"] // every_s, return_index=True)
        kept: Array = rows[np.sort(first)]
        return kept

    return edit


def renumbered(mmsi: int, from_s: float, to_s: float) -> Edit:
    """The set sends another number in between."""

    def edit(rows: Array) -> Array:
        out = rows.copy()
        out["mmsi"][(rows["t_s"] >= from_s) & (rows["t_s"] < to_s)] = mmsi
        return out

    return edit


def circling(
    from_s: float, to_s: float, lon_deg: float, lat_deg: float, radius_m: float, kn: float
) -> Edit:
    """Spoofed: the receiver reports a circle, with the speed and course of going round it.

    Circles of a kilometre or so at steady speeds, far from the ship, are what is published of
    spoofing at ports and in the eastern Baltic.
    """

    def edit(rows: Array) -> Array:
        out, misled = _misled(rows, from_s, to_s)
        turned = np.degrees((rows["t_s"][misled] - from_s) * kn * KNOT_M_S / radius_m)
        out["lon_deg"][misled], out["lat_deg"][misled] = _around(lon_deg, lat_deg, turned, radius_m)
        out["sog_kn"][misled] = kn
        out["cog_deg"][misled] = (turned + 90.0) % 360.0
        return out

    return edit


def on_one_point(from_s: float, to_s: float, lon_deg: float, lat_deg: float) -> Edit:
    """Spoofed: the receiver reports one point, at rest, to the last digit."""

    def edit(rows: Array) -> Array:
        out, misled = _misled(rows, from_s, to_s)
        out["lon_deg"][misled], out["lat_deg"][misled] = lon_deg, lat_deg
        out["sog_kn"][misled] = 0.0
        return out

    return edit


def frozen(from_s: float, to_s: float) -> Edit:
    """Jammed: the set goes on sending its last position, speed and course."""

    def edit(rows: Array) -> Array:
        out, misled = _misled(rows, from_s, to_s)
        before = np.flatnonzero(rows["t_s"] < from_s)
        if len(before) and misled.any():
            last = before[np.argmax(rows["t_s"][before])]
            for name in ("lon_deg", "lat_deg", "sog_kn", "cog_deg"):
                out[name][misled] = rows[name][last]
        return out

    return edit


def _misled(rows: Array, from_s: float, to_s: float) -> tuple[Array, Array]:
    return rows.copy(), (rows["t_s"] >= from_s) & (rows["t_s"] < to_s)


def _around(
    lon_deg: float, lat_deg: float, bearing_deg: Array, away_m: float
) -> tuple[Array, Array]:
    n = len(bearing_deg)
    lon, lat, _ = GEOD.fwd(
        np.full(n, lon_deg), np.full(n, lat_deg), bearing_deg, np.full(n, away_m)
    )
    return lon, lat
