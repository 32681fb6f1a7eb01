"""A replay on Apache Spark: the tasks of :mod:`.tasks` as stages of data frames.

::

    paths --mapInArrow: read--> one partition, sorted --mapInArrow: order-->
        a partition a shard, sorted by piece --mapInArrow: tally, then fold--> by piece --> driver

Spark moves rows and runs lost tasks again. The driver has what takes all ships together, the store,
and pieces in their order, few at a time.
"""

import os
import pickle
import shutil
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
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
from cablewatch.context.stops import Brought
from cablewatch.errors import ArchiveError, UsageError, WorkerError
from cablewatch.pipeline import Pipeline, Step
from cablewatch.shards import Fold, restored
from cablewatch.units import NEVER_MS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Task = Callable[[Iterator[Any]], Iterable[tuple[Any, ...]]]
"""Rows in, rows out."""
OPTION = "--engine spark"
READ = "archive int, reached long, row long, body binary"
DEALT = "shard int, piece long, body binary"
TALLIED = "piece long, body binary"
PIECES = 4  # that the driver takes at once: 25 MB at most, for which Java holds ten times as much
AT_ONCE = "spark.sql.execution.arrow.maxRecordsPerBatch"
ROWS = 4  # that a task takes at once: some MB each
# Rows of some MB take whole regions of G1 each, which runs out of a heap that is far from full. One
# that is full ends Java: Spark would go on without the thread that found no room, and wait for it.
JAVA = "-XX:+UseParallelGC -XX:+ExitOnOutOfMemoryError"
OURS = {
    "spark.log.level": "ERROR",
    "spark.ui.showConsoleProgress": "false",
    # of Java and Python, which send much to each other at once: over TCP both can come to wait
    "spark.python.unix.domain.socket.enabled": "true",
    # of the heap, for sorting: rows of some MB are copied a few times on their way
    "spark.memory.fraction": "0.3",
    "spark.driver.defaultJavaOptions": JAVA,
    "spark.executor.defaultJavaOptions": JAVA,
}
HERE = {  # of a master that is this machine
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    # Java shares the cores with the fold, and to compile its moves well takes as long as they do
    "spark.driver.defaultJavaOptions": f"{JAVA} -XX:TieredStopAtLevel=1",
}
HERE_UNLESS_SET = {"PYSPARK_PYTHON": sys.executable, "SPARK_DRIVER_MEMORY": "2g"}


@contextmanager
def session(master: str, option: str = OPTION) -> Iterator["SparkSession"]:
    """A Spark session; one that there is goes on being used, and is left as it is.

    `option` is what asks for it, in words of the command line.

    Raises
    ------
    UsageError
        PySpark or Java is missing, or no session can be had.
    """
    java = os.environ.get("JAVA_HOME")
    if not shutil.which("java", path=f"{java}/bin" if java else None):
        do = "install Java 17 or newer, or let JAVA_HOME name it"
        raise UsageError(option, "there is no Java", do)
    try:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        do = "pip install 'cablewatch[spark]'"
        raise UsageError(option, "PySpark is not installed", do) from None
    running = SparkSession.getActiveSession()
    if running is not None:
        yield running
        return
    builder = SparkSession.builder.master(master).appName("cablewatch")
    here = master.startswith("local")
    for name, value in {**OURS, **(HERE if here else {})}.items():
        builder = builder.config(name, value)
    if here:
        for name, value in HERE_UNLESS_SET.items():
            os.environ.setdefault(name, value)
    try:
        begun = builder.getOrCreate()
    except (PySparkException, OSError) as error:
        do = "see what it printed above; it takes Java 17 or newer, and a master that answers"
        raise UsageError(option, f"Spark does not start ({_line(error)})", do) from None
    try:
        yield begun
    finally:
        with suppress(Py4JError, ConnectionError):  # there is none where Java has ended
            begun.stop()


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
        state = pickle.dumps((pipeline.order, pipeline.vessels), protocol=5)
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
            make(paths, "archive int, path string")
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

    They come by way of the RDD: what the iterator of a data frame has given stays in the driver
    of Spark 4.3 until the session ends, with the jobs of a query that has ended before them.
    """
    return map(tuple, rows.rdd.toLocalIterator(prefetchPartitions=True))


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


@contextmanager
def setting(settings: Any, name: str, value: str) -> Iterator[None]:
    """Set something in the settings of a session, for a while."""
    before = settings.get(name, None)
    settings.set(name, value)
    try:
        yield
    finally:
        if before is None:
            settings.unset(name)
        else:
            settings.set(name, before)


@contextmanager
def told_errors(option: str) -> Iterator[None]:
    """Say in one line what Spark says in a hundred, of what `option` asked for."""
    from py4j.protocol import Py4JError, Py4JNetworkError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError, EOFError, ConnectionError) as error:
        gone = isinstance(error, Py4JNetworkError | EOFError | ConnectionError)
        what = "Java ended" if gone else _line(error)
        do = "see what the log of Spark says; run it again when that is mended"
        raise WorkerError(option, f"Spark gave up ({what})", do) from error


def _line(error: Exception) -> str:
    """The line of an error that names it: of one in a task the last of Python's."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    named = [line for line in lines if line.partition(":")[0].endswith(("Error", "Exception"))]
    return (named or lines or [type(error).__name__])[0][:200]
