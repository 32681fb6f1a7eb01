"""What a watch has left in its store."""

from collections.abc import Collection, Sequence
from pathlib import Path

from cablewatch.alerts.records import record
from cablewatch.cables.model import Cable
from cablewatch.live.watcher import Watcher
from cablewatch.ordering.order import LIVE_LATENESS_MS
from cablewatch.output.text import content_hash
from cablewatch.stores.alerts import AlertReader
from cablewatch.stores.folder import StoreWriter
from cablewatch.stores.journal import Journal
from cablewatch.stores.tracks import read_block

INPUT = ("source",)


def content(store: Path | str, ships: Collection[int] | None = None) -> list[str]:
    """Every version of every alert, of some ships or all, without what names the input.

    `store` is a folder, or the URL of the database that they are in.
    """
    reader = AlertReader(store / "alerts.sqlite" if isinstance(store, Path) else store)
    found = reader.latest(limit=1000).alerts
    ids = sorted(alert.id for alert in found if ships is None or alert.mmsi in ships)
    said = [record(version.alert) for k in ids for version in reader.history(k)]
    return [content_hash({k: v for k, v in one.items() if k not in INPUT}) for one in said]


def fixes(store: Path) -> list[tuple[int, int]]:
    """Time and ship of every position."""
    found = read_block(store / "tracks", 0, 1 << 45)
    return list(zip(found.t_ms.tolist(), found.mmsi.tolist(), strict=True))


def ended(store: Path, cables: Sequence[Cable], lateness_ms: int = LIVE_LATENESS_MS) -> int:
    """Let a watch that was stopped come to its end; how many fixes it has judged in all."""
    writer = StoreWriter.of_sources(store, ["ended"])
    journal = Journal(store / "journal")
    with Watcher(cables, writer, journal, lateness_ms=lateness_ms) as watcher:
        watcher.end()
        watcher.close()
    return watcher.figures.fixes
