"""Judging: what takes all ships together is judged when its bin has ended.

::

    fold of every shard -> hints, hearings --merged--> Judges --> events, as those of the fold

A hint belongs to a bin, and waits until the watermark has passed its end: then the hearings of all
ships are there, whatever the cut and the number of shards. Bins are judged one by one, hints in
the order (time, cell, mmsi). Nothing is ever taken back, and a bin that has not ended when the
input does is not judged. Nor is a silence in a bin in which no ship votes: nobody could witness it,
and whether the fold visits the end of such a bin depends on the cut.
"""

import io
import pickle
from collections.abc import Callable, Sequence

import numpy as np

from cablewatch.cables.index import AHEAD_DTYPE, CableIndex, name_of
from cablewatch.engine import identity, silence
from cablewatch.engine.circling import notices_of
from cablewatch.engine.context import cell_of
from cablewatch.engine.fold import NOTHING, Transitions, merged
from cablewatch.engine.identities import Identities
from cablewatch.engine.silences import Silences
from cablewatch.engine.state import (
    BIN_MS,
    MAX_AHEAD,
    MAX_CROSSINGS,
    MAX_VERTICES,
    MET_DTYPE,
    VERTEX_DTYPE,
)
from cablewatch.engine.transitions import CIRCLING, EVENT_DTYPE, RETURNED, SILENT, Event
from cablewatch.errors import UsageError
from cablewatch.fixes import Array, Fixes
from cablewatch.vessels.register import Alternation

SNAPSHOT_VERSION = 3  # of the form in which it is kept


class Judges:
    """The judgement of bins, over all ships.

    Parameters
    ----------
    index : CableIndex
        Cables to watch.
    stations : callable
        Names of the stations behind a code in a fix.
    """

    def __init__(self, index: CableIndex, stations: Callable[[int], tuple[str, ...]]) -> None:
        self._index = index
        self._silences = Silences(index, stations)
        self._identities = Identities(index)
        self._waiting = NOTHING

    def follow(self, fixes: Fixes, alternations: Sequence[Alternation]) -> None:
        """Take what ships say of themselves in turns, before what the fold said of their fixes."""
        self._identities.follow(fixes, alternations)

    def push(self, said: Transitions, watermark_ms: int) -> Transitions:
        """Take what the fold said up to a watermark; the same, with what the ended bins bring.

        Hints and hearings stay here.
        """
        waiting = merged([self._waiting, NOTHING._replace(hints=said.hints, heard=said.heard)])
        ended = watermark_ms // BIN_MS
        hints, heard = waiting.hints, waiting.heard
        found, notices = [], [said.notices]
        bins = {*hints["bin"].tolist(), *heard["bin"].tolist(), *self._identities.bins}
        for number in sorted(n for n in bins if n < ended):
            votes = heard[heard["bin"] == number]
            due = _in_order(hints[hints["bin"] == number])
            silent = (due["what"] == SILENT) & (len(votes) > 0)
            found += self._silences.close_bin(
                number, due[silent | (due["what"] == RETURNED)], votes
            )
            found += self._identities.close_bin(number, due)
            notices.append(notices_of(due[due["what"] == CIRCLING], (number + 1) * BIN_MS))
        found += self._silences.expire(ended * BIN_MS) + self._identities.expire(ended * BIN_MS)
        self._waiting = waiting._replace(
            hints=hints[hints["bin"] >= ended], heard=heard[heard["bin"] >= ended]
        )
        said = said._replace(
            hints=NOTHING.hints, heard=NOTHING.heard, notices=np.concatenate(notices)
        )
        return merged([said, _packed(found)])

    def snapshot(self) -> bytes:
        """All that is kept, as bytes; :meth:`restore` goes on from them."""
        buffer = io.BytesIO()
        state = self._silences.state(), self._identities.state(), self._waiting
        pickle.dump((_made_by(self._index), *state), buffer, protocol=5)
        return buffer.getvalue()

    @classmethod
    def restore(
        cls, snapshot: bytes, index: CableIndex, stations: Callable[[int], tuple[str, ...]]
    ) -> "Judges":
        """Judges of a snapshot that this same version made, with the same cables and stations.

        Only snapshots of one's own store are to be trusted: they are pickles.

        Raises
        ------
        UsageError
            Another version made it, or it was made over other cables.
        """
        made_by, silences, identities, waiting = pickle.loads(snapshot)
        if made_by != _made_by(index):
            raise UsageError(
                "snapshot",
                "made by another version, or over other cables",
                "go on with the version and the cables that made it, or start anew",
            )
        judges = cls(index, stations)
        judges._silences.take_back(silences)
        judges._identities.take_back(identities)
        judges._waiting = waiting
        return judges


def _made_by(index: CableIndex) -> tuple[object, ...]:
    """What must be the same to go on from a snapshot."""
    return SNAPSHOT_VERSION, silence.VERSION, identity.VERSION, name_of(index)


def _in_order(hints: Array) -> Array:
    """Hints by time, cell and ship."""
    cell = [cell_of(*place) for place in hints[["lon", "lat"]].tolist()]
    ordered: Array = hints[np.lexsort((hints["track"], hints["mmsi"], cell, hints["t_ms"]))]
    return ordered


def _packed(events: Sequence[Event]) -> Transitions:
    """Events as the fold says them."""
    n = len(events)
    rows = np.zeros(n, EVENT_DTYPE)
    cables = np.zeros((n, MAX_CROSSINGS), MET_DTYPE)
    vertices = np.zeros((n, MAX_VERTICES), VERTEX_DTYPE)
    ahead = np.zeros((n, MAX_AHEAD), AHEAD_DTYPE)
    for k, event in enumerate(events):
        for name, value in event.fields.items():
            if isinstance(value, list):
                rows[k][name][: len(value)] = value
            else:
                rows[k][name] = value
        for name, into, given in (
            ("cables_n", cables, event.cables),
            ("vertices_n", vertices, event.vertices),
            ("ahead_n", ahead, event.ahead),
        ):
            rows[k][name] = len(given)
            for i, row in enumerate(given):
                into[k, i] = row
    return NOTHING._replace(
        events=rows, event_cables=cables, event_vertices=vertices, event_ahead=ahead
    )
