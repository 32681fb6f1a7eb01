"""`cablewatch migrate`: a database of an older version, brought to the tables of this one."""

from pathlib import Path
from typing import Annotated

import typer

from cablewatch.commands.options import ConfigOption, DatabaseOption, database_url, folder
from cablewatch.commands.terminal import say
from cablewatch.errors import StoreError, UsageError


def migrate(
    store: Annotated[
        Path | None, typer.Option(parser=folder, help="Folder that replay --store wrote")
    ] = None,
    database: DatabaseOption = None,
    config: ConfigOption = None,
) -> None:
    """Bring the alerts of a store, or a database, to the tables of this version.

    Nothing of them is lost, an up-to-date one stays as it is, and what writes (replay --store) does
    the same by itself. An empty database gets its tables. Keep a copy: the way back is the copy.

    Example: cablewatch migrate --store november
    """
    from cablewatch.stores.folder import ALERTS
    from cablewatch.stores.sql.database import Database

    place: Path | str | None = database if store is not None else database_url(database, config)
    if (store is None) == (place is None):
        raise UsageError("migrate", "which one?", "give either --store or --database")
    if store is not None:
        place = store / ALERTS
        if not place.is_file():
            raise StoreError(str(place), "no alerts are stored", "give the folder of a store")
    assert place is not None
    made = Database.to_write(place)
    say(f"{made.name} is up to date")
    made.close()
