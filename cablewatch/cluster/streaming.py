"""A stream on Apache Spark: the operators of :mod:`.operators`, chained, with states in RocksDB.

::

    data source --> order --> tally --> fold --> for each batch: the driver's Taker
                    one key   a key a shard      rows by piece

Each operator is a ``transformWithStateInPandas`` with one value a key, the pickle of its state.
They are chained in append mode without time: all rows of a micro-batch pass all of them. The
checkpoint holds offsets and states; what the driver keeps is beside the store (:mod:`.taker`).
"""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any

from cablewatch.cluster import operators
from cablewatch.cluster.kafka import KafkaInput
from cablewatch.cluster.operators import Begun, Operator
from cablewatch.cluster.session import AT_ONCE, setting, told_errors
from cablewatch.cluster.spark import DEALT, READ, ROWS, by_piece, in_turn
from cablewatch.cluster.stream_sources import Input, read_stream
from cablewatch.cluster.taker import Taker
from cablewatch.errors import CablewatchError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

STORES = "spark.sql.streaming.stateStore"
TRIGGER = "1 second"  # a folder or a broker is looked at
LOOK_S = 0.5
QUERY_S = 60.0
SETTINGS = {
    f"{STORES}.providerClass": (
        "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider"
    ),
    "spark.sql.streaming.minBatchesToRetain": "4",  # of states and offsets: they are whole
    AT_ONCE: f"{ROWS}",
}


class Stream:
    """A query of Spark that reads an input and has a taker take it.

    Parameters
    ----------
    arrival : callable
        How the rows of the input become batches.
    checkpoint : str
        Folder or URL, for Spark.
    """

    def __init__(
        self,
        session: "SparkSession",
        source: Input | KafkaInput,
        arrival: Callable[..., operators.Arrival],
        taker: Taker,
        checkpoint: str,
        lateness_ms: int,
    ) -> None:
        self._session, self._source, self._taker = session, source, taker
        self._begun = Begun(arrival, lateness_ms, taker.shards)
        self._checkpoint = checkpoint
        self._query: Future[str] = Future()
        self._failure: CablewatchError | None = None

    def run(self, once: bool, stopped: Event) -> None:
        """Run until `stopped` is set, or `once` until all is taken that is there now.

        Raises
        ------
        CablewatchError
            The store cannot be written, or does not go with the checkpoint; the input cannot be
            read; or Spark gave up.
        """
        changed = SETTINGS | {"spark.sql.shuffle.partitions": f"{self._taker.shards}"}
        with ExitStack() as stack:
            stack.enter_context(self._own_words())
            stack.enter_context(told_errors("stream"))
            for name, value in changed.items():
                stack.enter_context(setting(self._session.conf, name, value))
            writer = (
                self._chained(read_stream(self._session, self._source))
                .writeStream.outputMode("append")
                .option("checkpointLocation", self._checkpoint)
                .foreachBatch(self._take)
            )
            trigger = {"availableNow": True} if once else {"processingTime": TRIGGER}
            query = writer.trigger(**trigger).start()
            stack.callback(query.stop)
            self._query.set_result(query.id)
            while not (stopped.is_set() or query.awaitTermination(LOOK_S)):
                pass

    def _chained(self, read: "DataFrame") -> "DataFrame":
        """What shards and order say of each piece."""
        from pyspark.sql.functions import array, col, element_at, lit

        index, shards = self._taker.index, self._taker.shards
        keys = array(*map(lit, self._keys(shards)))
        of_shard = element_at(keys, col("shard") + 1)
        order = partial(operators.order, begun=self._begun)
        said = _stateful(read.withColumn("place", lit(0)), order, READ)
        for operator in (operators.tally, operators.fold):
            task = partial(operator, index=index, shards=shards)
            said = _stateful(said.withColumn("place", of_shard), task, DEALT)
        return said

    def _keys(self, shards: int) -> list[int]:
        """Keys of the shards that Spark puts into a partition each, and one of the order."""
        if shards == 1:
            return [0, 1]
        hashed = self._session.range(64 * shards).selectExpr(
            "int(id) as id", f"pmod(hash(int(id)), {shards}) as place"
        )
        first: dict[int, int] = {}
        for number, place in sorted(map(tuple, hashed.collect())):
            first.setdefault(place, number)
        return [first[place] for place in range(shards)] + [64 * shards]

    def _take(self, said: "DataFrame", batch: int) -> None:
        """Take a micro-batch; of one that was taken Spark needs the states, and it is compared."""
        from pyspark import StorageLevel
        from pyspark.sql.functions import col

        try:
            query = self._query.result(QUERY_S)
            new = self._taker.is_new(query, batch)
            kept = said.persist(StorageLevel.DISK_ONLY)
            try:
                last = kept.agg({"piece": "max"}).collect()[0][0]
                if not new:
                    kept = kept.where(col("shard") == self._taker.shards)
                sorted_ = kept if last is None else by_piece(kept, last)
                rows = in_turn(sorted_)
                if new:
                    self._taker.take(query, batch, rows, last or 0)
                else:
                    self._taker.check_repeated(rows)
            finally:
                said.unpersist()
        except CablewatchError as error:
            self._failure = error
            raise

    @contextmanager
    def _own_words(self) -> Iterator[None]:
        """Raise what the driver failed of, rather than what Spark says of it."""
        try:
            yield
        except CablewatchError:
            if self._failure is not None:
                raise self._failure from None
            raise


def _stateful(rows: "DataFrame", task: Callable[..., Operator], columns: str) -> "DataFrame":
    """Rows of an operator, by the key `place` of the rows that it gets."""
    grouped = rows.groupBy("place")
    return grouped.transformWithStateInPandas(_processor(task, columns), DEALT, "append", "None")


def _processor(task: Callable[..., Operator], columns: str) -> Any:
    """An operator as Spark runs it: a value of state, rows as frames of pandas."""
    from pyspark.sql.streaming import StatefulProcessor

    taken = [column.split()[0] for column in columns.split(", ")]
    given = [column.split()[0] for column in DEALT.split(", ")]

    class Processor(StatefulProcessor):  # type: ignore[misc]
        """Has the task go on from the state of a key."""

        def init(self, handle: Any) -> None:
            self.state = handle.getValueState("state", "body binary")

        def handleInputRows(self, key: Any, rows: Iterator[Any], timerValues: Any) -> Iterator[Any]:
            before = self.state.get()
            after = yield from _framed(
                task(bytes(before[0]) if before else b"", _unframed(rows, taken)), given
            )
            self.state.update((after,))

        def close(self) -> None:
            pass

    return Processor()


def _unframed(frames: Iterator[Any], columns: list[str]) -> Iterator[tuple[Any, ...]]:
    for frame in frames:
        yield from frame[columns].itertuples(index=False, name=None)


def _framed(rows: Operator, columns: list[str]) -> Generator[Any, None, bytes]:
    """A frame for each row; returns what the rows return."""
    import pandas as pd

    while True:
        try:
            row = next(rows)
        except StopIteration as end:
            state: bytes = end.value
            return state
        yield pd.DataFrame([row], columns=columns)
