"""The command line: options in, use cases called, errors as one line and exit code 2.

Use cases are imported inside the commands, so that ``--help`` never waits for the compiler.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cablewatch.commands.cables import CablesOption, cables_app
from cablewatch.commands.fetch import fetch_archives
from cablewatch.errors import ArchiveError, CablewatchError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cablewatch.archives import ReadOptions
    from cablewatch.usecases.decode import Decoded
    from cablewatch.usecases.messages import Messages

DEMO_MARKER = "demo.txt"

app = typer.Typer(
    help="Finds ships that threaten undersea cables, in AIS, and says why.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
app.add_typer(cables_app, name="cables")
app.command("fetch")(fetch_archives)

Paths = Annotated[
    list[Path],
    typer.Argument(help="Archives, folders, patterns: NMEA, CSV, Parquet, JSON; .zip, .gz, .zst."),
]
FORMAT_NAMES = (  # those of archives.FORMATS, which would load the compiler
    "nmea",
    "danish-csv",
    "marinecadastre-csv",
    "kystverket-csv",
    "spire-csv",
    "aishub-csv",
    "aishub-raw-csv",
    "vesselfinder-csv",
    "marinetraffic-csv",
    "brest-csv",
    "csv",
    "parquet",
    "digitraffic",
    "aisstream",
    "ais-catcher",
    "gpsd",
    "aishub-json",
    "barentswatch",
)
FormatOption = Annotated[
    str | None,
    typer.Option("--format", help=f"Read as {', '.join(FORMAT_NAMES)}; else by content."),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option("--map", help="Columns by other names, as lon=LONGITUDE,lat=LATITUDE"),
]
ZoneOption = Annotated[
    str | None, typer.Option("--tz", help="Zone of times that name none, as Europe/Paris; else UTC")
]
MaxBytesOption = Annotated[
    int | None, typer.Option(min=1, help="Most bytes one archive may unpack to")
]
MaxLinesOption = Annotated[
    int | None, typer.Option(min=1, help="Most lines one archive may unpack to")
]
PortOption = Annotated[
    int, typer.Option("--port", min=0, max=65_535, help="Port; 0 takes a free one.")
]
HostOption = Annotated[str, typer.Option("--host", help="Address to listen on.")]


def main() -> None:
    """Entry point: every error a user can mend is one line and exit code 2."""
    try:
        app()
    except CablewatchError as error:
        print(f"cablewatch: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("cablewatch: interrupted", file=sys.stderr)
        sys.exit(130)


@app.command()
def replay(
    paths: Paths,
    start: Annotated[str | None, typer.Option("--from", help="UTC, such as 2024-11-17")] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="UTC, excluded; a date is its end")
    ] = None,
    bbox: Annotated[str | None, typer.Option(help="west,south,east,north in degrees")] = None,
    mmsi: Annotated[list[int] | None, typer.Option(help="Only this ship; may be repeated")] = None,
    cables: CablesOption = None,
    out: Annotated[
        str | None,
        typer.Option(help="Alerts to .geojson, .jsonl or .csv; - is JSON lines to standard output"),
    ] = None,
    store: Annotated[Path | None, typer.Option(help="Folder for tracks and alerts")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes for the fold")] = 1,
    format: FormatOption = None,
    columns: MapOption = None,
    zone: ZoneOption = None,
    max_bytes: MaxBytesOption = None,
    max_lines: MaxLinesOption = None,
) -> None:
    """Replay archives over cables and rank what the ships did.

    Prints a table ranked by probability. An empty table is a result, not an error. A file that
    cannot be read to its end is named, what was read before it counts, and the exit code is 2.

    Example: cablewatch replay aisdk-2024-11-18.zip --store november --out alerts.geojson
    """
    from cablewatch.arguments import read_options, selected
    from cablewatch.cables.model import load_cables
    from cablewatch.stores.folder import StoreWriter

    options = read_options(
        format=format,
        columns=columns or (),
        zone=zone,
        max_bytes=max_bytes,
        max_lines=max_lines,
        selection=selected(start, end, bbox, mmsi),
    )
    title = f"Replay of {', '.join(path.name for path in paths[:3])}"
    writer = None if store is None else StoreWriter(store, title, "Recorded AIS, as archived.")
    if store is not None:
        (store / DEMO_MARKER).unlink(missing_ok=True)  # from now on it is not the demo's to replace
    _replay(paths, load_cables(cables), options, writer, workers=workers, out=out)


def _replay(
    files: Sequence[Path],
    cables: object,
    options: "ReadOptions",
    writer: object,
    *,
    workers: int = 1,
    out: str | None = None,
) -> None:
    from cablewatch.engine.kernels import fold
    from cablewatch.jit import is_compiled
    from cablewatch.report import check_writable, print_summary, write_alerts
    from cablewatch.usecases import replay as use_case

    if out is not None:
        check_writable(out)
    if not is_compiled(fold):
        _say("Compiling the detectors for this machine, once: one to three minutes ...")
    with _progress("Replaying") as progress:
        result = use_case.replay(
            files,
            cables,  # type: ignore[arg-type]
            options=options,
            workers=workers,
            store=writer,  # type: ignore[arg-type]
            progress=progress,
        )
    print_summary(result, to_stderr=out == "-")
    if out is not None:
        write_alerts(result.ranked(), out)
    _say_errors(result.strays, result.errors)


@app.command()
def decode(
    paths: Paths,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", help=".parquet or .csv of fixes; with --all .jsonl, - is a stream"
        ),
    ],
    every_message: Annotated[
        bool, typer.Option("--all", help="All messages of NMEA logs, all fields, as JSON lines")
    ] = False,
    format: FormatOption = None,
    columns: MapOption = None,
    zone: ZoneOption = None,
    max_bytes: MaxBytesOption = None,
    max_lines: MaxLinesOption = None,
) -> None:
    """Decode archives into a table of fixes that replay reads back, or into all messages.

    Examples: cablewatch decode receiver.nmea -o fixes.parquet;
    cablewatch decode --all receiver.nmea -o messages.jsonl
    """
    from cablewatch.arguments import read_options

    options = read_options(
        format=format,
        columns=columns or (),
        zone=zone,
        max_bytes=max_bytes,
        max_lines=max_lines,
    )
    result: Decoded | Messages
    with _progress("Decoding") as progress:
        if every_message:
            from cablewatch.usecases.messages import write_messages

            result = write_messages(paths, output, options=options, progress=progress)
        else:
            from cablewatch.usecases.decode import decode as use_case

            result = use_case(paths, output, options=options, progress=progress)
    out = sys.stderr if every_message and str(output) == "-" else sys.stdout
    print(f"{result.summary} in {output}", file=out)
    for reason, count in sorted(result.refused.counts.items()):
        example = result.refused.examples.get(reason)
        shown = f"; first: {example}" if example else ""
        print(f"  refused {count:,}: {reason}{shown}", file=out)
    _say_errors(result.strays, result.errors)


@app.command()
def serve(
    store: Annotated[Path, typer.Option(help="Folder that replay --store wrote")],
    port: PortOption = 8000,
    host: HostOption = "127.0.0.1",
) -> None:
    """Serve a store: alerts, tracks and cables as GeoJSON, and a page that draws them.

    Example: cablewatch serve --store november
    """
    _serve(store, host, port)


def _serve(store: Path, host: str, port: int) -> None:
    from socket import create_server

    try:
        import uvicorn

        from cablewatch.service import create_app
    except ModuleNotFoundError as error:
        raise UsageError(
            "serve", f"{error.name} is not installed", "pip install 'cablewatch[service]'"
        ) from error
    if not _is_loopback(host):
        _say(f"Warning: {host} is not loopback, and anyone who reaches it can read the store")
    application = create_app(store)
    try:
        socket = create_server((host, port))
    except OSError as error:
        raise UsageError(
            f"{host}:{port}", f"cannot be listened on: {error.strerror}", "choose another --port"
        ) from error
    config = uvicorn.Config(application, log_level="warning")
    _say(f"Serving {store} on http://{host}:{socket.getsockname()[1]}/ (Ctrl-C ends)")
    uvicorn.Server(config).run(sockets=[socket])


def _is_loopback(host: str) -> bool:
    return host == "localhost" or host == "::1" or host.startswith("127.")


@app.command()
def demo(
    no_serve: Annotated[bool, typer.Option("--no-serve", help="End after printing")] = False,
    store: Annotated[Path, typer.Option(help="Folder for tracks and alerts")] = Path("demo-store"),
    seed: Annotated[int, typer.Option(help="Another seed draws other background ships")] = 0,
    port: PortOption = 8000,
    host: HostOption = "127.0.0.1",
) -> None:
    """Replay the Yi Peng 3 window, 16-18 November 2024, and serve it.

    Offline. Says which positions are recorded, which reconstructed and which invented.
    """
    from cablewatch.archives import ReadOptions
    from cablewatch.cables.model import load_cables
    from cablewatch.scenario import make_scenario
    from cablewatch.stores.folder import StoreWriter

    _make_room(store)
    _say("Laying the scenario: 301 ships, three days ...")
    scenario = make_scenario(seed)
    _say(scenario.statement())
    writer = StoreWriter(store, "The Yi Peng 3 window, 16-18 November 2024", scenario.statement())
    log = store / "scenario.nmea"
    scenario.write(log)
    _replay([log], load_cables(), ReadOptions(), writer)
    if not no_serve:
        _serve(store, host, port)


def _make_room(store: Path) -> None:
    """An empty folder for the demo: only what an earlier demo left is removed."""
    import shutil

    marker = store / DEMO_MARKER
    if store.exists() and any(store.iterdir()) and not marker.exists():
        raise UsageError(
            str(store), "holds something other than a demo", "name another folder by --store"
        )
    try:
        shutil.rmtree(store, ignore_errors=True)
        store.mkdir(parents=True, exist_ok=True)
        marker.write_text("A demo of cablewatch; the next one replaces this folder.\n")
    except OSError as error:
        raise UsageError(
            str(store), f"cannot be written: {error.strerror}", "name another folder by --store"
        ) from error


def _say_errors(strays: "Sequence[ArchiveError]", errors: "Sequence[ArchiveError]") -> None:
    """Name the files passed over and those that failed; only the latter end with code 2."""
    for stray in strays:
        _say(f"cablewatch: passed over: {stray}")
    for error in errors:
        _say(f"cablewatch: {error}")
    if errors:
        raise typer.Exit(2)


def _say(text: str) -> None:
    """A line for the person at the terminal, apart from results."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def _progress(what: str) -> "Iterator[Callable[[int, int], None]]":
    """A progress bar on the terminal's error stream; nothing where there is no terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
