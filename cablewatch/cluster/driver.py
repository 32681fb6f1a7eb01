"""The driver's half of a cluster: what the tasks said goes through the caller's pipeline."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from cablewatch.archives import Archive, Opened
from cablewatch.archives.chosen import Progress
from cablewatch.cluster.packing import packed, unpacked
from cablewatch.cluster.tasks import Dealt, Ending, Located
from cablewatch.engine.fold import NOTHING, Transitions, merged
from cablewatch.errors import ArchiveError
from cablewatch.fixes import Fixes
from cablewatch.ordering.order import Order, Ordered
from cablewatch.pipeline import Pipeline, Step
from cablewatch.units import NEVER_MS
from cablewatch.vessels.statics import Statics


class Told:
    """The fold of a pipeline whose shards are elsewhere: what they said is put here in time."""

    def __init__(self) -> None:
        self.said: Transitions = NOTHING
        self.counts: Mapping[str, int] = {}
        self.kept: list[bytes] = []
        self.endings: list[Any] = []  # what the order says of its inputs at the end

    def push(self, fixes: Fixes, statics: Statics, watermark_ms: int) -> Transitions:
        """What was said of the piece."""
        said, self.said = self.said, NOTHING
        return said

    def snapshots(self) -> list[bytes]:
        """A snapshot of each shard, at the end of the input."""
        return self.kept


def paths_of(archives: Sequence[Archive]) -> list[Located]:
    """Numbers and paths of archives for other processes; the names given may hold their dates."""
    return [(k, packed(archive.path.absolute())) for k, archive in enumerate(archives)]


def close_archives(
    archives: Sequence[Archive], endings: Sequence[Ending], errors: list[ArchiveError]
) -> None:
    """Say of archives what the tasks that read them know at their ends."""
    for archive, ending in zip(archives, endings, strict=True):
        archive.refused, archive.ignored_columns, archive.reached_ms, _ = ending
        if ending.error is not None:
            inside, what, do = ending.error
            errors.append(ArchiveError(f"{archive.path}{inside}", what, do))


def taken(
    rows: Iterable[Dealt],
    last: int,
    told: Told,
    source: Opened,
    pipeline: Pipeline,
    ends: bool,
    progress: Progress,
) -> Iterator[Step]:
    """Steps of the pipeline that folds with `told`, out of rows sorted by piece and shard.

    `last` is the piece in which shards and order say where they stand at the end.
    """
    total = sum(archive.size_bytes for archive in source.archives)
    watermark_ms = NEVER_MS
    for step in stepped(rows, last, told, pipeline, lambda n: progress(total * n // last, total)):
        watermark_ms = step.ordered.watermark_ms
        yield step
    close_archives(source.archives, told.endings, source.errors)
    if ends:
        nothing = Fixes.empty(), Statics.empty(), Fixes.empty()
        yield pipeline.end(Ordered(*nothing, watermark_ms, []))


def stepped(
    rows: Iterable[Dealt],
    last: int,
    told: Told,
    pipeline: Pipeline,
    reached: Callable[[int], None] = lambda number: None,
) -> Iterator[Step]:
    """Steps of a pipeline, a piece each; `reached` gets the numbers of pieces as they come."""
    for number, parts in groupby(rows, key=itemgetter(1)):
        *shards, ours = (unpacked(body) for _, _, body in parts)
        reached(number)
        if number == last:
            order, told.endings = ours
            _close(shards, order, told, pipeline)
            return
        for name in ours.heard:
            pipeline.order.heard.code(name)
        told.said = merged(shards)
        yield pipeline.take(ours.ordered)


def _close(
    shards: list[tuple[dict[str, int], bytes]], order: Order, told: Told, pipeline: Pipeline
) -> None:
    """Take over where shards and order stand."""
    order.heard = pipeline.order.heard  # which others hold
    pipeline.order = order
    total: Counter[str] = Counter()
    for counts, _ in shards:
        total.update(counts)
    told.counts = total
    told.kept = [snapshot for _, snapshot in shards]
