"""Archives: files of any supported format become batches of fixes and static data.

``compression`` opens packed files as one stream of blocks, ``sniff`` tells the format from the
content. ``nmea`` reads logs; a format of tables is a specification in a module of its own
(``specs`` lists them) that ``table`` and ``parquet`` read and ``checked`` makes fixes of;
``jsonfile`` and a module a format read JSON; ``rows`` applies the rules all share.
``files`` and ``spans`` find the files of a run and put them in time order. The formats are
described in ``docs/formats.md``.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from cablewatch.archives.aiscatcher import AisCatcher
from cablewatch.archives.aishub_json import AisHubJson
from cablewatch.archives.aisstream import AisStream
from cablewatch.archives.barentswatch import BarentsWatch
from cablewatch.archives.base import Archive
from cablewatch.archives.compression import Container
from cablewatch.archives.digitraffic import Digitraffic
from cablewatch.archives.files import find, size_of
from cablewatch.archives.gpsd import Gpsd
from cablewatch.archives.nmea import NmeaLog
from cablewatch.archives.options import DEFAULTS, ReadOptions
from cablewatch.archives.packing import is_unread
from cablewatch.archives.parquet import ParquetTable
from cablewatch.archives.recording import Recording
from cablewatch.archives.refused import Refused
from cablewatch.archives.selection import Selection
from cablewatch.archives.sniff import sniff
from cablewatch.archives.spans import Span, span_of
from cablewatch.archives.specs import TABLES
from cablewatch.archives.table import csv_reader
from cablewatch.batches import Batch
from cablewatch.errors import ArchiveError, StoreError, UsageError
from cablewatch.fixes import Stations
from cablewatch.output.text import text_hash
from cablewatch.places import Place
from cablewatch.units import NEVER_MS

__all__ = [
    "FORMATS",
    "Archive",
    "Batch",
    "Opened",
    "ReadOptions",
    "Refused",
    "Selection",
    "name_of",
    "open_archive",
    "opened",
]

_JSON = (Digitraffic, AisStream, AisCatcher, Gpsd, AisHubJson, BarentsWatch)
_READERS: tuple[type[Archive], ...] = (
    NmeaLog,
    Recording,
    *map(csv_reader, TABLES),
    ParquetTable,
    *_JSON,
)
FORMATS = {reader.format: reader for reader in _READERS}
"""The readers by the names that ``--format`` takes."""


def open_archive(path: Place, *, stations: Stations, options: ReadOptions = DEFAULTS) -> Archive:
    """Reader of the archive at `path`, its format told from its content.

    Parameters
    ----------
    path : Place
        A plain or packed file, or object; its name and extension do not matter.
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


@dataclass
class Opened:
    """Archives of a run in the order of their times, and files that are none of them.

    Attributes
    ----------
    archives : list of Archive
        Readers, by first possible time.
    starts_ms : list
        Nothing in the archive is older; None is "not known".
    skipped : list of Place
        Files in which nothing can lie between the selection's start and end.
    read_before : int
        Files passed over because they were read before.
    strays : list of ArchiveError
        Files in folders that are no archives, and why.
    errors : list of ArchiveError
        Files named that cannot be opened, or that cannot be read at all, and why.
    """

    archives: list[Archive] = field(default_factory=list)
    starts_ms: list[int | None] = field(default_factory=list)
    skipped: list[Place] = field(default_factory=list)
    read_before: int = 0
    strays: list[ArchiveError] = field(default_factory=list)
    errors: list[ArchiveError] = field(default_factory=list)

    def failed(self, archive: Archive) -> bool:
        """Whether an archive could not be read to its end."""
        return any(_is_of(error, archive) for error in self.errors)

    def overtaken(self, watermark_ms: int) -> list[ArchiveError]:
        """Errors for whose archives it is too late: mended, they bring more behind the watermark.

        What an archive without order may still bring, or one that could not be opened, is of any
        time.
        """

        def reached_ms(error: ArchiveError) -> int:
            ordered = (a for a in self.archives if a.ordered and _is_of(error, a))
            return next((archive.reached_ms for archive in ordered), NEVER_MS)

        return [error for error in self.errors if reached_ms(error) < watermark_ms]


def _is_of(error: ArchiveError, archive: Archive) -> bool:
    """Whether an error names a file, or a line or a file inside of it."""
    path = str(archive.path)
    return error.where == path or error.where.startswith((f"{path}:", f"{path}/"))


def opened(
    paths: Sequence[Place],
    options: ReadOptions,
    stations: Stations,
    beside: Collection[Place] = (),
    before: Collection[str] = (),
) -> Opened:
    """Readers of all archives that `paths` (files, folders, patterns) mean.

    In folders, what is or lies in one of the paths `beside` is passed over; so is everywhere what
    was read `before`, by :func:`name_of`.

    Raises
    ------
    ArchiveError
        None of them can be opened.
    UsageError
        Nothing is named, a pattern matches nothing, a folder is empty, or `options.format` is not a
        name of :data:`FORMATS`.
    StoreError
        Objects cannot be listed.
    """
    result = Opened()
    found: list[tuple[Archive, Span]] = []
    for path, named in find(paths, beside):
        try:
            if before and name_of(path) in before:
                result.read_before += 1
                continue
            archive = open_archive(path, stations=stations, options=options)
        except StoreError as error:
            result.errors.append(ArchiveError(error.where, error.what, error.do))
            continue
        except ArchiveError as error:
            (result.errors if named or is_unread(error) else result.strays).append(error)
            continue
        span = span_of(archive)
        if options.selection.may_hold(*span):
            found.append((archive, span))
        else:
            result.skipped.append(path)
    if not found and not result.skipped and not result.read_before:
        raise [*result.errors, *result.strays][0]
    found.sort(key=lambda pair: pair[1].first_ms or 0)
    result.archives = [archive for archive, _ in found]
    result.starts_ms = [span.first_ms for _, span in found]
    return result


def name_of(path: Place) -> str:
    """Name of a file for whoever remembers what was read: where it lies, and its size."""
    return text_hash(f"{path.resolve()} {size_of(path)}")[:16]
