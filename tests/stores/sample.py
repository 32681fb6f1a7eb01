"""An alert to vary."""

from cablewatch.alerts.model import Alert
from cablewatch.stores.alert_search import ANY, Wanted
from cablewatch.stores.changes import Change, changes_of
from cablewatch.stores.events import last_event, seqs_after
from cablewatch.stores.sql.database import Database, database_to_read
from cablewatch.stores.sql.engines import Place

T0 = 1_731_830_400_000
BASE = Alert(
    id="a",
    incident_id="i",
    kind="anchor_drag",
    mmsi=414270000,
    name="YI PENG 3",
    state="open",
    review="new",
    severity="watch",
    probability=0.5,
    started_ms=T0,
    raised_ms=T0,
    updated_ms=T0,
    ended_ms=None,
    cables=(),
    next_cables=(),
    evidence=(),
    suppressed_by=(),
    geometry_confidence="charted",
    stations=(),
    rule_version="1",
    config_hash="c",
    source="test",
    track=((19.0, 57.0, T0),),
)


class EventLog:
    """Events of a database in their order."""

    def __init__(self, place: Place | Database) -> None:
        self.database = database_to_read(place)

    def last(self) -> int:
        with self.database.reading() as db:
            return last_event(db)

    def after(self, seq: int, limit: int = 1000, wanted: Wanted = ANY) -> tuple[Change, ...]:
        with self.database.reading() as db:
            seqs = seqs_after(db, seq, limit, wanted)
            told = changes_of(db, seqs)
            return tuple(told[one] for one in seqs)
