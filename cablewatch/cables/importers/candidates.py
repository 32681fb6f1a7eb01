"""Features on their way to cables, and those that fell by the wayside."""

from dataclasses import dataclass, field
from typing import NamedTuple

import shapely

from cablewatch.cables.importers.properties import Refused, Said
from cablewatch.errors import CableError


class Gap(NamedTuple):
    """A property that `lacking` of `total` features lack, `first` being the first of them."""

    name: str
    lacking: int
    total: int
    first: str


class Candidate(NamedTuple):
    """A feature that can be taken: where it is, what it says, its route, whether it was cut."""

    where: str
    said: Said
    route: shapely.MultiLineString
    cut: bool


@dataclass(slots=True)
class Refusals:
    """How many features were refused under each reason, and the first of them."""

    counts: dict[str, int] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)
    advice: str = ""

    def add(self, where: str, refused: Refused) -> None:
        """Count one."""
        self.counts[refused.reason] = self.counts.get(refused.reason, 0) + 1
        detail = f" ({refused.detail})" if refused.detail else ""
        self.first.setdefault(refused.reason, where + detail)
        self.advice = self.advice or refused.do

    def lines(self) -> list[str]:
        """One line a reason, the most frequent first."""
        ranked = sorted(self.counts.items(), key=lambda item: -item[1])
        return [f"{count:,} {reason}; first: {self.first[reason]}" for reason, count in ranked]

    def nothing(self, where: str, read: int) -> CableError:
        """The error for a file of `read` features of which none is taken."""
        if not read:
            return CableError(where, "holds no features", "export the lines again")
        do = self.advice or "choose other features"
        return CableError(where, f"none of {read} features taken: {'; '.join(self.lines())}", do)
