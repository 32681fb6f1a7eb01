"""The surroundings of a run: the places and depths that were given to it, and their names."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cablewatch.context.depths import Depths
from cablewatch.context.places import Place, Places, load_places


@dataclass(frozen=True)
class Surroundings:
    """Places and depths of a run; `hashes` are the SHA-256 of their files, for ``config_hash``."""

    places: Places = field(default_factory=Places)
    depths: Depths | None = None
    hashes: tuple[str, ...] = ()


NOWHERE = Surroundings()
"""Nothing was given."""


def load_surroundings(context: Sequence[Path] = (), bathymetry: Path | None = None) -> Surroundings:
    """Read the files of a run, before anything else is done for it.

    Raises
    ------
    ContextError
        A file, or a feature of it that is named, is not sound, or rasterio is missing.
    """
    if not context and bathymetry is None:
        return NOWHERE
    places: list[Place] = []
    hashes = []
    for path in context:
        text, found = load_places(path)
        places += found
        hashes.append(hashlib.sha256(text).hexdigest())
    depths = None if bathymetry is None else Depths(bathymetry)
    if bathymetry is not None:
        with bathymetry.open("rb") as file:
            hashes.append(hashlib.file_digest(file, "sha256").hexdigest())
    return Surroundings(Places(places), depths, tuple(sorted(hashes)))
