"""A session of Apache Spark: how it is had, its settings, and what it says when it fails."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from cablewatch.errors import UsageError, WorkerError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

OPTION = "--engine spark"
AT_ONCE = "spark.sql.execution.arrow.maxRecordsPerBatch"
OURS = {
    "spark.log.level": "ERROR",
    "spark.ui.showConsoleProgress": "false",
    # of Java and Python, which send much to each other at once: over TCP both can come to wait
    "spark.python.unix.domain.socket.enabled": "true",
    # of the heap, for sorting: rows of some MB are copied a few times on their way
    "spark.memory.fraction": "0.3",
}
# G1 gives a row of some MB whole regions, and finds no room in a heap that is far from full. A full
# heap ends Java: Spark would go on without the thread that found no room, and wait for it for good.
JAVA = "-XX:+UseParallelGC -XX:+ExitOnOutOfMemoryError"
HERE = {  # of a master that is this machine
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    # C1 alone: Java shares the cores with the fold, and C2 would take what its code gains
    "spark.driver.defaultJavaOptions": f"{JAVA} -XX:TieredStopAtLevel=1",
    "spark.executor.defaultJavaOptions": JAVA,
}
DRIVER_MEMORY = "2g"  # unless the settings of Spark, or the environment, say another


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
    os.environ.setdefault("SPARK_DRIVER_MEMORY", DRIVER_MEMORY)
    builder = SparkSession.builder.master(master).appName("cablewatch")
    here = master.startswith("local")
    for name, value in {**OURS, **(HERE if here else {})}.items():
        builder = builder.config(name, value)
    if here:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        running = SparkSession.getActiveSession()
        begun = running or builder.getOrCreate()
    except (PySparkException, Py4JError, OSError) as error:
        do = "see what it printed above; it takes Java 17 or newer, and a master that answers"
        raise UsageError(option, f"Spark does not start ({_line(error)})", do) from None
    try:
        yield begun
    finally:
        if running is None:
            with suppress(Py4JError, ConnectionError):  # there is none where Java has ended
                begun.stop()


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

    gone = EOFError, ConnectionRefusedError, ConnectionResetError
    try:
        yield
    except (PySparkException, Py4JError, *gone) as error:
        what = "Java ended" if isinstance(error, (Py4JNetworkError, *gone)) else _line(error)
        do = "see what the log of Spark says; run it again when that is mended"
        raise WorkerError(option, f"Spark gave up ({what})", do) from error


def _line(error: Exception) -> str:
    """The line of an error that names it: of one in a task the last of Python's."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    named = [line for line in lines if line.partition(":")[0].endswith(("Error", "Exception"))]
    return (named or lines or [type(error).__name__])[0][:200]
