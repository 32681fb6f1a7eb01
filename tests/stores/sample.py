"""An alert to vary."""

from cablewatch.alerts.model import Alert

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
