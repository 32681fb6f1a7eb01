"""How archives are read: the options every reader understands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from cablewatch.archives.selection import EVERYTHING, Selection

MAX_BYTES = 200 << 30  # unpacked bytes of one archive; a month of Danish CSV is about 60 GiB
MAX_LINES = 4_000_000_000  # lines of one archive; a month of Danish CSV is about 400 million


@dataclass(frozen=True)
class ReadOptions:
    """Options of a run, the same for all of its archives.

    Attributes
    ----------
    format : str, optional
        Name of the format, whatever the content looks like.
    columns : mapping
        Columns by the names of ``docs/formats.md`` (``lon``) -> their names in the file
        (``LONGITUDE``), for tables that name them otherwise.
    zone : tzinfo
        Time zone of times that carry none, where the format does not fix one.
    max_bytes, max_lines : int
        Caps on what one archive may unpack to.
    selection : Selection
        What is asked for. Readers may skip what cannot hold any of it; rows are chosen by whoever
        takes the batches.
    """

    format: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo = UTC
    max_bytes: int = MAX_BYTES
    max_lines: int = MAX_LINES
    selection: Selection = EVERYTHING


DEFAULTS = ReadOptions()
