"""A replay on Apache Spark: the tasks of :mod:`.tasks` as stages of data frames.

::

    paths --mapInArrow: read--> one partition, sorted --mapInArrow: order-->
        a partition a shard, sorted by piece --mapInArrow: tally, then fold--> by piece --> driver

Spark moves rows and runs lost tasks again. The driver has what takes all ships together, the store,
and pieces in their order, few at a time.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cablewatch.archives import Archive, Opened
from cablewatch.archives.chosen import Progress
from cablewatch.archives.options import DEFAULTS
from cablewatch.cables.index import CableIndex
from cablewatch.cluster import learning, tasks
from cablewatch.cluster.driver import Told, paths_of, taken
from cablewatch.cluster.packing import packed
from cablewatch.cluster.session import AT_ONCE, OPTION, setting, told_errors
from cablewatch.context.stops import Brought
from cablewatch.errors import ArchiveError
from cablewatch.pipeline import Pipeline, Step
from cablewatch.shards import Fold, restored
from cablewatch.units import NEVER_MS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Task = Callable[[Iterator[Any]], Iterable[tuple[Any, ...]]]
"""Rows in, rows out."""
READ = "archive int, reached long, row long, body binary"
DEALT = "shard int, piece long, body binary"
TALLIED = "piece long, body binary"
PIECES = 4  # that the driver takes at once: 12 MB as a rule, for which Java holds ten times as much
ROWS = 4  # that a task takes at once: a MB or more each


class Spark:
    """Replays on a Spark session; `shards` None are as many as it runs tasks at once.

    Raises
    ------
    WorkerError
        Spark gave up a task, or stopped.
    """

    def __init__(self, session: "SparkSession", shards: int | None = None) -> None:
        self._session = session
        self._shards = shards or session.sparkContext.defaultParallelism
        self._told = Told()

    def fold(self, index: CableIndex, snapshots: Sequence[bytes]) -> Fold:
        """The fold of the pipeline to come."""
        self._index = index
        if len(snapshots) != self._shards:
            snapshots = [e.snapshot() for e in restored(snapshots, index, self._shards)]
        self._begun = snapshots
        return self._told

    def steps(
        self, source: Opened, pipeline: Pipeline, ends: bool, progress: Progress
    ) -> Generator[Step]:
        """Steps of the pipeline over archives; what waits at the end leaves it where it `ends`."""
        with told_errors(OPTION), setting(self._session.conf, AT_ONCE, f"{ROWS}"):
            from pyspark import StorageLevel

            dealt = self._dealt(source, pipeline, ends).persist(StorageLevel.DISK_ONLY)
            try:
                said, last = self._folded(dealt, ends)
                rows = in_turn(said)
                yield from taken(rows, last, self._told, source, pipeline, ends, progress)
            finally:
                dealt.unpersist()

    def stays(
        self,
        archives: Sequence[Archive],
        starts_ms: Sequence[int | None],
        errors: list[ArchiveError],
        progress: Progress,
    ) -> Generator[Brought]:
        """What archives bring for the places where ships stop."""
        with told_errors(OPTION), setting(self._session.conf, AT_ONCE, f"{ROWS}"):
            from pyspark import StorageLevel
            from pyspark.sql.functions import col

            deal = partial(learning.deal, starts_ms=starts_ms, shards=self._shards)
            dealt = self._by_shard(self._in_order(archives, deal)).persist(StorageLevel.DISK_ONLY)
            try:
                last = dealt.agg({"piece": "max"}).collect()[0][0]
                of_shards = dealt.where(col("shard") < self._shards)
                found = of_shards.mapInArrow(mapped(learning.stays, DEALT), DEALT)
                said = found.unionAll(dealt.where(col("shard") == self._shards))
                rows = in_turn(by_piece(said, last))
                yield from learning.brought(rows, last, archives, errors, progress)
            finally:
                dealt.unpersist()

    def _dealt(self, source: Opened, pipeline: Pipeline, ends: bool) -> "DataFrame":
        """Pieces by shard; the last shard is the pipeline's."""
        state = packed((pipeline.order, pipeline.vessels))
        begun = [(k, tasks.BEGIN, snapshot) for k, snapshot in enumerate(self._begun)]
        how = tasks.Ordering(source.starts_ms, self._shards, ends)
        ordered = self._in_order(source.archives, partial(tasks.order, how=how), state)
        return self._by_shard(ordered.unionAll(self._session.createDataFrame(begun, DEALT)))

    def _in_order(
        self, archives: Sequence[Archive], task: Task, state: bytes | None = None
    ) -> "DataFrame":
        """Rows of the one task that gets all that is read, behind a state if there is one."""
        from pyspark.sql.functions import col, lit

        make, paths = self._session.createDataFrame, paths_of(archives)
        read = partial(tasks.read, options=archives[0].options if archives else DEFAULTS)
        rows = (
            make(paths, "archive int, path binary")
            .repartitionById(max(1, len(paths)), col("archive"))
            .mapInArrow(mapped(read, READ), READ)
        )
        if state is not None:
            rows = rows.unionAll(make([(tasks.BEGIN, NEVER_MS - 1, 0, state)], READ))
        return (
            rows.repartitionById(1, lit(0))
            .sortWithinPartitions("reached", "archive", "row")
            .mapInArrow(mapped(task, DEALT), DEALT)
        )

    def _by_shard(self, rows: "DataFrame") -> "DataFrame":
        """A partition a shard, by piece."""
        from pyspark.sql.functions import col

        parted = rows.repartitionById(self._shards + 1, col("shard"))
        return parted.sortWithinPartitions("shard", "piece")

    def _folded(self, dealt: "DataFrame", ends: bool) -> tuple["DataFrame", int]:
        """What shards and order say of each piece, in the order of the pieces, and the last."""
        from pyspark.sql.functions import col

        of_shards = dealt.where(col("shard") < self._shards)
        tally = partial(tasks.tally, index=self._index)
        cast = of_shards.mapInArrow(mapped(tally, TALLIED), TALLIED).collect()
        tallies = tasks.summed(row.body for row in cast)
        last = max(row.piece for row in cast) + 1
        fold = partial(tasks.fold, index=self._index, tallies=tallies, keep=not ends)
        said = of_shards.mapInArrow(mapped(fold, DEALT), DEALT).unionAll(
            dealt.where(col("shard") == self._shards)
        )
        return by_piece(said, last), last


def by_piece(said: "DataFrame", last: int) -> "DataFrame":
    """Rows in the order of their pieces, of which `last` is the last, few to a partition."""
    from pyspark.sql.functions import expr

    parted = said.repartitionById(last // PIECES + 1, expr(f"int(piece div {PIECES})"))
    return parted.sortWithinPartitions("piece", "shard")


def in_turn(rows: "DataFrame") -> Iterator[tuple[Any, ...]]:
    """Rows, a partition after the other.

    They come by way of the RDD. The iterator of a data frame gets its rows by jobs that run after
    the query that they are counted to has ended, and what these gave Spark 4.3 keeps for good.

    Raises
    ------
    EOFError, ConnectionError
        Java ended.
    """
    try:
        yield from map(tuple, rows.rdd.toLocalIterator(prefetchPartitions=True))
    except BrokenPipeError as error:  # of its socket: what an output says is no end of Java
        raise ConnectionResetError from error


def mapped(
    task: Task, columns: str
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """A task of rows as Spark runs it, over batches of columns."""
    kinds = {"int": pa.int32(), "long": pa.int64(), "binary": pa.binary()}
    named = [column.split() for column in columns.split(", ")]
    schema = pa.schema([(name, kinds[kind]) for name, kind in named])

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        rows = chain.from_iterable(
            zip(*(column.to_pylist() for column in batch.columns), strict=True) for batch in batches
        )
        for row in task(rows):
            yield pa.record_batch([[value] for value in row], schema=schema)
        deque(rows, maxlen=0)  # a worker that leaves rows unread is not used again

    return run
