"""`cablewatch investigate`: which ships crossed a cable in a window, or may have, ranked."""

from pathlib import Path
from typing import Annotated

import typer

from cablewatch.commands.options import (
    BathymetryOption,
    CablesOption,
    ConfigOption,
    ContextOption,
    DatabaseOption,
    FormatOption,
    MapOption,
    MaxBytesOption,
    MaxLinesOption,
    WorkersOption,
    ZoneOption,
    database_url,
    local_files,
    named_files,
)
from cablewatch.commands.terminal import announce_compiling, progress, say_errors
from cablewatch.errors import UsageError


def investigate(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Archives, folders, patterns; or one folder of replay --store."),
    ],
    cable: Annotated[str, typer.Option(help="Id of the cable, as 'cables list' has it")],
    start: Annotated[str, typer.Option("--from", help="UTC, such as 2024-11-17T06:00")],
    end: Annotated[str, typer.Option("--to", help="UTC, excluded; a date is its end")],
    at: Annotated[
        str | None, typer.Option(help="Reported fault: KM along the route, or LON,LAT")
    ] = None,
    at_error: Annotated[
        float | None,
        typer.Option(min=0.0, max=1000.0, help="Uncertainty of --at, km, two sigma; else 2"),
    ] = None,
    cables: CablesOption = None,
    context: ContextOption = None,
    bathymetry: BathymetryOption = None,
    out: Annotated[
        str | None,
        typer.Option(help="All ships to .geojson, .jsonl or .csv; - is JSON lines to stdout"),
    ] = None,
    database: DatabaseOption = None,
    config: ConfigOption = None,
    workers: WorkersOption = 1,
    format: FormatOption = None,
    columns: MapOption = None,
    zone: ZoneOption = None,
    max_bytes: MaxBytesOption = None,
    max_lines: MaxLinesOption = None,
) -> None:
    """Rank the ships that crossed a cable in a window, or may have, and say why not the others.

    Reads from a day before the window to half a day after it. Finding nobody is a result, not an
    error. The score sums the stated evidence of each passage; it is no probability.

    Example: cablewatch investigate --cable c-lion1 --from 2024-11-18T00:00 --to 2024-11-18T04:00
    --at 712 --at-error 25 november-store
    """
    from cablewatch.arguments import read_options, selected
    from cablewatch.cables.model import load_cables
    from cablewatch.commands.findings import print_findings, write_findings
    from cablewatch.commands.results import check_writable
    from cablewatch.context.surroundings import load_surroundings
    from cablewatch.investigation.case import ERROR_KM
    from cablewatch.investigation.records import FORMATS
    from cablewatch.usecases.investigate import Question, store_among
    from cablewatch.usecases.investigate import investigate as use_case

    window = selected(start, end, None, None)
    options = read_options(
        format=format, columns=columns, zone=zone, max_bytes=max_bytes, max_lines=max_lines
    )
    routes = None if cables is None else load_cables(cables)
    surroundings = load_surroundings(context or (), bathymetry)
    store = store_among(paths)
    if database is not None and store is None:
        raise UsageError("--database", "archives are named", "name a folder of replay --store")
    if out is not None:
        inputs = [*_inputs(paths, store), *named_files(cables, bathymetry, context)]
        check_writable(out, inputs, FORMATS)
    if store is None:
        announce_compiling()
    error_km = ERROR_KM if at_error is None else at_error
    question = Question(cable, window.start_ms or 0, window.end_ms or 0, at, error_km)
    with progress("Reading") as advance:
        result = use_case(
            paths,
            question,
            routes,
            options=options,
            database=None if store is None else database_url(database, config),
            workers=workers,
            progress=advance,
            surroundings=surroundings,
        )
    print_findings(result, to_stderr=out == "-")
    if out is not None:
        write_findings(result, out)
    if result.replay is not None:
        say_errors(result.replay.strays, result.replay.errors)


def _inputs(paths: list[Path], store: Path | None) -> list[Path]:
    """Files that an answer must not replace: those of the store, or the archives."""
    return [*store.iterdir()] if store else local_files(paths)
