"""A file read by a profile, with what it leaves open, up to the cables made of it.

::

    draft = Draft.of(path, request)         reads the file
    draft.gaps(answers)                     what has to be asked for
    draft.finish(answers) -> Imported       cables, and what was refused under which reason
    imported.write(out)                     the file that load_cables reads
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cablewatch.cables.importers import geometry, layers
from cablewatch.cables.importers.assemble import Imported, assemble
from cablewatch.cables.importers.candidates import Candidate, Gap, Refusals
from cablewatch.cables.importers.profile import Layout, Profile
from cablewatch.cables.importers.properties import OPTION, Refused, Said
from cablewatch.cables.importers.registry import pick
from cablewatch.cables.importers.request import Request, columns_of, overlay, refuse_settled, wanted
from cablewatch.cables.model import DEFAULT_ZONE_BASIS, DEFAULT_ZONE_M
from cablewatch.errors import UsageError

NEEDED = ("kind", "position_class", "position_uncertainty_m", "source", "licence")
"""Properties that have no default: a gap is asked for, or ends in an error."""


@dataclass(slots=True)
class Draft:
    """A file that has been read, before what it does not say is known."""

    path: Path
    profile: Profile
    request: Request
    read: int = 0
    candidates: list[Candidate] = field(default_factory=list)
    refusals: Refusals = field(default_factory=Refusals)

    @classmethod
    def of(cls, path: Path, request: Request) -> "Draft":
        """Read the features that are wanted.

        Raises
        ------
        CableError, UsageError
            The file cannot be read, a name of the request is not in it, or nothing can be taken.
        """
        found = layers.layouts(path)
        chosen = layers.choose(path, found, request.layers)
        profile = pick(chosen or found, request.profile)
        refuse_settled(profile, request)
        draft = cls(path, profile, request)
        chosen = chosen or wanted(path, found, profile)
        columns = columns_of(path, chosen, request.columns)
        aids = profile.aids(path)
        for layout in chosen:
            draft._read(layout, columns, aids)
        if not draft.candidates:
            raise draft.refusals.nothing(str(path), draft.read)
        return draft

    def _read(self, layout: Layout, columns: Mapping[str, str], aids: Any) -> None:
        reading = self.profile.reading.get(layout.driver, {})
        frame = layers.read(self.path, layout, reading, self.request.crs)
        shapes = frame.geometry
        rows = frame.drop(columns=shapes.name).to_dict("records")
        self.read += len(rows)
        for number, row, shape in zip(frame.index, rows, shapes, strict=True):
            where = f"layer {layout.label}, feature {number}"
            try:
                said = overlay(self.profile.describe(layout, row, aids), row, columns)
                self.candidates.append(Candidate(where, said, *geometry.route_of(shape)))
            except Refused as refused:
                self.refusals.add(where, refused)

    def gaps(self, answers: Said | None = None) -> list[Gap]:
        """Needed properties that some features lack, with `answers` for all that lack them."""
        wholes = [self._whole(c.said, answers or {}) for c in self.candidates]
        found = []
        for name in (*NEEDED, "zone_basis"):
            lacking = [n for n, whole in enumerate(wholes) if name not in whole]
            if lacking:
                first = self.candidates[lacking[0]].where
                found.append(Gap(name, len(lacking), len(wholes), first))
        return found

    def _whole(self, said: Said, answers: Said) -> Said:
        usual = dict(self.profile.usual)
        given = usual | self.request.said | answers | said | self.profile.settled
        if "protection_zone_m" not in given:
            given |= {"protection_zone_m": DEFAULT_ZONE_M, "zone_basis": DEFAULT_ZONE_BASIS}
        return given

    def finish(self, answers: Said | None = None) -> Imported:
        """Make the cables.

        Raises
        ------
        UsageError
            Something is missing still; names the option that gives it.
        CableError
            Nothing is left to take.
        """
        for gap in self.gaps(answers):
            raise UsageError(
                str(self.path),
                f"{gap.lacking} of {gap.total} features do not say their "
                f"{OPTION[gap.name].replace('-', ' ')} (first: {gap.first})",
                f"give --{OPTION[gap.name]}, or the column that holds it by --map",
            )
        whole = [c._replace(said=self._whole(c.said, answers or {})) for c in self.candidates]
        cables, taken, cut = assemble(whole, self.refusals)
        if not cables:
            raise self.refusals.nothing(str(self.path), self.read)
        return Imported(self.path, self.profile, self.read, taken, cut, cables, self.refusals)
