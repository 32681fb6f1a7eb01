"""A made-up day of the Danish AIS archive: ``python -m bench danish_day [FILE] [--rows N]``.

::

    fleet -> reports (second, ship), time-ordered -> chunks: movement -> text -> file

The file has the form of ``aisdk-YYYY-MM-DD.csv`` (26 columns), a whole day whatever N: about one
ship for 2,800 rows, so that a row costs a replay what it costs in a real day. Other benches take
:func:`write_danish`; run alone, this one prints how fast it writes and what it wrote.

=================  ================================================================================
ships              62 % class A, 33 % class B, base stations and aids; 81 % of ships lie still
intervals          ITU-R M.1371-5 by class and speed, still ships that claim to be under way 10 s
movement           passages along lanes (heard on the lane alone), ferries, loops on grounds, berths
columns            empty statics before a ship's first static message, then repeated on every row;
                   a third of the voyages change destination and ETA during the day
odd rows           0.3 %: see :data:`ODD`
=================  ================================================================================

Ships take their attributes from evenly spread sequences, so that a small file has the mix of a
large one. Memory is 14 bytes a row and 100 MB.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.danish import ships
from bench.danish.lanes import EARTH_M_PER_DEGREE as M_PER_DEGREE
from bench.danish.lanes import LANES
from bench.danish.ships import BASE, FERRY, LOOP, PASSAGE, Array, Fleet
from cablewatch.units import KNOT_M_S

HEADER = (
    "# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading,"
    "IMO,Callsign,Name,Ship type,Cargo type,Width,Length,Type of position fixing device,Draught,"
    "Destination,ETA,Data source type,A,B,C,D"
)
DAY_S = 86_400
CHUNK_ROWS = 200_000
ROWS_PER_SHIP = 1_500  # fewer than any fleet has, so that it never runs out
LOST = 0.08  # share of reports not received
POSITION_NOISE_M = 2.5

ODD = {  # kind: share of rows
    "no_position": 0.0015,  # 91 and 181, nothing else said: a static message's own row
    "no_speed": 0.0005,  # SOG, COG and heading empty
    "jump": 0.0003,  # 20-80 km beside the track
    "null_island": 0.0001,
    "foreign_statics": 0.0002,  # another ship's
    "bad_mmsi": 0.0002,
    "repeated": 0.0002,  # the row before again
}


@dataclass(frozen=True)
class _Texts:
    """Words of the columns; the last entry of the numeric ones is "not available"."""

    time: Any
    sender: Any  # mobile type and MMSI of a ship; the last is a bad MMSI
    status: Any
    rot: Any
    sog: Any
    cog: Any
    heading: Any
    tail: Any  # static columns and line end, three a ship: unsaid, said, changed


def write_danish(path: Path, rows: int, seed: int = 1, day: str = "18/11/2024") -> None:
    """Write exactly `rows` rows of one day, in order of time; the same for the same arguments."""
    rng = np.random.default_rng(seed)
    fleet = ships.fleet(rng, rows // ROWS_PER_SHIP + 40)
    second, ship = _reports(rng, fleet, rows)
    texts = _texts(fleet, day)
    with path.open("wb") as file:
        file.write(f"{HEADER}\r\n".encode())
        for k, start in enumerate(range(0, rows, CHUNK_ROWS)):
            part = slice(start, start + CHUNK_ROWS)
            own = np.random.default_rng([seed, k])
            file.write(_chunk(own, fleet, texts, second[part], ship[part]))


def _reports(rng: np.random.Generator, fleet: Fleet, rows: int) -> tuple[Array, Array]:
    """Second of the day and ship of `rows` reports, ordered by second, ships in any order."""
    seconds: list[Array] = []
    total = 0
    for k in range(len(fleet.mmsi)):
        seconds.append(_heard(rng, fleet, k))
        total += len(seconds[-1])
        if total >= rows:
            break
    else:
        raise ValueError(f"{len(fleet.mmsi)} ships report {total} times only, not {rows}")
    ship = np.repeat(np.arange(len(seconds), dtype=np.uint16), [len(own) for own in seconds])
    second = np.concatenate(seconds)
    kept = rng.permutation(total)[:rows]
    kept = kept[np.argsort(second[kept] + rng.random(rows, np.float32), kind="stable")]
    return second[kept], ship[kept]


def _heard(rng: np.random.Generator, fleet: Fleet, k: int) -> Array:
    """Seconds of the reports received from ship `k`."""
    interval_s = fleet.interval_s[k]
    n = int(DAY_S / interval_s) + 2
    step = interval_s * rng.uniform(0.92, 1.08, n)  # slots around the nominal moment
    t_s = np.cumsum(step) - rng.uniform(0, interval_s)
    keep = (t_s >= 0) & (t_s < DAY_S) & (rng.random(n) >= LOST)
    if fleet.motion[k] == PASSAGE:
        sailed = fleet.speed_m_s[k] * (t_s - fleet.start_s[k])
        keep &= (sailed >= 0) & (sailed <= LANES.length_m[fleet.lane[k]])
    elif fleet.motion[k] == FERRY:
        moving = _ferry(fleet, np.full(n, k), t_s)[1] != 0
        keep &= moving | (np.arange(n) % max(1, round(180 / interval_s)) == 0)
    return t_s[keep].astype(np.int32)


def _ferry(fleet: Fleet, k: Array, t_s: Array) -> tuple[Array, Array]:
    """Metres along the route and direction (+1 out, -1 back, 0 at a berth)."""
    sail_s = LANES.length_m[fleet.lane[k]] / fleet.speed_m_s[k]
    half_s = sail_s + fleet.dwell_s[k]
    phase = (t_s + fleet.start_s[k]) % (2 * half_s)
    back = phase >= half_s
    out_s = np.minimum(np.where(back, phase - half_s, phase), sail_s)
    along = out_s * fleet.speed_m_s[k]
    length_m = LANES.length_m[fleet.lane[k]]
    direction = np.where(out_s < sail_s, np.where(back, -1.0, 1.0), 0.0)
    return np.where(back, length_m - along, along), direction


def _moved(fleet: Fleet, k: Array, t_s: Array) -> tuple[Array, Array, Array, Array]:
    """True longitude, latitude, speed (kn) and course of ships `k` at times `t_s`."""
    lon, lat = fleet.lon[k].copy(), fleet.lat[k].copy()
    sog, cog = np.zeros(len(k)), fleet.heading[k].astype(np.float64)
    for motion, move in ((PASSAGE, _on_passage), (FERRY, _on_ferry), (LOOP, _on_loop)):
        at = np.flatnonzero(fleet.motion[k] == motion)
        lon[at], lat[at], sog[at], cog[at] = move(fleet, k[at], t_s[at])
    at = np.flatnonzero(fleet.swing_m[k] > 0)
    swing = fleet.heading[k[at]] + 60 * np.sin(t_s[at] / 9_000 + fleet.phase[k[at]])
    radians = np.radians(swing)
    lat[at] -= fleet.swing_m[k[at]] * np.cos(radians) / M_PER_DEGREE
    lon[at] -= fleet.swing_m[k[at]] * np.sin(radians) / M_PER_DEGREE / fleet.cos_lat[k[at]]
    cog[at] = swing % 360
    return lon, lat, sog, cog


def _on_passage(fleet: Fleet, k: Array, t_s: Array) -> tuple[Array, Array, Array, Array]:
    v, sway_s = fleet.speed_m_s[k], 7_200.0  # speed varies by 4 % over hours
    angle = 2 * np.pi * t_s / sway_s + fleet.phase[k]
    sailed = v * (t_s - fleet.start_s[k]) + 0.04 * v * sway_s / (2 * np.pi) * np.sin(angle)
    length_m = LANES.length_m[fleet.lane[k]]
    sailed = np.clip(sailed, 0, length_m)
    along = np.where(fleet.reverse[k], length_m - sailed, sailed)
    lon, lat, cog = LANES.at(fleet.lane[k], along)
    sog = v * (1 + 0.04 * np.cos(angle)) / KNOT_M_S
    return lon + fleet.lon[k], lat + fleet.lat[k], sog, (cog + 180 * fleet.reverse[k]) % 360


def _on_ferry(fleet: Fleet, k: Array, t_s: Array) -> tuple[Array, Array, Array, Array]:
    along, direction = _ferry(fleet, k, t_s)
    lon, lat, cog = LANES.at(fleet.lane[k], along)
    sog = np.abs(direction) * fleet.speed_m_s[k] / KNOT_M_S
    return lon + fleet.lon[k], lat + fleet.lat[k], sog, (cog + 180 * (direction < 0)) % 360


def _on_loop(fleet: Fleet, k: Array, t_s: Array) -> tuple[Array, Array, Array, Array]:
    v, size_m = fleet.speed_m_s[k], fleet.loop_m[k]
    east = v / size_m * t_s + fleet.phase[k]
    north = 1.272 * v / size_m * t_s + 2 * fleet.phase[k]
    v_east, v_north = v * np.cos(east), 1.272 * v * np.cos(north)
    lon = fleet.lon[k] + size_m * np.sin(east) / M_PER_DEGREE / fleet.cos_lat[k]
    lat = fleet.lat[k] + size_m * np.sin(north) / M_PER_DEGREE
    return lon, lat, np.hypot(v_east, v_north) / KNOT_M_S, np.degrees(np.arctan2(v_east, v_north))


def _chunk(
    rng: np.random.Generator, fleet: Fleet, texts: _Texts, second: Array, ship: Array
) -> memoryview:
    """The rows of one chunk as text."""
    n = len(ship)
    lon, lat, true_sog, true_cog = _moved(fleet, ship, second + 0.5)
    still = true_sog < 0.5
    noise_m = POSITION_NOISE_M * (fleet.mobile[ship] < BASE)
    lat += noise_m * rng.standard_normal(n) / M_PER_DEGREE
    lon += noise_m * rng.standard_normal(n) / M_PER_DEGREE / fleet.cos_lat[ship]
    sog = np.abs(true_sog + fleet.sog_noise_kn[ship] * rng.standard_normal(n))
    cog = true_cog + fleet.cog_noise_deg[ship] * rng.standard_normal(n)
    cog = np.where(still, rng.uniform(0, 360, n), cog)
    heading = np.round(true_cog + fleet.drift_deg[ship]).astype(np.int64) % 360
    mute = fleet.mobile[ship] >= BASE
    columns = {
        "second": second,
        "sender": ship.astype(np.int64),
        "status": np.where(still, fleet.still_status[ship], fleet.moving_status[ship]),
        "rot": np.where(fleet.turns[ship], np.round(rng.normal(0, 3, n) * ~still) + 50, 101),
        "sog": np.where(mute, 1_024, np.minimum(np.round(sog * 10), 1_022)),
        "cog": np.where(mute, 3_600, np.round(cog * 10) % 3_600),
        "heading": np.where(fleet.has_heading[ship], heading, 360),
        "tail": 3 * ship.astype(np.int64)
        + (second >= fleet.static_s[ship])
        + (second >= fleet.change_s[ship]),
    }
    repeated = _make_odd(rng, columns, lon, lat, len(fleet.mmsi))
    return _text(texts, columns, lon, lat, repeated)


def _make_odd(
    rng: np.random.Generator, columns: dict[str, Array], lon: Array, lat: Array, n_ships: int
) -> Array:
    """Spoil some rows in place; which rows to write: rows to repeat stand twice."""
    n = len(lon)
    kinds = np.searchsorted(np.cumsum(list(ODD.values())), rng.random(n), side="right")
    rows = {kind: np.flatnonzero(kinds == i) for i, kind in enumerate(ODD)}
    at = rows["no_position"]
    lon[at], lat[at] = 181.0, 91.0
    columns["status"][at] = len(ships.STATUSES) - 1
    columns["rot"][at] = 101
    at = np.concatenate([at, rows["no_speed"]])
    columns["sog"][at], columns["cog"][at], columns["heading"][at] = 1_024, 3_600, 360
    at = rows["jump"]
    lon[at] += rng.choice([-1, 1], len(at)) * rng.uniform(0.3, 1.2, len(at))
    at = rows["null_island"]
    lon[at], lat[at] = 0.0, 0.0
    columns["tail"][rows["foreign_statics"]] = 3 * rng.integers(0, n_ships) + 1
    columns["sender"][rows["bad_mmsi"]] = n_ships
    written = np.arange(n)
    at = rows["repeated"][rows["repeated"] > 0]
    written[at] = at - 1
    return written


def _text(
    texts: _Texts, columns: dict[str, Array], lon: Array, lat: Array, rows: Array
) -> memoryview:
    def words(column: Any, codes: Array) -> Any:
        return column.take(pa.array(codes.astype(np.int32)))

    joined = pc.binary_join_element_wise(
        words(texts.time, columns["second"]),
        words(texts.sender, columns["sender"]),
        pc.cast(pa.array(np.round(lat, 6)), pa.string()),
        pc.cast(pa.array(np.round(lon, 6)), pa.string()),
        words(texts.status, columns["status"]),
        words(texts.rot, columns["rot"]),
        words(texts.sog, columns["sog"]),
        words(texts.cog, columns["cog"]),
        words(texts.heading, columns["heading"]),
        words(texts.tail, columns["tail"]),
        ",",
    ).take(pa.array(rows))
    offsets = np.frombuffer(joined.buffers()[1], np.int32)
    return memoryview(joined.buffers()[2])[: int(offsets[len(joined)])]


def _texts(fleet: Fleet, day: str) -> _Texts:
    def clock(s: int) -> str:
        return f"{day} {s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}"

    senders = zip(fleet.mobile.tolist(), fleet.mmsi.tolist(), strict=True)
    return _Texts(
        time=pa.array([clock(s) for s in range(DAY_S)]),
        sender=pa.array(
            [f"{ships.MOBILES[kind]},{mmsi}" for kind, mmsi in senders] + ["Class A,0"]
        ),
        status=pa.array(ships.STATUSES),
        rot=pa.array([f"{value / 10:.1f}" for value in range(-50, 51)] + [""]),
        sog=pa.array([f"{value / 10:.1f}" for value in range(1_024)] + [""]),
        cog=pa.array([f"{value / 10:.1f}" for value in range(3_600)] + [""]),
        heading=pa.array([str(value) for value in range(360)] + [""]),
        tail=pa.array([f"{text}\r\n" for text in ships.tails(fleet, day)]),
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("file", type=Path, nargs="?", help="left out: a temporary file")
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.file or Path(folder) / "day.csv"
        start_s = time.perf_counter()
        write_danish(path, options.rows, options.seed)
        taken_s = time.perf_counter() - start_s
        size_mb = path.stat().st_size / 1e6
    print(f"{options.rows:,} rows, {size_mb:,.0f} MB in {taken_s:.1f} s")


if __name__ == "__main__":
    main()
