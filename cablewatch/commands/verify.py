"""`cablewatch verify`: what agrees with a report, and what does not."""

from pathlib import Path
from typing import Annotated

import typer

from cablewatch.commands.options import BathymetryOption, ContextOption
from cablewatch.commands.terminal import announce_compiling, progress

SIGNS = {True: "agrees", False: "DIFFERS", None: "not checked"}


def verify(
    bundle: Annotated[Path, typer.Argument(help="A bundle of 'cablewatch report', report-ID.zip")],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="The inputs that it names, to check the whole"),
    ] = None,
    context: ContextOption = None,
    bathymetry: BathymetryOption = None,
) -> None:
    """Check a report: hashes, raw rows, the alert folded anew, and the page; each told in a line.

    With the inputs it replays them too, and tells whether rows, other ships' votes and alert are
    theirs. Exit codes: 0 all that was checked agrees, 1 something differs, 2 the bundle or an input
    cannot be read.

    Example: cablewatch verify report-ALERT.zip
    """
    from cablewatch.context.surroundings import load_surroundings
    from cablewatch.output.text import printable
    from cablewatch.usecases.verify import verify as use_case

    surroundings = load_surroundings(context or (), bathymetry)
    announce_compiling()
    with progress("Checking") as advance:
        found = list(use_case(bundle, paths or [], surroundings=surroundings, progress=advance))
    for check in found:
        print(f"{SIGNS[check.agrees]:<12} {printable(check.what)}")
    differing = sum(check.agrees is False for check in found)
    print(f"{bundle.name}: " + (f"{differing} do not agree" if differing else "all checked agree"))
    if differing:
        raise typer.Exit(1)
