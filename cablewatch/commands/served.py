"""The store that a service serves, for commands that manage what belongs to it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cablewatch.commands.options import folder
from cablewatch.errors import UsageError

if TYPE_CHECKING:
    from cablewatch.service.settings import Settings
    from cablewatch.stores.sql.database import Database

StoreOption = Annotated[
    Path | None, typer.Option("--store", parser=folder, help="Folder that is served")
]


def served(
    command: str,
    store: Path | None,
    database: str | None,
    config: Path | None,
    *,
    make: bool = False,
) -> "tuple[Database, Settings]":
    """Its database, open for writing, and the settings; UsageError where none is named.

    Where there is no database yet, one is made if `make`, else it is a StoreError.
    """
    try:
        from cablewatch.service.configuration import configuration
    except ModuleNotFoundError as error:
        raise UsageError(
            command, f"{error.name} is not installed", "pip install 'cablewatch[service]'"
        ) from error
    from cablewatch.stores.sql.database import Database

    settings = configuration({"store": store, "database_url": database}, config).settings
    place = settings.alerts_place
    if place is None:
        raise UsageError(command, "no store is named", "give --store or --database, or set one")
    if not make:
        Database.to_read(place).close()
    return Database.to_write(place), settings
