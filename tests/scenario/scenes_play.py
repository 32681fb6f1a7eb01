"""Play a scene through the one path and keep what was said."""

from collections import Counter
from dataclasses import dataclass, field

from cablewatch.alerts.model import SEVERITIES, Alert
from cablewatch.engine.transitions import NOTICES
from cablewatch.fixes import Stations
from cablewatch.pipeline import Pipeline
from cablewatch.scenario.scenes import Scene


@dataclass
class Said:
    """Newest versions of the alerts by id, and notices by name."""

    alerts: dict[str, Alert] = field(default_factory=dict)
    notices: Counter[str] = field(default_factory=Counter)

    def highest(self) -> dict[tuple[int, str], str]:
        """Highest severity by ship and kind."""
        found: dict[tuple[int, str], str] = {}
        for alert in self.alerts.values():
            key = alert.mmsi, alert.kind
            found[key] = max(found.get(key, "info"), alert.severity, key=SEVERITIES.index)
        return found


def say(scene: Scene) -> Said:
    """What the pipeline says of a scene."""
    said, stations = Said(), Stations()
    with Pipeline(scene.cables, stations) as pipeline:
        for step in (pipeline.push(*scene.batch(stations)), pipeline.flush()):
            said.alerts.update((alert.id, alert) for alert in step.alerts)
            said.notices.update(NOTICES[code] for code in step.said.notices["code"].tolist())
    return said
