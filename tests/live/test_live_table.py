"""The live table on terminals of some sizes."""

from collections import Counter
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from cablewatch.commands.live_table import LiveTable
from cablewatch.feeds.keeping import Health

T0 = 1_731_895_440_000  # 2024-11-18T02:04:00Z


def alert(k: int, kind: str, name: str) -> Any:
    return SimpleNamespace(
        id=str(k),
        state="open",
        severity="critical",
        kind=kind,
        mmsi=219_000_001 + k,
        name=name,
        probability=0.99,
        raised_ms=T0,
        next_cables=[SimpleNamespace(id="bcs-east-west-interlink")],
    )


def drawn(width: int, *alerts: Any) -> list[str]:
    """Lines of a table with two sources."""
    lossy, lost = Health("receiving", lost_messages=1_234), Health("cut", cuts=7)
    running: Any = SimpleNamespace(
        health={"udp:10110": lossy, "nats.example:4222/a/subject/of/more/than/the/room": lost},
        watcher=SimpleNamespace(
            tallies={"udp:10110": SimpleNamespace(fixes=12_345_678)},
            senders=SimpleNamespace(
                refused={"udp:10110": SimpleNamespace(counts=Counter(bad_checksum=31))}
            ),
            watermark_ms=T0,
            ships=lambda: (20_000, 300),
            figures=SimpleNamespace(fixes=12_340_000),
            backlog=SimpleNamespace(rows=0),
        ),
    )
    table, said = LiveTable(), StringIO()
    table.console = Console(file=said, width=width, force_terminal=True, color_system=None)
    table.running = running
    table.told(alerts)
    table.console.print(table.drawn())
    return said.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 140])
def test_each_source_and_each_alert_is_a_line(width: int) -> None:
    kinds = ("anchor_drag", "anchor_drag_at_anchor")
    lines = drawn(width, *(alert(k, kind, "A VERY LONG NAME") for k, kind in enumerate(kinds)))
    assert max(map(len, lines)) <= width
    rows = [line for line in lines if "critical" in line]
    assert len(rows) == 2
    for k, row in enumerate(rows):
        assert kinds[k] in row and str(219_000_001 + k) in row and " 11-18 02:04 " in row
    assert any("2 open alerts" in line for line in lines)
    (lossy,) = [line.split() for line in lines if "udp:10110" in line]
    assert lossy[2:] == ["0.0", "12,345,678", "31", "1,234", "0"]
    assert sum("nats.example" in line for line in lines) == 1


def test_without_an_alert_no_table_of_them_is_drawn() -> None:
    lines = drawn(80)
    assert lines[-1].strip() == "no open alert" and not any("severity" in line for line in lines)
