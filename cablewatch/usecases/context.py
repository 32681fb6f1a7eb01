"""Context build: archives in, places where ships stop out, as one GeoJSON file.

::

    archives -> interleave -> Stops -> Learned -> file

Memory holds a piece of each archive, a record a ship, and a tally a ship and cell.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from cablewatch.archives import Archive, Opened, ReadOptions, opened
from cablewatch.archives.chosen import selected_streams
from cablewatch.archives.options import DEFAULTS
from cablewatch.archives.streams import interleaved, prefetched
from cablewatch.context.learned import Learned, Stay, load_learned, text_of
from cablewatch.context.stops import THRESHOLDS, Stops
from cablewatch.errors import ArchiveError, UsageError
from cablewatch.fixes import Fixes, Stations
from cablewatch.usecases.output import whole


@dataclass
class Built:
    """What was learned, and what was read for it."""

    learned: Learned
    fixes: int = 0
    stays: int = 0
    counts: Counter[str] = field(default_factory=Counter)  # refused, by reason
    known: list[str] = field(default_factory=list)  # files that were learned from before
    errors: list[ArchiveError] = field(default_factory=list)
    strays: list[ArchiveError] = field(default_factory=list)

    def take(self, fixes: Fixes, stays: Iterable[Stay]) -> None:
        """Count what a batch brought."""
        self.fixes += len(fixes)
        if len(fixes):
            self.learned.heard(int(fixes.t_ms.min()), int(fixes.t_ms.max()))
        for stay in stays:
            self.stays += 1
            self.learned.add(stay)


def build(
    paths: Sequence[Path],
    *,
    options: ReadOptions = DEFAULTS,
    extend: Path | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Built:
    """Learn where ships stop.

    Parameters
    ----------
    paths : sequence of Path
        Archives of any supported format, folders, patterns; a file whose content an extended file
        was learned from is passed over.
    extend : Path, optional
        A file of an earlier build, to whose tallies these are added. A stay that the end of the
        archives cuts is in neither.

    Raises
    ------
    ArchiveError, UsageError, ContextError
        No archive can be opened, all are known already, or `extend` is no file of a build.
    """
    before = Learned() if extend is None else load_learned(extend)
    source = opened(paths, options, Stations())
    result = Built(before, errors=source.errors, strays=source.strays)
    archives, starts = _unknown(source, before, result)
    if not archives:
        what = f"nothing new to learn from ({', '.join(result.known) or 'nothing of that time'})"
        raise UsageError(str(paths[0]), what, "name other archives")
    stops, streams = Stops(), selected_streams(archives, result.errors, progress)
    merged = interleaved(streams, starts)
    with closing(prefetched(merged)) as batches:
        for batch in batches:
            result.take(batch.fixes, stops.push(*batch))
    result.take(Fixes.empty(), stops.finish())
    result.counts["ships_beyond_capacity"] = stops.refused
    for archive in archives:
        result.counts.update(archive.refused.counts)
    result.counts = +result.counts
    return result


def _unknown(
    source: Opened, learned: Learned, result: Built
) -> tuple[list[Archive], list[int | None]]:
    """Archives that were not learned from, and their starts; they are sources from now on."""
    hashes = {said["sha256"] for said in learned.sources}
    archives, starts = [], []
    for archive, start_ms in zip(source.archives, source.starts_ms, strict=True):
        with archive.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest in hashes:
            result.known.append(archive.path.name)
            continue
        hashes.add(digest)
        learned.sources.append({"name": archive.path.name, "sha256": digest})
        archives.append(archive)
        starts.append(start_ms)
    return archives, starts


def write(built: Built, output: Path, inputs: Sequence[Path]) -> None:
    """Write the file of a build; what stood there before is replaced once it is whole.

    Raises
    ------
    UsageError
        `output` is one of the `inputs`, or cannot be written.
    """
    with whole(output, inputs) as unfinished, unfinished.open("w", encoding="utf-8") as file:
        file.writelines(text_of(built.learned, THRESHOLDS))
