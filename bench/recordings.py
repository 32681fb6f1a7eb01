"""Recordings through `replay`: alerts per 1,000 observed ship-days, and what thinned data allow.

    python bench/recordings.py

Reads the folder of recordings beside the project (``CABLEWATCH_SHARED``, else ``../shared``) and
prints three Markdown tables: every file; all alerts; which evidence the key frames of the incidents
let the rules compute. A ship-day is 24 clock hours in which a ship had a fix. Intervals are exact
95 % Poisson intervals of the count, divided by the ship-days; less than one ship-day gives counts
alone.
"""

import math
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from cablewatch.alerts.model import SEVERITIES, Alert
from cablewatch.archives import open_archive
from cablewatch.cables.index import build_index
from cablewatch.cables.model import Cable, load_cables
from cablewatch.engine.fold import RULES, Engine
from cablewatch.engine.loiter import implied_speed_kn
from cablewatch.errors import CablewatchError
from cablewatch.evaluation.metrics import poisson_interval
from cablewatch.fixes import Fixes, Stations
from cablewatch.output.text import rfc3339
from cablewatch.units import MINUTE_MS
from cablewatch.usecases.replay import Replay, replay
from cablewatch.vessels.statics import Statics

KINDS = tuple(rule.KIND for rule in RULES.values())
WATCH = SEVERITIES.index("watch")
TRACKS = "tracks/santa_barbara_2018-06-01_04_class_a.parquet"
TEST_CABLES = "tracks/test_cables.geojson"  # laid across its lanes; no such cables
YI_PENG_3 = "incidents/yi_peng_3_2024-11-18_keyframes.csv"
CONTROLS = "incidents/controls_2024-11-18_keyframes.csv"
SKINFAXE_R = "incidents/skinfaxe_r_2025-01-26_keyframes.csv"
SKIPPED = {".chk", ".json", ".geojson", ""}  # expected output, routes and licences


def recordings(folder: Path) -> Iterator[tuple[str, tuple[Path, ...], str | None]]:
    """Name, files and routes (None: those that ship) of each run."""
    for part in ("nmea", "archives"):
        for path in sorted((folder / part).rglob("*")):
            if path.is_file() and path.suffix not in SKIPPED:
                yield path.relative_to(folder).as_posix(), (path,), None
    yield TRACKS, (folder / TRACKS,), TEST_CABLES
    yield YI_PENG_3, (folder / YI_PENG_3,), None
    yield f"{YI_PENG_3} with {CONTROLS}", (folder / YI_PENG_3, folder / CONTROLS), None
    yield SKINFAXE_R, (folder / SKINFAXE_R,), None


def rate(count: int, ship_days: float) -> str:
    """Render a count with its rate per 1,000 ship-days and interval."""
    if ship_days < 1.0:
        return f"{count}"
    low, high = (1000.0 * bound / ship_days for bound in poisson_interval(count))
    return f"{count}: {1000.0 * count / ship_days:,.1f} ({low:,.1f}-{high:,.1f})"


def is_raised(alert: Alert) -> bool:
    return SEVERITIES.index(alert.severity) >= WATCH


def row(name: str, result: Replay) -> str:
    """Line of the first table."""
    cells = [name, f"{result.fixes:,}", f"{result.ships:,}", f"{result.ship_days:,.2f}"]
    cells.append(f"{result.crossings}")
    for kind in KINDS:
        alerts = [a for a in result.alerts.values() if a.kind == kind]
        raised = sum(map(is_raised, alerts))
        cells += [rate(raised, result.ship_days), rate(len(alerts), result.ship_days)]
    said = [f"{reason} {count:,}" for reason, count in sorted(result.counts.items())]
    cells.append("; ".join([*said, *(f"not read to its end: {e.what}" for e in result.errors)]))
    return f"| {' | '.join(cells)} |"


def _add(total: Replay, result: Replay) -> None:
    total.alerts.update(result.alerts)
    total.fixes += result.fixes
    total.ships += result.ships
    total.ship_days += result.ship_days
    total.crossings += result.crossings


def computable(
    paths: Sequence[Path], cables: Sequence[Cable]
) -> dict[int, tuple[int, int, int, int, int]]:
    """By ship: fixes, minutes looked at, and minutes in which each evidence could be computed.

    The evidence: speed loss (a speed and an own baseline), course cycle, speed over hour blocks.
    The engine is stopped at every minute of event time, which changes nothing of what it says.
    """
    batches = [b for p in paths for b in open_archive(p, stations=Stations()).batches(_ignore)]
    fixes = Fixes.concat(b.fixes for b in batches)
    fixes = fixes.take(fixes.t_ms.argsort(kind="stable"))
    engine = Engine(build_index(cables))
    found: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for mmsi in fixes.mmsi.tolist():
        found[mmsi][0] += 1
    first_ms = int(fixes.t_ms[0]) // MINUTE_MS * MINUTE_MS
    for minute_ms in range(first_ms, int(fixes.t_ms[-1]) + MINUTE_MS, MINUTE_MS):
        now = (fixes.t_ms >= minute_ms - MINUTE_MS) & (fixes.t_ms < minute_ms)
        engine.push(fixes.take(now), Statics.empty(), minute_ms)
        ships = engine.state.ships
        for ship in ships[(ships["mmsi"] != 0) & ~np.isnan(ships["minute_kn"])]:
            counts = found[int(ship["mmsi"])]
            counts[1] += 1
            counts[2] += not math.isnan(ship["baseline_kn"])
            counts[3] += not math.isnan(ship["cycle_deg"])
            counts[4] += not math.isnan(implied_speed_kn(ship))
    return {mmsi: (c[0], c[1], c[2], c[3], c[4]) for mmsi, c in found.items()}


def _ignore(read: int) -> None:
    pass


def alert_row(name: str, alert: Alert) -> str:
    """Line of the second table."""
    terms = ", ".join(
        f"{e.name} {e.value:.3g} {e.unit} ({e.contribution:+.2f})"
        for e in alert.evidence
        if e.contribution and e.name != "prior"
    )
    lowered = ", ".join(alert.suppressed_by)
    who = f"{alert.mmsi} {alert.name}".strip()
    cells = [name, who, alert.kind, alert.severity, f"{alert.probability:.2f}"]
    cells += [rfc3339(alert.raised_ms)[:16] + "Z", f"{len(alert.cables)}", terms, lowered]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    default = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("CABLEWATCH_SHARED", default)) / "data"
    if not folder.is_dir():
        print(f"recordings are absent: {folder} (set CABLEWATCH_SHARED)")
        return
    shipped = load_cables()
    columns = [f"{kind}, {of}" for kind in KINDS for of in ("watch or higher", "all")]
    header = ["recording", "fixes", "ships", "ship-days", "crossings", *columns, "set aside"]
    print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}")
    alerts, together = [], Replay()
    for name, paths, routes in recordings(folder):
        cables = shipped if routes is None else load_cables(folder / routes)
        try:
            result = replay(paths, cables)
        except CablewatchError as error:
            print(f"| {name} |{' |' * (len(header) - 2)} not read: {error.what} |")
            continue
        print(row(name, result))
        if routes is None and "incidents" not in name:
            _add(together, result)
        alerts += [alert_row(name, alert) for alert in result.ranked()]
    print(row("all above over the shipped routes, without the incidents", together))
    header = ["recording", "ship", "kind", "severity", "p", "raised", "crossings", "evidence"]
    print(f"\n| {' | '.join([*header, 'lowered by'])} |\n|{'---|' * 9}")
    print("\n".join(alerts))
    header = ["ship", "fixes", "minutes with a speed", "speed loss", "course cycle", "hour blocks"]
    print(f"\n| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for path in (YI_PENG_3, CONTROLS, SKINFAXE_R):
        for mmsi, counts in sorted(computable([folder / path], shipped).items()):
            print(f"| {mmsi} | {' | '.join(map(str, counts))} |")


if __name__ == "__main__":
    main()
