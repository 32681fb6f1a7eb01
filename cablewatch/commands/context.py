"""`cablewatch context ...`: places where ships stop, learned from archives."""

from pathlib import Path
from typing import Annotated

import typer

from cablewatch.commands.engines import EngineOption, MasterOption, computing
from cablewatch.commands.options import (
    BboxOption,
    FormatOption,
    FromOption,
    MapOption,
    MaxBytesOption,
    MaxLinesOption,
    Paths,
    ToOption,
    ZoneOption,
    local_files,
    places,
)
from cablewatch.commands.terminal import progress, say_errors
from cablewatch.output.text import printable

context_app = typer.Typer(
    help="Places where ships stop, which lower alerts: learn them from archives.",
    no_args_is_help=True,
)


@context_app.command("build")
def build(
    paths: Paths,
    out: Annotated[Path, typer.Option("-o", "--out", help="GeoJSON file to write")],
    extend: Annotated[
        Path | None, typer.Option(help="File of an earlier build, to which these archives add")
    ] = None,
    engine: EngineOption = "here",
    master: MasterOption = None,
    start: FromOption = None,
    end: ToOption = None,
    bbox: BboxOption = None,
    format: FormatOption = None,
    columns: MapOption = None,
    zone: ZoneOption = None,
    max_bytes: MaxBytesOption = None,
    max_lines: MaxLinesOption = None,
) -> None:
    """Learn where ships stop, for the option --context of other commands.

    A place is a cell of a nautical mile in which at least four different ships lay at rest for
    half an hour and moved on. The file is GeoJSON, for QGIS too; it names its archives and their
    hashes, and a later build may extend it.

    Example: cablewatch context build november/ -o places.geojson
    """
    from cablewatch.arguments import read_options, selected
    from cablewatch.usecases.context import build as use_case
    from cablewatch.usecases.context import write

    options = read_options(
        format=format,
        columns=columns,
        zone=zone,
        max_bytes=max_bytes,
        max_lines=max_lines,
        selection=selected(start, end, bbox, None),
    )
    files = places(paths)
    inputs = local_files(files)
    with computing(engine, master) as cluster, progress("Learning") as advance:
        built = use_case(files, options=options, extend=extend, cluster=cluster, progress=advance)
    write(built, out, inputs)
    print(f"{built.fixes:,} fixes, {built.stays:,} stays of ships that moved on")
    for kind, cells in sorted(built.learned.places().items()):
        print(f"  {cells:,} cells: {kind}")
    for name in built.known:
        print(printable(f"  learned from before: {name}"))
    for reason, count in sorted(built.counts.items()):
        print(printable(f"  refused {count:,}: {reason}"))
    print(printable(f"places: {out}"))
    say_errors(built.strays, built.errors)
