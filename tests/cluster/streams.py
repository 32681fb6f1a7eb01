"""A stream without Spark: its operators one after another, with state handed over as bytes."""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from operator import itemgetter
from pathlib import Path
from random import Random

from cablewatch.archives.recording import Entry
from cablewatch.cables.model import load_cables
from cablewatch.cluster import operators
from cablewatch.cluster.operators import Begun, Operator
from cablewatch.cluster.taker import Taker
from cablewatch.cluster.tasks import Dealt, Read
from cablewatch.ordering.order import ARCHIVE_LATENESS_MS
from cablewatch.output.text import text_hash
from cablewatch.stores.folder import StoreWriter
from cablewatch.usecases.replay import replay

CABLES = load_cables()
QUERY = "a query"


class Chain:
    """Operators with their states, as a state store keeps them: by number of the micro-batch."""

    def __init__(self, taker: Taker, arrival: type[operators.Arrival], seed: int = 1) -> None:
        self.shards, self.rng = taker.shards, Random(seed)
        begun = Begun(arrival, ARCHIVE_LATENESS_MS, self.shards)
        shared = {"index": taker.index, "shards": self.shards}
        self.operators = (
            ("order", partial(operators.order, begun=begun), lambda row: 0),
            ("tally", partial(operators.tally, **shared), itemgetter(0)),
            ("fold", partial(operators.fold, **shared), itemgetter(0)),
        )
        self.states: list[dict[tuple[str, int], bytes]] = [{}]

    def run(self, batch: int, read: Iterable[Read]) -> list[Dealt]:
        """Rows that the driver gets of a micro-batch; the states behind it are kept."""
        states = dict(self.states[batch])
        rows: list[tuple[int, ...]] = list(read)
        for name, operator, key_of in self.operators:
            self.rng.shuffle(rows)
            groups: dict[int, list[tuple[int, ...]]] = {}
            for row in rows:
                groups.setdefault(key_of(row), []).append(row)
            rows = []
            for key, mine in groups.items():
                said = kept(operator(states.get((name, key), b""), iter(mine)))
                rows += said[0]
                states[name, key] = said[1]
        del self.states[batch + 1 :]
        self.states.append(states)
        return sorted(rows, key=itemgetter(1, 0))


def kept(operator: Operator) -> tuple[list[Dealt], bytes]:
    """Rows of an operator, and its state behind them."""
    rows = []
    while True:
        try:
            rows.append(next(operator))
        except StopIteration as end:
            return rows, end.value


def taker_of(store: Path, **said: object) -> Taker:
    writer = StoreWriter.of_sources(store, ["test"])
    options = {"source": "test", "lateness_ms": ARCHIVE_LATENESS_MS, **said}
    return Taker(CABLES, writer, **options)  # type: ignore[arg-type]


def streamed(
    store: Path,
    batches: Sequence[Sequence[Read]],
    arrival: type[operators.Arrival],
    shards: int = 2,
) -> tuple[Chain, Taker]:
    """What is left of a stream of micro-batches, each taken once."""
    with taker_of(store, shards=shards) as taker:
        chain = Chain(taker, arrival)
        for batch, rows in enumerate(batches):
            said = chain.run(batch, rows)
            assert taker.is_new(QUERY, batch)
            taker.take(QUERY, batch, said, said[-1][1])
    return chain, taker


def replayed(paths: Sequence[Path], store: Path) -> str:
    """Hash of what one process says that goes on when more comes."""
    writer = StoreWriter.of_sources(store, ["test"])
    replay(paths, CABLES, store=writer, state=store.with_suffix(".state"))
    return canonical(store)


def canonical(store: Path) -> str:
    """Hash of every version of every alert of a store, without the input that it names."""
    found = versions(store)
    assert found
    return text_hash("\n".join(found))


def versions(store: Path) -> list[str]:
    """Every version of every alert, without the input that it names."""
    if not (store / "alerts.sqlite").exists():
        return []
    with sqlite3.connect(store / "alerts.sqlite") as db:
        tables = "select name from sqlite_master where name = 'alert_history'"
        if not db.execute(tables).fetchall():
            return []
        rows = "select alert_id, json_remove(record, '$.source') from alert_history"
        return sorted(f"{name} {record}" for name, record in db.execute(rows))


def entries(messages: Iterable[bytes], sender: str = "") -> Iterator[Entry]:
    """Messages of a broker that came at the latest time that their lines name."""
    at_ms = 0
    for message in messages:
        at_ms = max([at_ms, *(int(said) * 1000 for said in re.findall(rb"c:(\d+)", message))])
        yield Entry("pier", "nmea", message, at_ms, sender)
