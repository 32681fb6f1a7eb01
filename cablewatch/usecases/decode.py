"""Decode: archives of any format into one table of fixes, which replay reads back."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from cablewatch.archives import ReadOptions, Refused, opened
from cablewatch.archives.options import DEFAULTS
from cablewatch.errors import ArchiveError, UsageError
from cablewatch.fixes import Fixes, Stations


@dataclass
class Decoded:
    """What was decoded, and what was not."""

    fixes: int = 0
    mmsi: set[int] = field(default_factory=set)
    refused: Refused = field(default_factory=Refused)
    errors: list[ArchiveError] = field(default_factory=list)
    strays: list[ArchiveError] = field(default_factory=list)  # files in folders, no archives

    @property
    def ships(self) -> int:
        """Different MMSI among the fixes."""
        return len(self.mmsi)


SCHEMA = pa.schema(
    [
        ("time_utc", pa.timestamp("ms", "UTC")),
        ("mmsi", pa.int32()),
        ("lon", pa.float64()),
        ("lat", pa.float64()),
        ("sog_kn", pa.float32()),
        ("cog_deg", pa.float32()),
        ("heading_deg", pa.float32()),
        ("nav_status", pa.uint8()),
    ]
)


def decode(
    paths: Sequence[Path],
    output: Path,
    *,
    options: ReadOptions = DEFAULTS,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Decoded:
    """Write the fixes of archives, file by file in time order, as ``.parquet`` or ``.csv``.

    Raises
    ------
    ArchiveError, UsageError
        An archive cannot be opened, or the output's ending is neither.
    """
    writers = {".parquet": _parquet, ".csv": _csv}
    if output.suffix not in writers:
        raise UsageError(str(output), "unknown ending", "end it in .parquet or .csv")
    source = opened(paths, options, Stations())
    archives = source.archives
    result = Decoded(errors=source.errors, strays=source.strays)
    if output.exists() and any(archive.path.samefile(output) for archive in archives):
        raise UsageError(str(output), "is one of the inputs", "choose another file")
    total = sum(archive.size_bytes for archive in archives)
    before = 0
    unfinished = output.with_name(output.name + ".tmp")
    try:
        writer = writers[output.suffix](unfinished)
    except OSError as error:
        raise UsageError(
            str(output), f"cannot be written: {error.strerror}", "choose another file"
        ) from error
    with writer:
        for archive in archives:
            try:
                for batch in archive.batches(partial(_advance, progress, before, total)):
                    writer.write_table(_table(batch.fixes))
                    result.fixes += len(batch.fixes)
                    result.mmsi.update(set(batch.fixes.mmsi.tolist()))
            except ArchiveError as error:
                result.errors.append(error)
            before += archive.size_bytes
            result.refused.merge(archive.refused)
    os.replace(unfinished, output)
    return result


def _advance(progress: Callable[[int, int], None], before: int, total: int, read: int) -> None:
    progress(before + read, total)


def _parquet(path: Path) -> pq.ParquetWriter:
    return pq.ParquetWriter(path, SCHEMA, compression="zstd")


def _csv(path: Path) -> pa_csv.CSVWriter:
    return pa_csv.CSVWriter(path, SCHEMA)


def _table(fixes: Fixes) -> pa.Table:
    columns = [
        pa.array(fixes.t_ms, pa.timestamp("ms", "UTC")),
        fixes.mmsi,
        fixes.lon_deg,
        fixes.lat_deg,
        pa.array(fixes.sog_kn, from_pandas=True),
        pa.array(fixes.cog_deg, from_pandas=True),
        pa.array(fixes.heading_deg, from_pandas=True),
        fixes.nav_status,
    ]
    return pa.table(columns, schema=SCHEMA)
