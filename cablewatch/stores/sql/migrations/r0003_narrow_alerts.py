"""Current versions without their records, and with the first time of each alert.

What is searched lies close together then, so that a look at all alerts reads a tenth of the pages;
the record of a version is in the history. Which alerts stood at a time is known without the history
but for those that were updated both before and after it. Counts by kind, severity and state, which
are asked for every few seconds, are read from an index.
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003", "0002"


def upgrade() -> None:
    """Fill in the first times, and drop the records that the history holds too."""
    op.add_column("alerts", sa.Column("first_ms", sa.BigInteger))
    op.execute(
        "UPDATE alerts SET first_ms = (SELECT min(updated_ms) FROM alert_history "
        "WHERE alert_history.alert_id = alerts.id)"
    )
    with op.batch_alter_table("alerts") as alerts:
        alerts.alter_column("first_ms", existing_type=sa.BigInteger(), nullable=False)
        alerts.drop_column("record")
    op.create_index("alerts_by_kind", "alerts", ["kind", "severity", "state"])
