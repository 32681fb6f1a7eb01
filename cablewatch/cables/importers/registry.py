"""The profiles there are, and which one a file falls under."""

from collections.abc import Sequence

from cablewatch.cables.importers import emodnet, osm, plain, s57, telegeography
from cablewatch.cables.importers.profile import Layout, Profile
from cablewatch.errors import UsageError

PROFILES: dict[str, Profile] = {
    module.PROFILE.name: module.PROFILE for module in (s57, osm, telegeography, emodnet, plain)
}
"""By name, in the order in which a file is tried; the last one takes any file."""


def pick(found: Sequence[Layout], name: str | None) -> Profile:
    """Return the profile of that name, or the first that recognises one of the layers.

    Raises
    ------
    UsageError
        There is no such profile.
    """
    if name is not None and name not in PROFILES:
        raise UsageError("--profile", f"unknown: {name}", f"use one of {', '.join(PROFILES)}")
    if name is not None:
        return PROFILES[name]
    return next(p for p in PROFILES.values() if any(p.recognise(layout) for layout in found))
