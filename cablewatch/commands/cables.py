"""`cablewatch cables ...`: the routes that ship, the user's own, those of other formats."""

from pathlib import Path
from typing import Annotated

import typer

from cablewatch.commands.cables_import import import_cables
from cablewatch.commands.options import CablesOption

cables_app = typer.Typer(
    help="Cable routes: look at them, check or import your own.", no_args_is_help=True
)
cables_app.command("import")(import_cables)


@cables_app.command("list")
def list_cables(cables: CablesOption = None) -> None:
    """List the routes: length, position class, corridor, source.

    Example: cablewatch cables list --cables my-cables.geojson
    """
    from cablewatch.cables.model import load_cables
    from cablewatch.commands.results import print_cables

    print_cables(load_cables(cables))


@cables_app.command("check")
def check_cables(
    path: Annotated[Path, typer.Argument(help="GeoJSON of routes")],
) -> None:
    """Check a file of routes; the first fault is named with its feature.

    Example: cablewatch cables check my-cables.geojson
    """
    from cablewatch.cables.model import load_cables

    loaded = load_cables(path)
    print(f"{path}: {len(loaded)} routes, all sound")
