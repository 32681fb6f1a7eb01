"""`cablewatch report`: one alert with all that it rests on, as a bundle that others can check."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cablewatch.commands.options import (
    BathymetryOption,
    ConfigOption,
    ContextOption,
    DatabaseOption,
    FormatOption,
    MapOption,
    MaxBytesOption,
    MaxLinesOption,
    ZoneOption,
    database_url,
    folder,
)
from cablewatch.commands.terminal import announce_compiling, progress
from cablewatch.errors import UsageError

if TYPE_CHECKING:
    from cablewatch.usecases.report import Report


def report(
    alert: Annotated[str, typer.Argument(help="Id of an alert, or the beginning of one")],
    store: Annotated[Path, typer.Option(parser=folder, help="Folder that replay --store wrote")],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="The inputs of the store; else looked for beside it by their names"),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the report")] = Path(),
    database: DatabaseOption = None,
    config: ConfigOption = None,
    start: Annotated[str | None, typer.Option("--from", help="As given to replay")] = None,
    end: Annotated[str | None, typer.Option("--to", help="As given to replay")] = None,
    bbox: Annotated[str | None, typer.Option(help="As given to replay")] = None,
    mmsi: Annotated[
        list[int] | None, typer.Option(min=1, max=999_999_999, help="As given to replay")
    ] = None,
    context: ContextOption = None,
    bathymetry: BathymetryOption = None,
    format: FormatOption = None,
    columns: MapOption = None,
    zone: ZoneOption = None,
    max_bytes: MaxBytesOption = None,
    max_lines: MaxLinesOption = None,
) -> None:
    """Make the report of an alert: a page, a picture, and a bundle that others can check.

    Replays the inputs, so that the report says whether the alert comes of them again, and takes all
    raw rows of the ship along. What was selected of them for the store is to be selected again.

    Example: cablewatch report ALERT --store demo-store
    """
    import time

    from cablewatch.arguments import read_options, selected
    from cablewatch.context.surroundings import load_surroundings
    from cablewatch.usecases.report import report as use_case

    options = read_options(
        format=format,
        columns=columns,
        zone=zone,
        max_bytes=max_bytes,
        max_lines=max_lines,
        selection=selected(start, end, bbox, mmsi or None),
    )
    if not out.is_dir():
        raise UsageError(str(out), "is no folder", "make it, or name another by --out")
    surroundings = load_surroundings(context or (), bathymetry)
    announce_compiling()
    with progress("Replaying") as advance:
        made = use_case(
            store,
            alert,
            paths or [],
            options=options,
            database=database_url(database, config),
            made_ms=time.time_ns() // 1_000_000,
            surroundings=surroundings,
            progress=advance,
        )
    _say(_written(made, out), made.alert.kind, made.contents.about["recheck"])


def _written(made: "Report", out: Path) -> Path:
    """Write page, picture and bundle; their path without an ending."""
    from cablewatch.dossier.bundle import PAGE, write_bundle
    from cablewatch.dossier.contents import IMAGE

    stem = out / f"report-{made.alert.id}"
    for name in (PAGE, IMAGE):
        try:
            stem.with_suffix(Path(name).suffix).write_bytes(made.files[name])
        except OSError as error:
            what = f"cannot be written: {error.strerror}"
            raise UsageError(str(out), what, "choose another folder by --out") from error
    write_bundle(stem.with_suffix(".zip"), made.files)
    return stem


def _say(stem: Path, kind: str, recheck: dict[str, list[str]]) -> None:
    """Tell what was written, and what came of checking."""
    from cablewatch.dossier.refold import is_folded
    from cablewatch.dossier.words import JUDGED
    from cablewatch.output.text import printable

    print(f"{stem}.zip   the bundle, to pass on and check")
    print(f"{stem}.html  the page in it")
    print(f"{stem}.png   the picture in it")
    outcomes = [("whole", "The whole inputs give"), ("alone", "The ship's rows alone give")]
    for name, what in outcomes if is_folded(kind) else outcomes[:1]:
        differing = recheck[name]
        print(f"{what} {'the alert, not quite alike:' if differing else 'the alert again, alike.'}")
        for line in differing:
            print(f"  {printable(line)}")
    if not is_folded(kind):
        print(f"{JUDGED[0].upper()}{JUDGED[1:]}.")
    print(f"To check: cablewatch verify {stem}.zip")
