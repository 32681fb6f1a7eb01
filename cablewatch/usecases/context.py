"""Context build: archives in, places where ships stop out, as one GeoJSON file.

::

    archives -> interleave -> Stops -> Learned -> file

Memory holds a piece of each archive, a record a ship, and a tally a ship and cell. A cluster does
the first half by shards of ships, and brings the same stays.
"""

from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cablewatch.archives import Archive, Opened, ReadOptions, opened
from cablewatch.archives.chosen import Progress, selected_streams
from cablewatch.archives.options import DEFAULTS
from cablewatch.archives.packing import failure
from cablewatch.archives.rawfile import sha256
from cablewatch.archives.streams import interleaved, prefetched
from cablewatch.context.learned import Learned, load_learned, text_of
from cablewatch.context.stops import THRESHOLDS, Brought, Stops
from cablewatch.errors import ArchiveError, UsageError
from cablewatch.fixes import Stations
from cablewatch.places import Place
from cablewatch.units import NEVER_MS
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

    def take(self, said: Brought) -> None:
        """Count what a batch brought."""
        self.fixes += said.fixes
        if said.fixes:
            self.learned.heard(said.first_ms, said.last_ms)
        self.stays += len(said.stays)
        for stay in said.stays:
            self.learned.add(stay)
        self.counts["ships_beyond_capacity"] += said.refused


class Cluster(Protocol):
    """Machines that read archives and find the stays in them."""

    def stays(
        self,
        archives: Sequence[Archive],
        starts_ms: Sequence[int | None],
        errors: list[ArchiveError],
        progress: Progress,
    ) -> Generator[Brought]:
        """What archives bring, batch by batch; those that fail are among the errors then."""


def build(
    paths: Sequence[Place],
    *,
    options: ReadOptions = DEFAULTS,
    extend: Path | None = None,
    cluster: Cluster | None = None,
    progress: Progress = lambda done, total: None,
) -> Built:
    """Learn where ships stop.

    Parameters
    ----------
    paths : sequence of Place
        Archives of any supported format, folders, patterns; a file whose content an extended file
        was learned from is passed over.
    extend : Path, optional
        A file of an earlier build, to whose tallies these are added. A stay that the end of the
        archives cuts is in neither.
    cluster : Cluster, optional
        Reads and looks for stays instead of this machine; the answer does not depend on it.

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
    stays = _stays if cluster is None else cluster.stays
    with closing(stays(archives, starts, result.errors, progress)) as brought:
        for said in brought:
            result.take(said)
    for archive in archives:
        result.counts.update(archive.refused.counts)
    result.counts = +result.counts
    return result


def _stays(
    archives: Sequence[Archive],
    starts_ms: Sequence[int | None],
    errors: list[ArchiveError],
    progress: Progress,
) -> Generator[Brought]:
    """What archives bring on this machine."""
    stops, reached_ms = Stops(), NEVER_MS
    merged = interleaved(selected_streams(archives, errors, progress), starts_ms)
    with closing(prefetched(merged)) as batches:
        for fixes, statics in batches:
            said = Brought.of(fixes)
            reached_ms = max(reached_ms, said.last_ms)
            yield said._replace(stays=[*stops.push(fixes, statics, reached_ms)])
    yield Brought(stays=[*stops.finish()], refused=stops.refused)


def _unknown(
    source: Opened, learned: Learned, result: Built
) -> tuple[list[Archive], list[int | None]]:
    """Archives that were not learned from, and their starts; they are sources from now on."""
    hashes = {said["sha256"] for said in learned.sources}
    archives, starts = [], []
    for archive, start_ms in zip(source.archives, source.starts_ms, strict=True):
        try:
            digest = sha256(archive.path)
        except OSError as error:
            result.errors.append(failure(str(archive.path), error))
            continue
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
