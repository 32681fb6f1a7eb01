"""`cablewatch config`: what the service is set to, and whether it can be."""

from typing import TYPE_CHECKING

import typer

from cablewatch.commands.options import ConfigOption
from cablewatch.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from cablewatch.service.configuration import Configuration

config_app = typer.Typer(help="What the service is set to.", no_args_is_help=True)


@config_app.command("check")
def check(config: ConfigOption = None) -> None:
    """Say whether the settings can be used; else which cannot, where it stands, and what to do.

    Example: cablewatch config check --config cablewatch.toml
    """
    given = _configuration(config).places
    print(f"The settings are in order: {len(given)} given, the others as they come.")


@config_app.command("show")
def show(config: ConfigOption = None) -> None:
    """Print every setting as TOML, each with where it comes from; passwords are left out.

    Example: cablewatch config show --config cablewatch.toml
    """
    print("\n".join(_configuration(config).lines()))


def _configuration(file: "Path | None") -> "Configuration":
    try:
        from cablewatch.service.configuration import configuration
    except ModuleNotFoundError as error:
        raise UsageError(
            "config", f"{error.name} is not installed", "pip install 'cablewatch[service]'"
        ) from error
    return configuration(file=file)
