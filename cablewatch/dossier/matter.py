"""What is drawn and written about an alert, gathered once for the pictures and the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cablewatch.alerts.model import Alert
from cablewatch.cables.model import Cable
from cablewatch.dossier.refold import Minute
from cablewatch.engine.episode import BANDS
from cablewatch.fixes import Fixes
from cablewatch.output.text import rfc3339
from cablewatch.units import HOUR_MS, MINUTE_MS

BEFORE_MS, AFTER_MS = 6 * HOUR_MS, 3 * HOUR_MS  # shown around the episode: what the ship did else
GAP_MS = 10 * MINUTE_MS  # a longer silence is drawn as one; crossings in it are `inferred`
LEVELS = ("calm", "info", "watch", "warning")  # bands of the log odds reached in a minute


@dataclass(frozen=True)
class Matter:
    """An alert, the routes, and what the ship's rows say once more, minute by minute."""

    alert: Alert
    cables: Sequence[Cable]
    minutes: Sequence[Minute]

    @property
    def span_ms(self) -> tuple[int, int]:
        """What is shown: the episode and some time about it."""
        alert = self.alert
        return alert.started_ms - BEFORE_MS, (alert.ended_ms or alert.updated_ms) + AFTER_MS

    @cached_property
    def shown(self) -> Fixes:
        """Fixes in the span, the last of each minute; of the alert's track, and no false ones."""
        begin, end = self.span_ms
        lasts = {minute.last.t_ms: minute.last for minute in self.minutes}
        inside = [last for t_ms, last in lasts.items() if begin <= t_ms <= end]
        t_ms, lon, lat, cog = np.array(inside, float).reshape(-1, 4).T
        return Fixes.from_columns(
            t_ms=t_ms,
            mmsi=np.full(len(t_ms), self.alert.mmsi),
            lon_deg=lon,
            lat_deg=lat,
            cog_deg=cog,
        )

    @cached_property
    def shown_minutes(self) -> list[Minute]:
        """Minutes in the span."""
        begin, end = self.span_ms
        return [minute for minute in self.minutes if begin <= minute.t_ms <= end]

    @cached_property
    def levels(self) -> dict[int, str]:
        """Band that the terms of a minute reach, by its number; "gap" where nothing was said."""
        return {
            minute.t_ms // MINUTE_MS: LEVELS[sum(minute.log_odds >= band for band in BANDS)]
            if minute.terms
            else "around"
            for minute in self.shown_minutes
        }

    @cached_property
    def named(self) -> dict[str, Cable]:
        """Cables met or ahead, by id, in the order of the alert."""
        routes = {cable.id: cable for cable in self.cables}
        ids = [met.id for met in self.alert.cables] + [c.id for c in self.alert.next_cables]
        return {name: routes[name] for name in dict.fromkeys(ids) if name in routes}

    @cached_property
    def gaps(self) -> list[tuple[int, int]]:
        """Silences of the ship in the span: last time before and first time behind each."""
        t_ms = self.shown.t_ms
        wide = np.flatnonzero(np.diff(t_ms) > GAP_MS)
        return [(int(t_ms[k]), int(t_ms[k + 1])) for k in wide]


def clock(t_ms: int) -> str:
    """Day and minute, UTC.

    >>> clock(1_731_830_400_000)
    '17 Nov 08:00Z'
    """
    text = rfc3339(t_ms)
    return f"{int(text[8:10])} {MONTHS[int(text[5:7]) - 1]} {text[11:16]}Z"


def moment(t_ms: int) -> str:
    """Time to the second, UTC.

    >>> moment(1_731_830_400_050)
    '2024-11-17 08:00:00Z'
    """
    return rfc3339(t_ms)[:19].replace("T", " ") + "Z"


def span(ms: int) -> str:
    """Length of time in hours and minutes.

    >>> span(27_000_000), span(600_000)
    ('7 h 30 min', '10 min')
    """
    hours, minutes = divmod(round(ms / MINUTE_MS), 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
