"""`cablewatch evaluate`: how well drags are found, and how often nothing was."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cablewatch.commands.options import (
    BathymetryOption,
    CablesOption,
    ContextOption,
    FormatOption,
    MapOption,
    MaxBytesOption,
    MaxLinesOption,
    ZoneOption,
)
from cablewatch.commands.terminal import announce_compiling, progress, say, say_errors
from cablewatch.output.text import printable

if TYPE_CHECKING:
    from cablewatch.evaluation.run import Evaluation


class Split(StrEnum):
    """Halves of ships and days."""

    calibrate = "calibrate"
    report = "report"


def evaluate(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Archives of whole days; without any, the scenario's invented ships."),
    ] = None,
    cables: CablesOption = None,
    context: ContextOption = None,
    bathymetry: BathymetryOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed draws other drags")] = 0,
    split: Annotated[
        Split,
        typer.Option(help="Which ships and days: tune on calibrate, look at report once"),
    ] = Split.calibrate,
    quick: Annotated[bool, typer.Option("--quick", help="Few drags, few invented ships")] = False,
    incidents: Annotated[
        Path | None,
        typer.Option(help="CSV of recorded incidents: name,mmsi,from,to,what,archive"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for evaluation.json, trials.csv and report.html"),
    ] = None,
    format: FormatOption = None,
    columns: MapOption = None,
    zone: ZoneOption = None,
    max_bytes: MaxBytesOption = None,
    max_lines: MaxLinesOption = None,
) -> None:
    """Measure detection: inject drags into recorded cargo and tanker tracks, and count alarms.

    A ship that drags keeps her path and time stamps, goes slower and fishtails. Whole archives are
    run with a tenth of the ships injected at once: recall and time to detect by speed, deviation,
    duration and report interval. All other traffic, as recorded, gives alerts per 1,000 ship-days.
    Ships and days are split in halves by their numbers alone; one seed gives one result. Archives
    are held in memory and run a few hundred times: four days off a coast take minutes.

    Examples: cablewatch evaluate --quick;
    cablewatch evaluate aisdk-2024-11-18.zip --cables my-cables.geojson --out november
    """
    from cablewatch.arguments import read_options
    from cablewatch.cables.model import load_cables
    from cablewatch.context.surroundings import load_surroundings
    from cablewatch.evaluation.incidents import load_incidents
    from cablewatch.evaluation.run import claimed
    from cablewatch.evaluation.run import evaluate as use_case

    options = read_options(
        format=format, columns=columns, zone=zone, max_bytes=max_bytes, max_lines=max_lines
    )
    routes = load_cables(cables)
    surroundings = load_surroundings(context or (), bathymetry)
    named = load_incidents(incidents) if incidents else ()
    folder = None if out is None else claimed(out)
    announce_compiling()
    if not paths:
        say("No archive is named: measuring on invented ships of the scenario")
    with progress("Measuring") as advance:
        result = use_case(
            paths or (),
            routes,
            options=options,
            seed=seed,
            split=split.value,
            quick=quick,
            named=named,
            progress=advance,
            surroundings=surroundings,
        )
    _tell(result, folder)


def _tell(result: "Evaluation", folder: Path | None) -> None:
    """Print the figures, write them to a folder, and name what could not be read."""
    from cablewatch.evaluation.run import write
    from cablewatch.evaluation.summary import facts

    for what, said in facts(result.figures):
        print(printable(f"{what:44} {said}".rstrip()))
    if folder is not None:
        write(result, folder)
        print(printable(f"report: {folder / 'report.html'}"))
    if result.recording is not None:
        for reason, count in sorted(result.recording.refused.counts.items()):
            print(printable(f"  refused {count:,}: {reason}"))
        say_errors(result.recording.strays, result.recording.errors)
