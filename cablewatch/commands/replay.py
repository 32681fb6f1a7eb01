"""`cablewatch replay`: archives over cables, ranked and explained."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cablewatch.commands.engines import EngineOption, MasterOption, computing
from cablewatch.commands.options import (
    BathymetryOption,
    BboxOption,
    CablesOption,
    ConfigOption,
    ContextOption,
    DatabaseOption,
    FormatOption,
    FromOption,
    MapOption,
    MaxBytesOption,
    MaxLinesOption,
    MmsiOption,
    Paths,
    ToOption,
    ZoneOption,
    database_url,
    local_files,
    named_files,
    places,
)
from cablewatch.commands.terminal import announce_compiling, progress, say_errors
from cablewatch.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from cablewatch.archives import ReadOptions
    from cablewatch.cables.model import Cable
    from cablewatch.context.surroundings import Surroundings
    from cablewatch.places import Place
    from cablewatch.stores.folder import StoreWriter
    from cablewatch.stores.run import Modelled
    from cablewatch.usecases.replay import Cluster


def replay(
    paths: Paths,
    start: FromOption = None,
    end: ToOption = None,
    bbox: BboxOption = None,
    mmsi: MmsiOption = None,
    cables: CablesOption = None,
    context: ContextOption = None,
    bathymetry: BathymetryOption = None,
    out: Annotated[
        str | None,
        typer.Option(
            help="Alerts to .geojson, .jsonl, .csv or .parquet; - is JSON lines to standard output"
        ),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(help="Folder for tracks and alerts, or a URL such as s3://BUCKET/NAME"),
    ] = None,
    database: DatabaseOption = None,
    config: ConfigOption = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", min=1, max=1024, help="Processes for the fold, else 1; shards of a cluster"
        ),
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(help="Folder or URL of a state to go on from, and to leave for the next day"),
    ] = None,
    engine: EngineOption = "here",
    master: MasterOption = None,
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
    from cablewatch.context.surroundings import load_surroundings
    from cablewatch.places import place_of
    from cablewatch.stores.folder import StoreWriter
    from cablewatch.stores.places import is_same

    if database is not None and store is None:
        raise UsageError("--database", "tracks need a folder", "give --store too")
    left = None if state is None else place_of(state)
    if left is not None and store is not None and is_same(left, place_of(store)):
        raise UsageError("--state", "is the folder of --store", "give it one of its own")
    files = places(paths)
    options = read_options(
        format=format,
        columns=columns,
        zone=zone,
        max_bytes=max_bytes,
        max_lines=max_lines,
        selection=selected(start, end, bbox, mmsi or None),
    )
    routes = load_cables(cables)
    surroundings = load_surroundings(context or (), bathymetry)
    writer = None
    if store is not None:
        url = database_url(database, config)
        writer = StoreWriter.of_archives(place_of(store), files, url)
    inputs = local_files(files) if out is not None else []
    inputs += named_files(cables, bathymetry, context)
    with computing(engine, master, workers) as cluster:
        run_replay(
            files,
            routes,
            options,
            writer,
            surroundings=surroundings,
            workers=workers or 1,
            cluster=cluster,
            state=left,
            out=out,
            inputs=inputs,
        )


def run_replay(
    files: "Sequence[Place]",
    cables: "Sequence[Cable]",
    options: "ReadOptions",
    writer: "StoreWriter | None",
    *,
    surroundings: "Surroundings | None" = None,
    workers: int = 1,
    cluster: "Cluster | None" = None,
    state: "Place | None" = None,
    out: str | None = None,
    modelled: "Sequence[Modelled]" = (),
    inputs: "Sequence[Path]" = (),
) -> None:
    """Replay, print the summary and write the alerts; exit code 2 where a file failed.

    `inputs` are the files that `out` must not replace.
    """
    from cablewatch.commands.results import check_writable, print_summary, write_alerts
    from cablewatch.context.surroundings import NOWHERE
    from cablewatch.usecases.replay import replay as use_case

    if out is not None:
        check_writable(out, inputs)
    announce_compiling()
    with progress("Replaying") as advance:
        result = use_case(
            files,
            cables,
            options=options,
            workers=workers,
            cluster=cluster,
            state=state,
            store=writer,
            progress=advance,
            surroundings=surroundings or NOWHERE,
        )
    print_summary(result, modelled, to_stderr=out == "-")
    if out is not None:
        write_alerts(result.ranked(), out, result.attribution)
    say_errors(result.strays, result.errors)
