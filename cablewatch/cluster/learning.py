"""What the tasks of a cluster do to learn where ships stop; `tasks.read` comes before.

::

    archives -> read -> deal -> by shard -> stays -> by piece -> the tallies

A piece is a batch as one process takes it, and how far all ships have come with it: so the blocks
of a ship end where they end in one process, and her stays come in the same order.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby
from operator import itemgetter

from cablewatch.archives import Archive
from cablewatch.archives.chosen import Progress
from cablewatch.archives.streams import interleaved
from cablewatch.cluster.driver import close_archives
from cablewatch.cluster.packing import packed, unpacked
from cablewatch.cluster.tasks import Archives, Dealt, Read
from cablewatch.context.stops import Brought, Stops
from cablewatch.errors import ArchiveError
from cablewatch.fixes import Stations
from cablewatch.shards import shared_out
from cablewatch.units import NEVER_MS


def deal(rows: Iterable[Read], starts_ms: Sequence[int | None], shards: int) -> Iterator[Dealt]:
    """Deal out archives by ship, batch by batch; one more shard gets how many fixes there were."""
    archives = Archives(iter(rows), Stations())
    streams = [archives.stream(k) for k in range(len(starts_ms))]
    number, reached_ms = 0, NEVER_MS
    for batch in interleaved(streams, starts_ms):
        said = Brought.of(batch.fixes)
        reached_ms = max(reached_ms, said.last_ms)
        for shard, share in enumerate(shared_out((*batch, reached_ms), shards)):
            yield shard, number, packed(share)
        yield shards, number, packed(said)
        number += 1
    endings = [archives.endings.get(k) for k in range(len(starts_ms))]
    yield shards, number, packed(endings)


def stays(rows: Iterable[Dealt]) -> Iterator[Dealt]:
    """Stays of the ships of shards, piece by piece."""
    for shard, mine in groupby(rows, key=itemgetter(0)):
        stops = Stops()
        for _, number, body in mine:
            said = Brought(stays=[*stops.push(*unpacked(body))])
            yield shard, number, packed(said)
        said = Brought(stays=[*stops.finish()], refused=stops.refused)
        yield shard, number + 1, packed(said)


def brought(
    rows: Iterable[Dealt],
    last: int,
    archives: Sequence[Archive],
    errors: list[ArchiveError],
    progress: Progress,
) -> Iterator[Brought]:
    """What archives brought, out of rows sorted by piece and shard; `last` is the last piece."""
    total = sum(archive.size_bytes for archive in archives)
    for number, parts in groupby(rows, key=itemgetter(1)):
        *shards, ours = (unpacked(body) for _, _, body in parts)
        progress(total * number // max(last, 1), total)
        said = Brought() if number == last else ours
        found = [*chain.from_iterable(one.stays for one in shards)]
        yield said._replace(stays=found, refused=sum(one.refused for one in shards))
        if number == last:
            close_archives(archives, ours, errors)
