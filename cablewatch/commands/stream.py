"""`cablewatch stream`: recordings or a broker over cables, on Apache Spark, until Ctrl-C."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cablewatch.commands.engines import MasterOption
from cablewatch.commands.options import (
    BathymetryOption,
    CablesOption,
    ConfigOption,
    ContextOption,
    DatabaseOption,
    database_url,
)
from cablewatch.commands.terminal import announce_compiling, say
from cablewatch.errors import UsageError

if TYPE_CHECKING:
    from cablewatch.cluster.kafka import KafkaInput
    from cablewatch.cluster.stream_sources import Input
    from cablewatch.places import Place


def stream(
    source: Annotated[
        str,
        typer.Argument(
            help="Folder of recordings, or its URL; nats://HOST/SUBJECT or kafka://HOST/TOPIC",
            show_default=False,
        ),
    ],
    store: Annotated[str, typer.Option(help="Folder or URL for tracks and alerts")],
    checkpoint: Annotated[
        str, typer.Option(help="Folder or URL where the stream goes on; each store has its own")
    ],
    master: MasterOption = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=1024, help="Shards of ships, for good; else as many as cores"),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Take what is there now, and end")] = False,
    lateness: Annotated[
        float, typer.Option(help="Seconds of disorder that change nothing", min=0.0, max=3600.0)
    ] = 60.0,
    database: DatabaseOption = None,
    cables: CablesOption = None,
    context: ContextOption = None,
    bathymetry: BathymetryOption = None,
    config: ConfigOption = None,
) -> None:
    """Judge a stream on Apache Spark, and go on where it was when it is started again.

    Of a folder, files are taken that are whole, new ones as they appear. What the watermark has
    not passed waits, also at the end of --once: give the same again when there is more.

    Example: cablewatch stream recordings --store norway --checkpoint norway-checkpoint
    """
    from cablewatch.cables.model import load_cables
    from cablewatch.cluster.session import session
    from cablewatch.cluster.streaming import Stream
    from cablewatch.cluster.taker import Taker
    from cablewatch.context.surroundings import load_surroundings
    from cablewatch.places import place_of
    from cablewatch.stores.folder import StoreWriter
    from cablewatch.stores.places import is_same

    folder, goes_on = place_of(store), place_of(checkpoint)
    if is_same(folder, goes_on):
        raise UsageError("--checkpoint", "is the folder of --store", "give it one of its own")
    name, read, arrival = _input(source, goes_on, folder)
    routes = load_cables(cables)
    lateness_ms = round(lateness * 1000.0)
    announce_compiling()
    with session(master or "local[*]", "stream") as running, _until_signal() as stopped:
        taker = Taker(
            routes,
            StoreWriter.of_sources(folder, [name], database_url(database, config)),
            source=name,
            lateness_ms=lateness_ms,
            shards=workers,
            otherwise=running.sparkContext.defaultParallelism,
            surroundings=load_surroundings(context or (), bathymetry),
            blamed=partial(_blame, read),
        )
        with taker:
            place = str(goes_on.absolute()) if isinstance(goes_on, Path) else checkpoint
            Stream(running, read, arrival, taker, place, lateness_ms).run(once, stopped)
    figures = taker.figures
    say(f"{figures.fixes:,} fixes judged, {figures.alerts:,} versions of alerts; see {store}")


def _input(
    source: str, checkpoint: "Place", store: "Place"
) -> "tuple[str, Input | KafkaInput, Callable[..., Any]]":
    """Name of a source, what reads it, and how that becomes batches."""
    from cablewatch.cluster.folder_input import folder_input
    from cablewatch.cluster.kafka import kafka_input
    from cablewatch.cluster.nats_input import nats_input
    from cablewatch.cluster.operators import Files, Messages
    from cablewatch.places import place_of

    if source.startswith(("nats://", "natss://")):
        nats = nats_input(source)
        return nats.name, nats, Messages
    if source.startswith(("kafka://", "kafkas://")):
        kafka = kafka_input(source)
        return kafka.name, kafka, Messages
    recordings = folder_input(place_of(source, "source"), checkpoint, [store])
    if recordings.is_empty():  # a prefix of objects may be misspelt
        say(f"There is no recording in {source} yet")
    return recordings.folder.name, recordings, Files


def _blame(read: Any, number: int, fault: tuple[str, str, str]) -> str:
    """Say what kept the file of a number from being read to its end; in short for the store."""
    inside, what, do = fault
    [part] = read.parts({"files": number}, {"files": number + 1})
    say(f"cablewatch: {part.file.path}{inside}: {what}; {do}")
    return f"{Path(part.file.path).name}{inside}: {what}"


@contextmanager
def _until_signal() -> Iterator[Event]:
    """Set when SIGINT or SIGTERM comes."""
    stopped = Event()
    signs = signal.SIGINT, signal.SIGTERM
    before = [signal.signal(sign, lambda *_: stopped.set()) for sign in signs]
    try:
        yield stopped
    finally:
        for sign, handler in zip(signs, before, strict=True):
            signal.signal(sign, handler)
