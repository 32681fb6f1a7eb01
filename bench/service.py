"""How fast the service answers at size: every route, a replay beside it, slow requests at once.

    python -m bench service [--alerts N] [--rows N] [--requests N] [--only LABEL]
        [--database URL] [--keep FOLDER]

A made-up Danish day of N rows is replayed into a store, a year of N alerts is appended to it with
reviews, and ``cablewatch serve`` answers over it in a process of its own. Each question is asked
`--requests` times over one kept connection, one at a time. Printed are wall time (half of the
answers, 99 in 100) and the processor time that the service took for one. Then `/health` is asked
while the day is replayed into another folder beside the service, and while ten blocks are asked
for at once. Targets: a page within 100 ms whatever lies before it, a block within 100 ms and a
known one within 5 ms, `/health` within 100 ms.

`--database` is an empty PostgreSQL database for the alerts; `--keep` is a folder to make the store
in, or to find it as it was made there.
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from bench.served.client import Answer, Asked, Client, Server, serving
from bench.served.questions import by_label, questions
from bench.served.store import Made, make, replaying, size
from cablewatch.commands.terminal import progress

SLOW_MS = 100
AT_ONCE = 10
PAUSE_S = 0.02  # between two looks at /health


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--alerts", type=int, default=100_000)
    arguments.add_argument("--rows", type=int, default=10_000_000)
    arguments.add_argument("--requests", type=int, default=24)
    arguments.add_argument("--only", default="", help="questions whose label begins so; no replay")
    arguments.add_argument("--database", help="URL of an empty PostgreSQL database")
    arguments.add_argument("--keep", type=Path, help="folder of the store")
    said = arguments.parse_args()
    with _folder(said.keep) as folder, progress("Appending alerts") as told:
        made = make(folder, said.alerts, said.rows, said.database, told)
        print(size(made), flush=True)
        with serving(made) as server:
            asked = _asked(server, made)
            chosen = {k: some for k, some in asked.items() if k.startswith(said.only)}
            _print_routes(server, chosen, said.requests)
            if not said.only:
                _print_health(server, made, asked["a block, JSON gzip"])
            print(f"the service took {server.peak_mb():,.0f} MB at most")


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _asked(server: Server, made: Made) -> dict[str, list[Asked]]:
    """Questions by label, of all routes that the documents of the service name."""
    with closing(Client(server.port)) as client:
        document, ogc = (_paths(client, path) for path in ("/openapi.json", "/ogc/api"))
    return by_label(questions(made, document, ogc))


def _print_routes(server: Server, asked: Mapping[str, Sequence[Asked]], times: int) -> None:
    print(f"{'':34}{'bytes':>10}{'p50 ms':>9}{'p99 ms':>9}{'processor':>11}")
    with closing(Client(server.port)) as client, progress("Asking") as told:
        for n, (label, some) in enumerate(asked.items()):
            told(n, len(asked))
            _print_times(server, client, label, some, times)


def _paths(client: Client, path: str) -> dict[str, object]:
    paths: dict[str, object] = json.loads(client.ask(Asked(path, "GET", path, {})).body)["paths"]
    return paths


def _print_times(
    server: Server, client: Client, label: str, asked: Sequence[Asked], times: int
) -> None:
    """Times of the questions of one label in turn, and of the same where the client has it."""
    spent = _measured(server, lambda n: client.ask(asked[n % len(asked)]), times)
    _print(label, *spent)
    tags = [answer.headers.get("etag") for answer in spent[0][: len(asked)]]
    if label.startswith(("alerts, first", "a block, JSON", "cables")) and all(tags):
        known = [
            Asked(label, one.method, one.path, {**one.headers, "If-None-Match": tag or ""})
            for one, tag in zip(asked, tags, strict=False)
        ]
        again = _measured(server, lambda n: client.ask(known[n % len(known)]), times)
        assert all(answer.status == 304 for answer in again[0]), label
        _print(f"{label}, 304", *again)


def _measured(
    server: Server, ask: Callable[[int], Answer], times: int
) -> tuple[list[Answer], float]:
    """Answers, and the processor time of the service for one, ms."""
    idle_s = server.busy_s()
    answers = [ask(n) for n in range(times)]
    return answers, 1e3 * (server.busy_s() - idle_s) / times


def _print(label: str, answers: Sequence[Answer], busy_ms: float) -> None:
    p50, p99 = np.percentile([answer.ms for answer in answers], (50, 99))
    size = np.median([len(answer.body) for answer in answers])
    worst = max(answer.status for answer in answers)
    notes = [f"status {worst}"] * (worst >= 400) + ["slow"] * bool(p99 > SLOW_MS)
    figures = f"{size:10,.0f}{p50:9.1f}{p99:9.1f}{busy_ms:11.1f}"
    print(f"{label:34}{figures}  {', '.join(notes)}".rstrip(), flush=True)


def _print_health(server: Server, made: Made, block: Sequence[Asked]) -> None:
    print("/health, ms:                          p50     p99    most   looks", flush=True)
    still = time.monotonic() + 2
    _print_looks("alone", _looks(server, lambda: time.monotonic() < still))
    with tempfile.TemporaryDirectory() as folder:
        command = replaying(made.day, Path(folder) / "again")
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as replay:
            looks = _looks(server, lambda: replay.poll() is None)
        _print_looks("while the day is replayed", looks)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        work = [pool.submit(_many, server.port, block) for _ in range(AT_ONCE)]
        looks = _looks(server, lambda: not all(one.done() for one in work))
    _print_looks(f"beside {AT_ONCE} who ask for blocks", looks)


def _many(port: int, asked: Sequence[Asked]) -> None:
    with closing(Client(port)) as client:
        for one in asked:
            client.ask(one)


def _looks(server: Server, goes_on: Callable[[], bool]) -> list[float]:
    """Times of `/health`, ms, as long as it goes on."""
    taken_ms = []
    with closing(Client(server.port)) as client:
        while goes_on():
            taken_ms.append(client.ask(Asked("/health", "GET", "/health", {})).ms)
            time.sleep(PAUSE_S)
    return taken_ms


def _print_looks(when: str, taken_ms: Sequence[float]) -> None:
    p50, p99 = np.percentile(taken_ms, (50, 99))
    print(f"{when:34}{p50:8.1f}{p99:8.1f}{max(taken_ms):8.1f}{len(taken_ms):8}", flush=True)


if __name__ == "__main__":
    main()
