"""From features that say everything to cables, and to the file that every command reads."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely

from cablewatch.cables import lines
from cablewatch.cables.importers import geometry
from cablewatch.cables.importers.candidates import Candidate, Refusals
from cablewatch.cables.importers.profile import Profile
from cablewatch.cables.importers.properties import Refused, Said
from cablewatch.cables.model import POSITION_CLASSES, Cable, collection_text, load_cables
from cablewatch.errors import CableError

MAX_SLUG = 40  # letters of a name that go into an id


@dataclass(slots=True)
class Imported:
    """Cables made of a file, and what became of its features."""

    path: Path
    profile: Profile
    read: int
    taken: int
    cut: int
    cables: tuple[Cable, ...]
    refusals: Refusals

    def write(self, out: Path) -> None:
        """Write the file whole or not at all, after it was read back as every command reads it.

        Raises
        ------
        CableError
            It would be refused by :func:`load_cables`, or cannot be written.
        """
        if not out.name or out.is_dir():
            raise CableError(str(out), "is a folder", "name a file by --out")
        if out.exists() and out.samefile(self.path):
            raise CableError(str(out), "is the file that is read", "choose another --out")
        part = out.with_name(out.name + ".part")
        note = f"Imported from {self.path.name}. {self.profile.notice}".strip()
        try:
            part.write_text(collection_text(self.cables, note), encoding="utf-8")
            load_cables(part)
            part.replace(out)
        except OSError as error:
            what = f"cannot be written: {error.strerror}"
            raise CableError(str(out), what, "choose another --out") from error
        except CableError as error:
            where = error.where.replace(str(part), str(out))
            raise CableError(where, error.what, error.do) from error
        finally:
            part.unlink(missing_ok=True)


def assemble(
    candidates: Sequence[Candidate], refusals: Refusals
) -> tuple[tuple[Cable, ...], int, int]:
    """Cables of features that say all that is needed, how many were taken, how many cables cut."""
    cables, taken, cut = [], 0, 0
    for name, group in _groups(candidates, refusals).items():
        try:
            cable, was_cut = _cable(name, group)
        except Refused as refused:
            for candidate in group:
                refusals.add(candidate.where, refused)
            continue
        cables.append(cable)
        taken, cut = taken + len(group), cut + was_cut
    return tuple(cables), taken, cut


def _groups(candidates: Sequence[Candidate], refusals: Refusals) -> dict[str, list[Candidate]]:
    """Features by id: those that share one are parts of one cable."""
    groups: dict[str, list[Candidate]] = {}
    seen: dict[str, str] = {}
    for candidate in candidates:
        key = geometry.shape_key(candidate.route)
        name = str(candidate.said.get("id") or _made_id(candidate.said, key))
        try:
            if key in seen:
                raise Refused("the same line as another feature", f"of cable {seen[key]}")
            if name in groups and groups[name][0].said["kind"] != candidate.said["kind"]:
                raise Refused("an id that another kind of line has", name)
        except Refused as refused:
            refusals.add(candidate.where, refused)
            continue
        seen[key] = name
        groups.setdefault(name, []).append(candidate)
    return groups


def _made_id(said: Said, key: str) -> str:
    """An id from name (or kind) and shape: the same for the same line in any file."""
    words = str(said.get("name") or said["kind"]).lower()
    return re.sub(r"[^a-z0-9]+", "-", words).strip("-")[:MAX_SLUG].strip("-") + f"-{key[:8]}"


def _cable(name: str, group: Sequence[Candidate]) -> tuple[Cable, bool]:
    """One cable of the features that share an id; where they differ, the cautious value holds."""
    route, cut = group[0].route, group[0].cut
    if len(group) > 1:
        parts = [part for candidate in group for part in candidate.route.geoms]
        route, again = geometry.route_of(shapely.MultiLineString(parts))
        cut = again or any(candidate.cut for candidate in group)
    length_km = _all(group, "published_length_km", max)
    if length_km:
        try:
            lines.refuse_swapped("", route, float(length_km))
        except CableError as error:
            raise Refused(error.what) from error
    widest = max(group, key=lambda candidate: float(candidate.said["protection_zone_m"])).said
    cable = Cable(
        id=name,
        name=str(_all(group, "name", _first) or name),
        kind=str(group[0].said["kind"]),
        owner=str(_all(group, "owner", _joined) or ""),
        status=str(_all(group, "status", _joined) or "unknown"),
        source=str(_all(group, "source", _joined)),
        licence=str(_all(group, "licence", _joined)),
        position_class=_all(group, "position_class", _worst),
        position_uncertainty_m=float(_all(group, "position_uncertainty_m", max)),
        protection_zone_m=float(widest["protection_zone_m"]),
        zone_basis=str(widest["zone_basis"]),
        route=route,
        published_length_km=float(length_km) if length_km else None,
    )
    return cable, cut


def _all(group: Sequence[Candidate], name: str, choose: Callable[[list[Any]], Any]) -> Any:
    values = [candidate.said[name] for candidate in group if name in candidate.said]
    return choose(values) if values else None


def _first(values: list[str]) -> str:
    return values[0]


def _joined(values: list[str]) -> str:
    return ", ".join(dict.fromkeys(values))


def _worst(values: list[str]) -> str:
    return max(values, key=POSITION_CLASSES.index)
