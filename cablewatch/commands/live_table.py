"""The live table of `cablewatch watch`: sources, ships and open alerts on a terminal."""

from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.table import Column, Table
from rich.text import Text

from cablewatch.output.text import printable, rfc3339
from cablewatch.units import NEVER_MS

if TYPE_CHECKING:
    from cablewatch.alerts.model import Alert
    from cablewatch.usecases.watch import Watch

SHOWN = 12  # alerts
FIGURES = ("fixes/s", "fixes", "not accepted", "lost", "cuts")
WHOLE = ("severity", "kind", "p", "raised, UTC", "mmsi")
MINUTE = slice(len("2024-"), len("2024-11-18T02:04"))  # alerts are raised at whole ones
ORDER = ("critical", "warning", "watch", "info")
STYLES = {"critical": "bold red", "warning": "yellow", "watch": "cyan", "info": "dim"}


class LiveTable:
    """What a run is doing, drawn twice a second on the terminal's error stream.

    Where there is no terminal each version of an alert is a line.
    """

    def __init__(self) -> None:
        self.console = Console(stderr=True)
        self._open: OrderedDict[str, Alert] = OrderedDict()
        self._before: dict[str, tuple[float, int]] = {}
        self.running: Watch | None = None

    def live(self) -> Live:
        """The drawing, as a context manager."""
        return Live(
            get_renderable=self.drawn,
            console=self.console,
            refresh_per_second=2,
            transient=False,
            auto_refresh=self.console.is_terminal,
        )

    def told(self, alerts: "Sequence[Alert]") -> None:
        """Take versions of alerts."""
        for alert in alerts:
            if alert.state == "open":
                self._open[alert.id] = alert
            else:
                self._open.pop(alert.id, None)
            if not self.console.is_terminal:
                with suppress(OSError):  # a full disk, where it goes to a file
                    self.console.print(line(alert), markup=False, highlight=False, soft_wrap=True)

    def drawn(self) -> Group:
        """Tables of sources and of open alerts."""
        running = self.running
        if running is None or not self.console.is_terminal:
            return Group()
        watcher = running.watcher
        sources = Table("source", "state", *map(_number, FIGURES), box=None)
        for name, health in list(running.health.items()):
            tally = watcher.tallies.get(name)
            fixes = 0 if tally is None else tally.fixes
            refused = watcher.senders.refused.get(name)
            counted = 0 if refused is None else sum(refused.counts.values())
            figures = fixes, counted, health.lost_messages, health.cuts
            cells = f"{self._rate(name, fixes):.1f}", *(f"{figure:,}" for figure in figures)
            sources.add_row(_cell(name), health.state, *cells)
        mark_ms = watcher.watermark_ms
        mark = "no time yet" if mark_ms == NEVER_MS else f"up to {rfc3339(mark_ms // 1000 * 1000)}"
        ships, near = watcher.ships()
        counts = (
            f"{watcher.figures.fixes:,} fixes judged {mark}; {ships:,} ships, {near:,} near cables"
        )
        waiting = f", {watcher.backlog.rows:,} waiting" if watcher.backlog.rows else ""
        return Group(sources, Text(counts + waiting), self._alerts())

    def _alerts(self) -> Table | Text:
        ranked = sorted(
            list(self._open.values()),
            key=lambda alert: (ORDER.index(alert.severity), -alert.probability, alert.raised_ms),
        )
        if not ranked:
            return Text("no open alert")
        said = "1 open alert" if len(ranked) == 1 else f"{len(ranked)} open alerts"
        said += f", the first {SHOWN}" * (len(ranked) > SHOWN)
        whole = (Column(name, no_wrap=True) for name in WHOLE)
        table = Table(*whole, "ship", "next", title=said, title_justify="left", box=None)
        for alert in ranked[:SHOWN]:
            following = alert.next_cables[0].id if alert.next_cables else ""
            table.add_row(
                Text(alert.severity, STYLES[alert.severity]),
                alert.kind,
                f"{alert.probability:.2f}",
                rfc3339(alert.raised_ms)[MINUTE].replace("T", " "),
                str(alert.mmsi),
                _cell(printable(alert.name)),
                _cell(following),
            )
        return table

    def _rate(self, name: str, fixes: int) -> float:
        """Fixes a second since the last drawing but some."""
        now_s = monotonic()
        then_s, then = self._before.setdefault(name, (now_s, fixes))
        if now_s - then_s > 10.0:
            self._before[name] = (now_s - 5.0, round(then + (fixes - then) / 2))
        return (fixes - then) / (now_s - then_s) if now_s > then_s else 0.0


def _number(name: str) -> Column:
    return Column(name, justify="right", no_wrap=True)


def _cell(text: str) -> Text:
    """A text whose end is left out where there is no room."""
    return Text(text, no_wrap=True, overflow="ellipsis")


def line(alert: "Alert") -> str:
    """A version of an alert on a line."""
    name = printable(alert.name) or "not named"
    following = f", next {alert.next_cables[0].id}" if alert.next_cables else ""
    return (
        f"{rfc3339(alert.updated_ms)} {alert.severity:8} {alert.kind} {name} ({alert.mmsi})"
        f" p {alert.probability:.2f} {alert.state}{following}"
    )
