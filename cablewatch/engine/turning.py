"""Turning: a number whose messages say two identities in turns, and the tracks heard under it.

Two tracks of two fixes or more each, heard within an hour, are two ships that share the number; one
fix that no track leads to is none: a single false position neither tells nor hides anything. A
longer silence forgets a track, but the strongest one.
"""

from dataclasses import dataclass, field

from cablewatch.engine.quality import CLOCK_S, FASTEST_KN, SLACK_M
from cablewatch.engine.tracks import SHARED_MS
from cablewatch.geodesy import distance_m
from cablewatch.units import KNOT_M_S

TRACKS_MAX = 4  # of one number, as `quality` keeps them; the weakest gives way

Fix = tuple[int, float, float, float, float, int]
"""t_ms, lon, lat, sog_kn, cog_deg, code of the stations."""


@dataclass
class Track:
    """Fixes that one ship can have sent."""

    fix: Fix  # the last
    fixes: int = 1

    @property
    def strength(self) -> tuple[int, int]:
        """How many fixes, and when the last one came."""
        return self.fixes, self.fix[0]


@dataclass
class Turning:
    """A ship whose messages say two identities, from the first time on."""

    since_ms: int
    newest_ms: int
    fields: set[str]
    tracks: list[Track] = field(default_factory=list)
    is_one: bool = True  # no two tracks were heard since

    @property
    def fix(self) -> Fix | None:
        """The last fix of the strongest track; None where no two fixes make one."""
        best = self.strongest
        return best.fix if best is not None and best.fixes > 1 else None

    @property
    def strongest(self) -> Track | None:
        """The track of the most fixes, the newest of such."""
        return max(self.tracks, key=lambda track: track.strength, default=None)

    def take(self, fix: Fix) -> None:
        """Let a fix, in time order, go on the nearest track that leads to it, or begin one."""
        best = self.strongest  # stays, however seldom its ship is heard
        self.tracks = [t for t in self.tracks if t is best or fix[0] - t.fix[0] < SHARED_MS]
        ways = [(_way_m(t.fix, fix), k) for k, t in enumerate(self.tracks)]
        leading = [(way_m, k) for way_m, k in ways if way_m <= _reach_m(self.tracks[k].fix, fix)]
        if leading:
            track = self.tracks[min(leading)[1]]
            track.fix = fix
            track.fixes += 1
        else:
            self.tracks.append(Track(fix))
            if len(self.tracks) > TRACKS_MAX:
                self.tracks.remove(min(self.tracks, key=lambda t: t.strength))
        self.is_one &= sum(t.fixes > 1 for t in self.tracks) < 2


def _way_m(before: Fix, after: Fix) -> float:
    return float(distance_m(before[1], before[2], after[1], after[2]))


def _reach_m(before: Fix, after: Fix) -> float:
    """How far one ship can have come from fix to fix."""
    return SLACK_M + FASTEST_KN * KNOT_M_S * ((after[0] - before[0]) / 1000.0 + CLOCK_S)
