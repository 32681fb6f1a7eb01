"""Options that say where a command computes: on this machine, or on Apache Spark."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cablewatch.errors import UsageError

if TYPE_CHECKING:
    from cablewatch.cluster.spark import Spark

EngineOption = Annotated[
    Literal["here", "spark"], typer.Option(help="Compute on this machine, or on Apache Spark")
]
MasterOption = Annotated[
    str | None,
    typer.Option(help="Master of Spark, as spark://HOST:7077 or yarn; else all cores here"),
]


@contextmanager
def computing(
    engine: str, master: str | None, shards: int | None = None
) -> "Iterator[Spark | None]":
    """The cluster that two options name; None is this machine.

    Raises
    ------
    UsageError
        There is a master and no cluster, or the cluster cannot be had.
    """
    if engine == "here":
        if master is not None:
            raise UsageError("--master", "is one of Spark", "give --engine spark too")
        yield None
        return
    from cablewatch.cluster.session import session
    from cablewatch.cluster.spark import Spark

    with session(master or "local[*]") as running:
        yield Spark(running, shards)
