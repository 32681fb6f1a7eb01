"""Read: archives, or columns in memory, as one recording.

The whole of it is in memory; whoever only wants alerts replays the files instead.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pyarrow as pa

from cablewatch.archives import ReadOptions, Refused, opened
from cablewatch.archives.arrow import Layout, layout_of, parsed
from cablewatch.archives.base import latest_ms
from cablewatch.archives.changes import LastSaid
from cablewatch.archives.parquet import ParquetTable
from cablewatch.archives.selection import EVERYTHING, Selection
from cablewatch.archives.spec import TableSpec
from cablewatch.archives.specs import TABLES
from cablewatch.batches import Batch
from cablewatch.errors import ArchiveError, UsageError
from cablewatch.fixes import Fixes, Stations
from cablewatch.ordering.order import SEPARATOR
from cablewatch.places import Place
from cablewatch.vessels.statics import Statics

Table = Mapping[str, Any] | pd.DataFrame  # or of arrow, which has no types

IN_MEMORY = "columns"  # what alerts name as their source, and examples as their place
BATCH_ROWS = 1 << 20


@dataclass
class Recording:
    """What was read.

    Attributes
    ----------
    fixes : Fixes
        In the order of the source; `station` is a code in `stations`.
    statics : Statics
        What ships said of themselves.
    refused : Refused
        Rows, lines and files left out: ``counts`` and the first of ``examples``, by reason.
    ignored_columns : dict
        Columns that were not used, by the name of the file.
    errors : list of ArchiveError
        Files that could not be read to their end; what was read before is here.
    strays : list of ArchiveError
        Files in folders that are no archives.
    source : str
        Names of the files.
    selection : Selection
        What was asked for.
    """

    fixes: Fixes
    statics: Statics = field(default_factory=Statics.empty)
    stations: Stations = field(default_factory=Stations)
    refused: Refused = field(default_factory=Refused)
    ignored_columns: dict[str, list[str]] = field(default_factory=dict)
    errors: list[ArchiveError] = field(default_factory=list)
    strays: list[ArchiveError] = field(default_factory=list)
    source: str = IN_MEMORY
    selection: Selection = EVERYTHING

    def fill(self, batches: Sequence[Batch]) -> None:
        """Take in all that was read."""
        self.fixes, self.statics = Batch.joined(batches)


def read_files(paths: Sequence[Place], options: ReadOptions) -> Recording:
    """Everything the archives hold of what `options` select.

    Raises
    ------
    ArchiveError, UsageError
        No archive can be opened.
    """
    result = Recording(Fixes.empty(), selection=options.selection)
    source = opened(paths, options, result.stations)
    result.errors, result.strays = source.errors, source.strays
    batches: list[Batch] = []
    for archive in source.archives:
        try:
            for batch in archive.batches(lambda read: None):
                batches.append(options.selection.of(batch))
        except ArchiveError as error:
            result.errors.append(error)
        result.refused.merge(archive.refused)
        if archive.ignored_columns:
            result.ignored_columns[archive.path.name] = archive.ignored_columns
    result.source = SEPARATOR.join(archive.path.name for archive in source.archives)
    result.fill(batches)
    return result


def read_table(source: Table, options: ReadOptions) -> Recording:
    """Everything a table with the columns of a supported format holds.

    Raises
    ------
    ArchiveError
        A required column is missing or there twice, or the geometry is of no use.
    UsageError
        `options.format` is no format of tables, or the columns make no table.
    """
    table = _arrow(source)
    layout = layout_of(table.schema, options, IN_MEMORY, _spec(options.format))
    result = Recording(Fixes.empty(), selection=options.selection)
    if layout.ignored:
        result.ignored_columns[IN_MEMORY] = layout.ignored
    result.fill(list(_batches(table.select(layout.columns), layout, options, result)))
    return result


def _arrow(table: Table) -> Any:
    try:
        if isinstance(table, geopandas.GeoDataFrame):
            table = _with_points(table)
        if isinstance(table, Mapping):
            table = pd.DataFrame({name: np.asanyarray(column) for name, column in table.items()})
        return pa.Table.from_pandas(table) if isinstance(table, pd.DataFrame) else table
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        what = f"these make no table ({str(error).partition(chr(10))[0]})"
        do = "give columns of one length, each of 64-bit numbers, times or texts"
        raise UsageError(IN_MEMORY, what, do) from error


def _with_points(frame: Any) -> pd.DataFrame:
    """A GeoDataFrame as GeoParquet has it: points of longitude and latitude as WKB."""
    points = frame.geometry if frame.crs is None else frame.geometry.to_crs(4326)
    return pd.DataFrame(frame.drop(columns=frame.geometry.name)).assign(geometry=points.to_wkb())


def _spec(format: str | None) -> TableSpec | None:
    """The table format of that name; None where the columns are to tell it."""
    if format in (None, ParquetTable.format):
        return None
    tables = {spec.format: spec for spec in TABLES}
    if format not in tables:
        raise UsageError(
            "--format", f"no format of tables: {format!r}", f"use one of {', '.join(tables)}"
        )
    return tables[format]


def _batches(
    table: Any, layout: Layout, options: ReadOptions, result: Recording
) -> Iterator[Batch]:
    last = LastSaid(layout.spec.scale)
    for first in range(0, table.num_rows, BATCH_ROWS):
        rows = table.slice(first, BATCH_ROWS)
        said = parsed(rows, layout, IN_MEMORY, first, options.zone, latest_ms())
        result.refused.merge(said.refused)
        yield options.selection.of(said.batch(result.stations, last))
