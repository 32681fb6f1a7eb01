"""How many there are of what a database holds, for whoever watches it."""

import sqlalchemy as sa

from cablewatch.alerts.model import SEVERITIES
from cablewatch.stores.sql.database import Database
from cablewatch.stores.sql.tables import ALERTS, DELIVERIES


def alerts_held(database: Database) -> dict[tuple[str, str, str], int]:
    """Number of alerts by kind, severity and state."""
    by = (ALERTS.c.kind, ALERTS.c.severity, ALERTS.c.state)
    counted = sa.select(*by, sa.func.count()).group_by(*by)
    with database.reading() as db:
        rows = db.execute(counted).all()
    return {(kind, SEVERITIES[rank], state): count for kind, rank, state, count in rows}


def deliveries_held(database: Database) -> dict[str, int]:
    """Number of deliveries of webhooks by state."""
    counted = sa.select(DELIVERIES.c.state, sa.func.count()).group_by(DELIVERIES.c.state)
    with database.reading() as db:
        return {state: count for state, count in db.execute(counted).all()}
