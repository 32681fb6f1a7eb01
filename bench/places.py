"""What places learned from other days lower: alerts of each recorded day, without and with them.

    python -m bench places

Takes the recorded tracks beside the project (``CABLEWATCH_SHARED``, else ``../shared``). For each
UTC day in them a context file is built from all other days, and all days are replayed with it; of
that replay the alerts that were raised on the day count, so that no place rests on what it lowers.
Two sets of lines: the made-up cables of the recording, and a line through every cell of half a
degree, so that every ship has one ahead.
"""

import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cablewatch.alerts.model import SEVERITIES, Alert
from cablewatch.archives import ReadOptions, Selection
from cablewatch.cables.model import Cable, load_cables
from cablewatch.context.surroundings import NOWHERE, Surroundings, load_surroundings
from cablewatch.evaluation.lattice import lattice
from cablewatch.output.text import rfc3339
from cablewatch.units import DAY_MS
from cablewatch.usecases.context import build, write
from cablewatch.usecases.read import read_files
from cablewatch.usecases.replay import replay

TRACKS = "tracks/santa_barbara_2018-06-01_04_class_a.parquet"
CABLES = "tracks/test_cables.geojson"
WATCH = SEVERITIES.index("watch")


def shared() -> Path:
    """Folder of recordings."""
    default = Path(__file__).resolve().parents[2] / "shared"
    return Path(os.environ.get("CABLEWATCH_SHARED", default)) / "data"


def learned_without(
    path: Path, day: int, days: Sequence[int], folder: Path
) -> tuple[Surroundings, Counter[str]]:
    """Places of what came before a day and after it, and the number of cells by kind."""
    spans = [Selection(None, day * DAY_MS)] if day > days[0] else []
    spans += [Selection((day + 1) * DAY_MS, None)] if day < days[-1] else []
    first, *rest = (build([path], options=ReadOptions(selection=span)) for span in spans)
    for part in rest:
        first.learned.merge(part.learned)
    out = folder / f"{day}.geojson"
    write(first, out, [path])
    return load_surroundings([out]), first.learned.places()


def raised_on(alerts: Sequence[Alert], day: int) -> dict[str, Alert]:
    """Alerts of a day by id."""
    return {a.id: a for a in alerts if a.raised_ms // DAY_MS == day}


def counted(alerts: Sequence[Alert]) -> str:
    """Alerts of `watch` or higher, and all, by kind."""
    all_told = Counter(a.kind for a in alerts)
    high = Counter(a.kind for a in alerts if SEVERITIES.index(a.severity) >= WATCH)
    return (
        ", ".join(f"{kind} {high[kind]} of {n}" for kind, n in sorted(all_told.items())) or "none"
    )


def compare(path: Path, cables: Sequence[Cable], days: Sequence[int], folder: Path) -> None:
    """Print a line a day, and a line for each alert that a place lowers."""
    plain = replay([path], cables, surroundings=NOWHERE).ranked()
    for day in days:
        places, cells = learned_without(path, day, days, folder)
        with_them = raised_on(replay([path], cables, surroundings=places).ranked(), day)
        without = raised_on(plain, day)
        assert set(without) == set(with_them)  # nothing is deleted
        known = ", ".join(f"{kind} {n}" for kind, n in sorted(cells.items()))
        told = counted(list(without.values())), counted(list(with_them.values()))
        print(f"| {rfc3339(day * DAY_MS)[:10]} | {known} | {told[0]} | {told[1]} |")
        for name, alert in with_them.items():
            if alert.suppressed_by != without[name].suppressed_by:
                was = f"{without[name].severity} {without[name].probability:.2f}"
                now = f"{alert.severity} {alert.probability:.2f}"
                reasons = ", ".join(alert.suppressed_by)
                print(f"| | {alert.mmsi} {alert.name} {alert.kind} | {was} | {now}: {reasons} |")


def main() -> None:
    path = shared() / TRACKS
    if not path.is_file():
        print(f"recordings are absent: {path} (set CABLEWATCH_SHARED)")
        return
    fixes = read_files([path], ReadOptions()).fixes
    days = np.unique(fixes.t_ms // DAY_MS).tolist()
    lines = {"the test cables": load_cables(shared() / CABLES), "a lattice": (lattice(fixes),)}
    for name, cables in lines.items():
        print(f"\nOver {name}: alerts of `watch` or higher, of all\n")
        print(
            "| day | cells learned from the other days | without | with them |\n|---|---|---|---|"
        )
        with tempfile.TemporaryDirectory() as folder:
            compare(path, cables, days, Path(folder))


if __name__ == "__main__":
    main()
