"""How many there are of what a database holds, for whoever watches it."""

from typing import NamedTuple

import sqlalchemy as sa

from cablewatch.alerts.model import SEVERITIES
from cablewatch.stores.alert_search import Wanted
from cablewatch.stores.sql.database import Database
from cablewatch.stores.sql.tables import ALERTS, DELIVERIES
from cablewatch.units import DAY_MS


def alerts_held(database: Database) -> dict[tuple[str, str, str], int]:
    """Number of alerts by kind, severity and state."""
    by = (ALERTS.c.kind, ALERTS.c.severity, ALERTS.c.state)
    counted = sa.select(*by, sa.func.count()).group_by(*by)
    with database.reading() as db:
        rows = db.execute(counted).all()
    return {(kind, SEVERITIES[rank], state): count for kind, rank, state, count in rows}


class Raised(NamedTuple):
    """Alerts of a kind and severity that were raised on a day."""

    day: int  # since 1970, UTC
    kind: str
    severity: str
    alerts: int


def alerts_raised(database: Database, cable: str, start_ms: int, end_ms: int) -> list[Raised]:
    """Alerts by day that met a cable or head for it, raised from start to end, both included."""
    day = ALERTS.c.raised_ms // sa.literal_column(str(DAY_MS), sa.BigInteger)
    by = (day, ALERTS.c.kind, ALERTS.c.severity)
    counted = (
        sa.select(*by, sa.func.count())
        .where(*Wanted(cable=cable).conditions(ALERTS.c))
        .where(ALERTS.c.raised_ms.between(start_ms, end_ms))
        .group_by(*by)
        .order_by(*by)
    )
    with database.reading() as db:
        rows = db.execute(counted).all()
    return [Raised(day, kind, SEVERITIES[rank], count) for day, kind, rank, count in rows]


def deliveries_held(database: Database) -> dict[str, int]:
    """Number of deliveries of webhooks by state."""
    counted = sa.select(DELIVERIES.c.state, sa.func.count()).group_by(DELIVERIES.c.state)
    with database.reading() as db:
        return {state: count for state, count in db.execute(counted).all()}
