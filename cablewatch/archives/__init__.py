"""Archives: files of any supported format become batches of fixes and static data.

``compression`` opens plain, gzip and zip files as one stream of blocks, ``sniff`` tells the format
from the content. ``nmea`` reads logs; a format of tables is a specification in a module of its own
(``specs`` lists them), which ``table`` and ``parquet`` read; ``rows`` applies the rules that all
share. The formats are described in ``docs/formats.md``.
"""

from collections.abc import Sequence
from pathlib import Path

from cablewatch.archives.base import Archive, Batch
from cablewatch.archives.compression import Container
from cablewatch.archives.nmea import NmeaLog
from cablewatch.archives.options import DEFAULTS, ReadOptions
from cablewatch.archives.parquet import ParquetTable
from cablewatch.archives.refused import Refused
from cablewatch.archives.selection import Selection
from cablewatch.archives.sniff import sniff
from cablewatch.archives.specs import TABLES
from cablewatch.archives.table import csv_reader
from cablewatch.errors import ArchiveError, UsageError
from cablewatch.fixes import Stations

__all__ = [
    "FORMATS",
    "Archive",
    "Batch",
    "ReadOptions",
    "Refused",
    "Selection",
    "open_archive",
    "opened",
]

_READERS: tuple[type[Archive], ...] = (NmeaLog, *map(csv_reader, TABLES), ParquetTable)
FORMATS = {reader.format: reader for reader in _READERS}
"""The readers by the names that ``--format`` takes."""


def open_archive(path: Path, *, stations: Stations, options: ReadOptions = DEFAULTS) -> Archive:
    """Reader of the archive at `path`, its format told from its content.

    Parameters
    ----------
    path : Path
        A plain, gzip or zip file; its name and extension do not matter.
    stations : Stations
        The run's table of stations; readers that know the station add to it.
    options : ReadOptions
        How to read it.

    Raises
    ------
    ArchiveError
        The file is missing, unreadable, empty or of no known format.
    UsageError
        `options.format` is not a name of :data:`FORMATS`.
    """
    format = options.format
    if format is not None and format not in FORMATS:
        raise UsageError(
            "--format", f"unknown format {format!r}", f"use one of {', '.join(FORMATS)}"
        )
    container = Container(path, options)
    return FORMATS[format or sniff(container, options.columns)](container, stations, options)


def opened(
    paths: Sequence[Path], options: ReadOptions, stations: Stations, errors: list[ArchiveError]
) -> list[Archive]:
    """Readers of those of `paths` that can be opened; `errors` gets why the others cannot.

    Raises
    ------
    ArchiveError
        None of them can.
    UsageError
        `options.format` is not a name of :data:`FORMATS`.
    """
    archives = []
    for path in paths:
        try:
            archives.append(open_archive(path, stations=stations, options=options))
        except ArchiveError as error:
            errors.append(error)
    if errors and not archives:
        raise errors[0]
    return archives
