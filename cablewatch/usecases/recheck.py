"""The rows of a dossier read, ordered and folded again, as their inputs were."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from cablewatch.cables.model import Cable, load_cables
from cablewatch.context.surroundings import NOWHERE, Surroundings
from cablewatch.dossier.contents import Contents
from cablewatch.dossier.excerpt import written
from cablewatch.dossier.refold import Refold, refold
from cablewatch.dossier.witness import Witness
from cablewatch.errors import ArchiveError
from cablewatch.usecases.replay import replay


class Again(NamedTuple):
    """What the rows of a dossier say, alone."""

    refold: Refold
    config_hash: str  # of the present rules over its cables
    cables: tuple[Cable, ...]
    fault: str  # why rows could not be read; empty where they could


def recheck(contents: Contents, surroundings: Surroundings = NOWHERE) -> Again:
    """Fold the rows of a dossier again, with what it says of other ships.

    `surroundings` are the places and depths that its run was given.

    Raises
    ------
    CableError
        Its routes are no routes.
    """
    alert = contents.alert
    witness = Witness(alert.mmsi)
    fault = ""
    with unpacked(contents) as (paths, routes):
        cables = load_cables(routes)
        try:
            result = replay(
                paths,
                cables,
                options=contents.options,
                store=witness,
                watch=witness.watch,
                surroundings=surroundings,
            )
            fault = "; ".join(f"{Path(e.where).name}: {e.what}" for e in result.errors)
        except ArchiveError as error:
            fault = f"{Path(error.where).name}: {error.what}"
    again = refold(
        witness.fixes,
        witness.statics,
        witness.stations,
        cables,
        contents.tallies,
        contents.until_ms,
        alert,
        witness.config_hash,
        surroundings,
    )
    return Again(again, witness.config_hash, cables, fault)


@contextmanager
def unpacked(contents: Contents) -> Iterator[tuple[list[Path], Path]]:
    """The rows and the routes of a dossier as files, for as long as they are needed."""
    with TemporaryDirectory(prefix="cablewatch-") as folder:
        paths = written(contents.excerpts, Path(folder))
        routes = Path(folder) / "cables.geojson"
        routes.write_bytes(contents.cables)
        yield paths, routes
