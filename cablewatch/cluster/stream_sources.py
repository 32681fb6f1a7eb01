"""What a stream on Spark reads: a data source of Python, or that of Kafka; rows as `tasks.read`'s.

An :class:`Input` says what there is by offsets, and reads what lies between two of them: the same
again, however often and wherever it is asked. The data source only hands it to Spark. Offsets are
in the checkpoint of the query, so nothing is confirmed to where the data come from.
"""

import pickle
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

from cablewatch.cluster.kafka import KafkaInput
from cablewatch.cluster.spark import READ, mapped
from cablewatch.cluster.tasks import Read
from cablewatch.errors import UsageError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Offset = dict[str, Any]
"""A place in an input, in words of its own."""
NAME = "cablewatch"  # of the data source, to Spark
KAFKA = "org.apache.spark:spark-sql-kafka-0-10_2.13"
MESSAGES = 200_000  # of Kafka in a micro-batch, at most


class Input(Protocol):
    """What can be read again between two offsets; it can be pickled."""

    def first(self) -> Offset:
        """The offset where a stream begins."""

    def newest(self) -> Offset:
        """The offset behind all there is."""

    def some(self, start: Offset, newest: Offset) -> Offset:
        """The offset behind what a micro-batch takes of what there is; `start` where nothing is."""

    def parts(self, start: Offset, end: Offset) -> Sequence[Any]:
        """What tasks read, each of it a part."""

    def read(self, part: Any) -> Iterator[Read]:
        """Rows of a part."""


def read_stream(session: "SparkSession", source: Input | KafkaInput) -> "DataFrame":
    """A stream of rows of an input.

    Raises
    ------
    UsageError
        Spark has no source of Kafka, or is too old for one of Python; or protobuf is missing.
    """
    if find_spec("google") is None or find_spec("google.protobuf") is None:
        do = "pip install 'cablewatch[spark]'"
        raise UsageError("stream", "protobuf is not installed, which PySpark needs for states", do)
    if isinstance(source, KafkaInput):
        return _kafka(session, source)
    try:
        session.dataSource.register(_data_source())
    except ImportError:
        do = "pip install --upgrade 'cablewatch[spark]'"
        raise UsageError("stream", "needs PySpark 4.2 or later", do) from None
    packed = b64encode(pickle.dumps(source)).decode()
    return session.readStream.format(NAME).option("input", packed).load()


def _data_source() -> type:
    """The data source of Python, of which Spark makes one in each process that needs it."""
    from pyspark.sql.datasource import DataSource, DataSourceStreamReader, InputPartition
    from pyspark.sql.streaming.datasource import (
        ReadAllAvailable,
        ReadLimit,
        SupportsTriggerAvailableNow,
    )

    class Reader(DataSourceStreamReader, SupportsTriggerAvailableNow):  # type: ignore[misc]
        """Asks an input; what is there when it is to read no more than that is its end."""

        def __init__(self, source: Input) -> None:
            self.source = source
            self.end: Offset | None = None

        def initialOffset(self) -> Offset:
            return self.source.first()

        def getDefaultReadLimit(self) -> ReadLimit:
            return ReadAllAvailable()  # an input has a limit of its own

        def prepareForTriggerAvailableNow(self) -> None:
            self.end = self.source.newest()

        def latestOffset(self, start: Offset, limit: ReadLimit) -> Offset:
            return self.source.some(start, self.end or self.source.newest())

        def partitions(self, start: Offset, end: Offset) -> Sequence[InputPartition]:
            return [InputPartition(part) for part in self.source.parts(start, end)]

        def read(self, partition: InputPartition) -> Iterator[Read]:
            return self.source.read(partition.value)

    class Source(DataSource):  # type: ignore[misc]
        """The input that an option holds."""

        @classmethod
        def name(cls) -> str:
            return NAME

        def schema(self) -> str:
            return READ

        def streamReader(self, schema: object) -> Reader:
            return Reader(pickle.loads(b64decode(self.options["input"])))

    return Source


def _kafka(session: "SparkSession", source: KafkaInput) -> "DataFrame":
    from pyspark.errors import AnalysisException

    reader = session.readStream.format("kafka").options(**source.options())
    try:
        found = reader.option("maxOffsetsPerTrigger", MESSAGES).load()
    except AnalysisException as error:
        if "kafka" not in str(error).lower():
            raise
        do = f"set spark.jars.packages {KAFKA}:{session.version} in spark-defaults.conf"
        raise UsageError(source.url, "this Spark has no source of Kafka", do) from None
    rows = found.selectExpr("partition", "offset", "unix_millis(timestamp) as at_ms", "value")
    return rows.mapInArrow(mapped(source.rows, READ), READ)
