"""`cablewatch watch`: live sources over cables, until they end or Ctrl-C."""

import asyncio
import os
import signal
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cablewatch.commands.options import (
    BathymetryOption,
    CablesOption,
    ConfigOption,
    ContextOption,
    DatabaseOption,
    HostOption,
    PortOption,
    database_url,
    folder,
)
from cablewatch.commands.terminal import announce_compiling, say

if TYPE_CHECKING:
    from cablewatch.usecases.watch import Watch

DEFAULT_STORE = Path("cablewatch-live")


def watch(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="tcp://, udp://, mqtt://, nats://, aisstream:// and others; see docs/feeds.md",
            show_default=False,
        ),
    ],
    store: Annotated[
        Path, typer.Option(parser=folder, help="Folder for tracks and alerts")
    ] = DEFAULT_STORE,
    database: DatabaseOption = None,
    cables: CablesOption = None,
    context: ContextOption = None,
    bathymetry: BathymetryOption = None,
    record: Annotated[
        Path | None, typer.Option(help="Folder to keep all that is received in, packed by the hour")
    ] = None,
    lateness: Annotated[
        float, typer.Option(help="Seconds of disorder that change nothing", min=0.0, max=3600.0)
    ] = 5.0,
    speed: Annotated[
        float, typer.Option(help="Of file:// sources: 1 is real time, 0 as fast as can be", min=0.0)
    ] = 1.0,
    standby: Annotated[
        bool, typer.Option("--standby", help="Wait while another watches; take over when it ends")
    ] = False,
    serve: Annotated[bool, typer.Option("--serve", help="Serve the store as well")] = False,
    host: HostOption = None,
    port: PortOption = None,
    config: ConfigOption = None,
) -> None:
    """Watch live sources and say what ships do near cables as it happens.

    Everything received is on disk before it is judged. A run that was stopped or killed goes on
    where it was: give the same sources and the same store. Ends with Ctrl-C, or when all sources
    have ended.

    Example: cablewatch watch tcp://153.44.253.27:5631 --store norway
    """
    from cablewatch.live.memory import use_one_allocator

    use_one_allocator()  # before Arrow is loaded
    from cablewatch.cables.model import load_cables
    from cablewatch.commands.live_table import LiveTable
    from cablewatch.commands.serving import Service
    from cablewatch.context.surroundings import load_surroundings
    from cablewatch.feeds.addresses import open_feeds
    from cablewatch.live.warm import warm
    from cablewatch.live.watcher import Watcher
    from cablewatch.stores.folder import StoreWriter
    from cablewatch.stores.journal import Journal
    from cablewatch.stores.tail import TailWriter
    from cablewatch.stores.turns import Turn
    from cablewatch.usecases.watch import Watch

    routes = load_cables(cables)
    feeds = open_feeds(sources, speed, [cable.route.bounds for cable in routes])
    names = [feed.source.name for feed in feeds]
    url = database_url(database, config)
    writer = StoreWriter.of_sources(store, names, url)
    turn = Turn(url, ",".join(sorted(names))) if standby else None
    announce_compiling()
    warm(routes)
    if turn is not None:
        turn.wait(store, lambda: say("another watches; standing by"))
    tail, table = TailWriter(store), LiveTable()
    watcher = Watcher(
        routes,
        writer,
        Journal(store / "journal", record),
        lateness_ms=round(lateness * 1000.0),
        source=",".join(names),
        surroundings=load_surroundings(context or (), bathymetry),
        positions=tail.append,
    )
    with ExitStack() as stack:
        if turn is not None:
            stack.enter_context(turn.kept(lambda: os.kill(os.getpid(), signal.SIGTERM)))
        stack.enter_context(watcher)
        if serve:
            said = {"host": host, "port": port, "database": database, "config": config}
            options = [f"--{name}={value}" for name, value in said.items() if value is not None]
            stack.enter_context(Service([f"--store={store}", *options]))
        table.running = running = Watch(feeds, watcher, table.told)
        with table.live():
            done = asyncio.run(_run(running))
            if done:
                table.told(watcher.end())
        watcher.close()
    figures = watcher.figures
    say(f"{figures.fixes:,} fixes judged, {figures.alerts:,} versions of alerts; see {store}")


async def _run(running: "Watch") -> bool:
    """Run until the sources end, or a signal comes."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stopped.set)
    return await running.run(stopped)
