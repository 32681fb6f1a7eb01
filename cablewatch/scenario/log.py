"""Reports to what a reader gets: sentences of a log, or columns."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from cablewatch.batches import Batch
from cablewatch.fixes import Array, Fixes, FixFlag, Stations
from cablewatch.scenario import encode
from cablewatch.scenario.reception import Site
from cablewatch.vessels.statics import STATIC_NAMES, Statics

CHUNK_ROWS = 100_000  # messages encoded at once
STATIC_KINDS, CLASS_B = (5, 24), 18  # message types, ITU-R M.1371-5


def chunks(reports: Array, vessels: Array, sites: Sequence[Site]) -> Iterator[bytes]:
    """Sentences of `reports` (rows of ``reception.REPORT_DTYPE``) in chunks of whole lines.

    `vessels` holds rows of ``statics.STATIC_DTYPE``, to which the column ``vessel`` refers.
    """
    names = np.array([name.encode() for name, _, _ in sites])
    for start in range(0, len(reports), CHUNK_ROWS):
        yield _sentences(reports[start : start + CHUNK_ROWS], vessels, names, start)


def write(path: Path, lines: Iterable[bytes]) -> int:
    """Write all sentences to `path`; returns the number of bytes."""
    with path.open("wb") as out:
        return sum(out.write(chunk) for chunk in lines)


def columns(reports: Array, vessels: Array, sites: Sequence[Site], stations: Stations) -> Batch:
    """The fixes and static messages that a reader makes of the sentences, to their last digit."""
    codes = np.array([stations.code(name) for name, _, _ in sites], np.uint16)
    static = np.isin(reports["kind"], STATIC_KINDS)
    rows = reports[~static]
    fixes = Fixes.from_columns(
        t_ms=rows["received_s"] * 1000,
        mmsi=rows["mmsi"],
        lon_deg=np.round(rows["lon_deg"] * 600_000) / 600_000,
        lat_deg=np.round(rows["lat_deg"] * 600_000) / 600_000,
        sog_kn=np.round(rows["sog_kn"].astype(float) * 10) / 10,
        cog_deg=np.round(rows["cog_deg"].astype(float) * 10) % 3600 / 10,
        heading_deg=np.round(rows["heading_deg"]) % 360,
        nav_status=rows["nav_status"],
        flags=np.where(rows["kind"] == CLASS_B, int(FixFlag.CLASS_B), 0),
        station=codes[rows["station"]],
    )
    said, before = reports[static], np.cumsum(~static)[static]
    fields = {name: vessels[said["vessel"]][name] for name in STATIC_NAMES}
    t_ms = said["received_s"] * 1000
    return Batch(fixes, Statics.from_columns(t_ms=t_ms, mmsi=said["mmsi"], after=before, **fields))


def _sentences(rows: Array, vessels: Array, names: Array, first: int) -> bytes:
    """Encode the messages `rows` as lines; `first` is the number of the first one in the file."""
    number = first + np.arange(len(rows))
    station, channel = names[rows["station"]], np.array([b"A", b"B"])[number % 2]
    blocks: list[tuple[Array, Array]] = []
    for kind in (1, 3, 5, 18, 24):
        at = np.flatnonzero(rows["kind"] == kind)
        if not len(at):
            continue
        row, ship = rows[at], vessels[rows["vessel"][at]]
        frame = station[at], row["received_s"], channel[at]
        if kind == 5:
            text = encode.line_pairs(encode.static_a(ship), *frame, number[at])
        elif kind == 24:
            name, craft = encode.static_b_name(ship), encode.static_b_type(ship)
            text = np.hstack([encode.lines(name, *frame), encode.lines(craft, *frame)])
        elif kind == 18:
            text = encode.lines(encode.positions_b(row), *frame)
        else:
            text = encode.lines(encode.positions_a(row, kind), *frame)
        blocks.append((at, text))
    return _interleaved(len(rows), blocks)


def _interleaved(n: int, blocks: list[tuple[Array, Array]]) -> bytes:
    """Rows of blocks of several widths, each at its place."""
    width = np.zeros(n, np.int64)
    for at, text in blocks:
        width[at] = text.shape[1]
    start = np.cumsum(width) - width
    out = np.empty(int(width.sum()), np.uint8)
    for at, text in blocks:
        out[start[at][:, None] + np.arange(text.shape[1])] = text
    return out.tobytes()
