"""Raw rows that the page quotes, and the moments that it quotes them for.

A quoted row has the time that its own reader gives it. Sentences are decoded one after another; of
tables and JSON some rows are read at once, and those of a stretch about a moment one by one where
not each of them is a position.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from cablewatch.alerts.model import Alert
from cablewatch.archives import Archive, ReadOptions, Refused, open_archive
from cablewatch.archives.nmea import NmeaLog, Sentences
from cablewatch.archives.spans import named_days
from cablewatch.dossier.contents import Contents
from cablewatch.dossier.excerpt import MADE, Excerpt, row_hash
from cablewatch.errors import ArchiveError
from cablewatch.fixes import Stations

MOST = 12  # moments: a page is read, the bundle has all rows
STRETCH = 64  # rows read at once; twelve of them one by one take seconds

Times = list[int | None]  # of rows; None holds no position


class Shown(NamedTuple):
    """A raw row with the time that its reader gives it."""

    path: str
    line: int
    t_ms: int
    text: str
    sha256: str


def moments(alert: Alert) -> list[int]:
    """Beginning, raising, the first meeting with each cable, further meetings, and the last."""
    firsts = {met.id: met.t_ms for met in reversed(alert.cables)}
    others = [met.t_ms for met in alert.cables]
    times = [alert.started_ms, alert.raised_ms, alert.track[-1][2], *firsts.values(), *others]
    return sorted(list(dict.fromkeys(times))[:MOST])


def quoted(contents: Contents) -> list[Shown]:
    """Of each moment the last raw row with a position up to it, and the first behind it."""
    found: dict[tuple[str, int], Shown] = {}
    wanted = moments(contents.alert)
    with TemporaryDirectory(prefix="cablewatch-") as folder:
        for path, excerpt in contents.excerpts.items():
            file = Path(folder) / (Path(excerpt.name).name or "rows")
            times = _times(excerpt, file, contents.options, wanted)
            rows = excerpt.rows
            for k in sorted(set(_next_to(times, wanted))):
                row, line = rows[k + excerpt.heads], excerpt.lines[k + excerpt.heads]
                text = row.decode("utf-8", "replace")
                found[path, line] = Shown(path, line, times[k] or 0, text, row_hash(row))
    return sorted(found.values(), key=lambda row: (row.t_ms, row.path, row.line))


def _next_to(times: Times, wanted: Sequence[int]) -> Iterator[int]:
    """Rows around each moment."""
    timed = [(t, k) for k, t in enumerate(times) if t is not None]
    for t_ms in wanted:
        before = max((row for row in timed if row[0] <= t_ms), default=None)
        behind = min((row for row in timed if row[0] > t_ms), default=None)
        yield from (row[1] for row in (before, behind) if row is not None)


def _times(excerpt: Excerpt, file: Path, options: ReadOptions, wanted: Sequence[int]) -> Times:
    """Time of the position in each of the ship's rows, as far as moments lie near it."""
    count = len(excerpt.lines) - excerpt.heads - (excerpt.lines[-1:] == (MADE,))
    file.write_bytes(excerpt.data)
    try:
        archive = open_archive(file, stations=Stations(), options=options)
    except ArchiveError:
        return [None] * count
    if isinstance(archive, NmeaLog):
        return list(_of_sentences(excerpt, archive))
    times: Times = []
    for start in range(0, count, STRETCH):
        stop = min(start + STRETCH, count)
        read = _read(excerpt, file, options, start, stop)
        if len(read) == stop - start:
            times += read
        elif read and any(min(read) <= t_ms <= max(read) for t_ms in wanted):
            times += [_one(excerpt, file, options, k) for k in range(start, stop)]
        else:
            times += [None] * (stop - start)
    return times


def _of_sentences(excerpt: Excerpt, archive: Archive) -> Iterator[int | None]:
    days = named_days(archive.path.name)
    sentences = Sentences(
        excerpt.name,
        Stations(),
        Refused(),
        zone=archive.options.zone,
        date_ms=days[0] if days else None,
    )
    for row in excerpt.rows:
        fixes = sentences.feed(row + b"\n").fixes
        yield int(fixes.t_ms[0]) if len(fixes) else None


def _one(excerpt: Excerpt, file: Path, options: ReadOptions, k: int) -> int | None:
    return next(iter(_read(excerpt, file, options, k, k + 1)), None)


def _read(excerpt: Excerpt, file: Path, options: ReadOptions, start: int, stop: int) -> list[int]:
    """Times of the positions in some rows, in their order."""
    file.write_bytes(excerpt.part(start, stop))
    try:
        archive = open_archive(file, stations=Stations(), options=options)
        return [
            t for batch in archive.batches(lambda read: None) for t in batch.fixes.t_ms.tolist()
        ]
    except ArchiveError:
        return []
