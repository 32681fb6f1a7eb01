"""Suppression: what lowers the score of an alert, each reason a term with its name.

The fold knows nothing of it: a reason lowers what was raised, after it was raised, and deletes
nothing. Magnitudes are assumed, in three sizes; docs/context.md has the reasons.

An episode took place where its ship was from its start on. Each question is asked of the time up
to when the alert was raised and of all the time since the start, and the answer that lowers less
counts: who goes on into a port is not excused by it, and who leaves one is not any longer.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cablewatch.alerts.model import Evidence
from cablewatch.alerts.wording.lowering import (
    depth,
    depth_unknown,
    lowered,
    misled,
    stop_in,
    stopping_place,
)
from cablewatch.context.places import FARM_CLASSES, Place
from cablewatch.context.surroundings import Surroundings
from cablewatch.fixes import Array
from cablewatch.vessels.ship_classes import SERVICE, class_of

MUCH = -math.log(20.0)  # nats; one in twenty such episodes is what it looks like; assumed
SOME = -math.log(5.0)  # one in five; assumed
LITTLE = -math.log(2.0)  # one in two; assumed

FISHING = {"loitering": MUCH, "drifting": MUCH}
"""What lowers a fishing vessel, by kind of alert: she goes to and fro, and drifts on her gear."""

PLACES: dict[str, dict[str, float]] = {
    "port": {
        **dict.fromkeys(("anchor_drag", "anchored_on_cable", "loitering", "drifting"), MUCH),
        **dict.fromkeys(("anchor_drag_at_anchor", "silence"), SOME),
    },
    "berth": {
        **dict.fromkeys(("anchor_drag", "anchored_on_cable", "loitering", "drifting"), MUCH),
        **dict.fromkeys(("anchor_drag_at_anchor", "silence"), SOME),
    },
    "anchorage": {
        "anchor_drag": SOME,
        "anchored_on_cable": LITTLE,
        "loitering": MUCH,
        "drifting": LITTLE,
    },
    "roadstead": {
        "anchor_drag": SOME,
        "anchored_on_cable": LITTLE,
        "loitering": MUCH,
        "drifting": LITTLE,
    },
    "windfarm": {
        "anchor_drag": SOME,
        "anchored_on_cable": SOME,
        "loitering": MUCH,
        "drifting": SOME,
    },
    "pilotage": {"anchor_drag": MUCH, "loitering": SOME, "drifting": LITTLE},
    "tss": {"anchor_drag": LITTLE},
}
"""Nats by kind of place and kind of alert; what is not here is not lowered there."""

DEPTH_KINDS = ("anchor_drag", "anchor_drag_at_anchor", "anchored_on_cable")
"""Kinds of alert in which an anchor lies on the ground."""

SHACKLE_M = 27.5  # m of chain; 15 fathoms, as shackles are counted
CHAIN_M = (11 * SHACKLE_M, 13 * SHACKLE_M)  # chains of large ships; DESIGN section 4, depth gate
BEYOND_M = 1.2 * CHAIN_M[1]  # a raster is wrong by a fifth of such a depth; assumed
BEYOND = -math.log(100.0)  # nats there; one raster or position in a hundred is false; assumed

SAMPLES = 32  # places of a ship that stand for an episode; its vertices lie 5 minutes apart or more
HALF = 0.5  # of the time of an episode is enough; assumed

STOPPING = ("port", "berth", "anchorage", "roadstead", "windfarm", "pilotage")
"""Kinds of places where a stop is no sign that an anchor was weighed."""

Track = Sequence[tuple[float, float, int]]  # lon, lat, t_ms


@dataclass(frozen=True)
class Recovery:
    """A recovery stop that counts as evidence of a drag: its span, and its ratio in nats."""

    from_ms: int
    to_ms: int
    nats: float


@dataclass(frozen=True)
class Episode:
    """What of an alert is asked: kind, ship and the track since its start."""

    kind: str
    mmsi: int
    ship_type: int  # one that counts (:meth:`Vessels.standing_type`), or 0
    started_ms: int
    raised_ms: int
    track: Track
    recovery: Recovery | None = None
    misled: bool = False  # found to report what her receiver was made to believe

    def spans(self) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        """Where the ship was, up to when the alert was raised and up to now."""
        last_ms = self.track[-1][2]
        until = min(self.raised_ms, last_ms), last_ms
        raised, now = (positions(self.track, self.started_ms, end_ms) for end_ms in until)
        return raised, now


def terms(episode: Episode, surroundings: Surroundings) -> tuple[Evidence, ...]:
    """All that lowers an episode, or says why it is not lowered."""
    found = (
        service_term(episode.kind, episode.ship_type),
        place_term(episode, surroundings),
        stop_term(episode, surroundings),
        depth_term(episode, surroundings),
        misled_term(episode),
    )
    return tuple(term for term in found if term is not None)


def suppressed_by(found: Sequence[Evidence]) -> tuple[str, ...]:
    """Names of the terms that lower a score."""
    return tuple(term.name for term in found if term.contribution < 0.0)


def service_of(kind: str, ship_type: int) -> tuple[str, float]:
    """Class of a ship whose work looks like this kind of alert, and nats; "" and 0 of another.

    >>> service_of("anchor_drag", 52)[0], service_of("anchor_drag", 30)[0]
    ('tug', '')
    """
    name = class_of(ship_type)
    nats = MUCH if name in SERVICE else FISHING.get(kind, 0.0) if name == "fishing" else 0.0
    return (name, nats) if nats else ("", 0.0)


def service_term(kind: str, ship_type: int) -> Evidence | None:
    """The term that lowers a ship at its work; `ship_type` is one that counts, or 0."""
    name, nats = service_of(kind, ship_type)
    if not name:
        return None
    return _term(name, ship_type, "ship type", nats, lowered(name, ship_type))


def misled_term(episode: Episode) -> Evidence | None:
    """The term of a ship whose receiver was misled at the time, as those of others around."""
    if not episode.misled:
        return None
    return _term("gnss_interference", 1.0, "", MUCH, misled())


def place_term(episode: Episode, surroundings: Surroundings) -> Evidence | None:
    """The term of an episode that for half of its time took place where ships stop or wait.

    Where places of several kinds lie over each other the one that lowers most counts.
    """
    if not len(surroundings.places):
        return None
    found = [_half_in(episode, surroundings, span) for span in episode.spans()]
    if None in found:
        return None
    place, share = max((f for f in found if f is not None), key=lambda f: _nats(episode, f[0]))
    others = None if place.visitors is None else len(place.visitors - {episode.mmsi})
    text = stopping_place(place.kind, place.name, others, share)
    return _term(place.kind, share, "of the time", _nats(episode, place), text)


def stop_term(episode: Episode, surroundings: Surroundings) -> Evidence | None:
    """The term that takes a recovery stop back, where for half of its time it lay in a place.

    The fold takes any stop between a slower and a faster leg for one; it knows of no places.
    """
    stop = episode.recovery
    if stop is None or not len(surroundings.places):
        return None
    span = positions(episode.track, stop.from_ms, stop.to_ms)
    inside: dict[int, Place] = {}
    for row, place in surroundings.places.at(*span, episode.mmsi):
        if place.kind in STOPPING and _counts(episode, place):
            inside.setdefault(row, place)
    if len(inside) < HALF * len(span[0]):
        return None
    place = next(iter(inside.values()))
    share = len(inside) / len(span[0])
    return _term(
        "stopping_place", share, "of the time", -stop.nats, stop_in(place.kind, place.name)
    )


def _half_in(
    episode: Episode, surroundings: Surroundings, span: tuple[Array, Array]
) -> tuple[Place, float] | None:
    """A place that for half of the time lowers as much as any, and the share of that time."""
    best: dict[int, Place] = {}
    for row, place in surroundings.places.at(*span, episode.mmsi):
        if _nats(episode, place) < (_nats(episode, best[row]) if row in best else 0.0):
            best[row] = place
    ranked = sorted(best.values(), key=lambda place: (_nats(episode, place), place.kind))
    needed = math.ceil(HALF * len(span[0]))
    if len(ranked) < needed:
        return None
    least = ranked[needed - 1]
    nats = _nats(episode, least)
    return least, sum(_nats(episode, place) <= nats for place in ranked) / len(span[0])


def _nats(episode: Episode, place: Place) -> float:
    return PLACES[place.kind].get(episode.kind, 0.0) if _counts(episode, place) else 0.0


def _counts(episode: Episode, place: Place) -> bool:
    """Whether a place is one for this ship: a cargo ship has no business in a wind farm."""
    return place.kind != "windfarm" or class_of(episode.ship_type) in FARM_CLASSES


def depth_term(episode: Episode, surroundings: Surroundings) -> Evidence | None:
    """The term of an anchor alert: whether any water of it is as shallow as a chain is long.

    The shallowest water counts, so that later versions are lowered no more than earlier ones.
    """
    if episode.kind not in DEPTH_KINDS:
        return None
    if surroundings.depths is None:
        return _term("depth", math.nan, "m", 0.0, depth_unknown("no bathymetry given"))
    at = [np.concatenate(axes) for axes in zip(*episode.spans(), strict=True)]
    depth_m = surroundings.depths.at(*at)
    water = depth_m[depth_m > 0.0]
    if len(water) < HALF * len(depth_m):
        return _term("depth", math.nan, "m", 0.0, depth_unknown("the bathymetry has no water here"))
    shallowest_m = float(water.min())
    share = (shallowest_m - CHAIN_M[0]) / (BEYOND_M - CHAIN_M[0])
    nats = BEYOND * min(1.0, max(0.0, share)) + 0.0
    return _term("depth", shallowest_m, "m", nats, depth(shallowest_m, nats < 0.0, CHAIN_M[1]))


def positions(track: Track, from_ms: int, to_ms: int) -> tuple[Array, Array]:
    """Longitudes and latitudes of a track at `SAMPLES` times from one to another, degrees.

    Between vertices a straight line in longitude and latitude; before the first it is there.
    """
    lon, lat, t_ms = (np.array(column, float) for column in zip(*track, strict=True))
    at = np.linspace(from_ms, to_ms, SAMPLES)
    return np.interp(at, t_ms, np.unwrap(lon, period=360.0)), np.interp(at, t_ms, lat)


def _term(name: str, value: float, unit: str, nats: float, text: str) -> Evidence:
    known = math.nan if math.isnan(value) else float(f"{value:.6g}")  # equal to itself in a tuple
    return Evidence(name, known, unit, float(f"{nats:.6g}"), text)
