"""Decoding side by side in one run: this decoder, pyais and, where installed, libais and aiscat.

``python -m bench decode [PATH [RUNS]]`` reads an NMEA log (plain or .gz; ten megabytes of the
invented scenario where none is named) into memory, decodes it RUNS times (5 or more) with each
library in turn and prints the median sentences a second. Each library gets the whole work: lines
in, the fields of every message out. A run repeats the file until half a second has passed, so that
a fast library is not measured by one time slice. Processor time counts: each uses one thread, and
other work on the machine does not matter.
"""

import argparse
import gzip
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from cablewatch.ais import Decoder
from cablewatch.scenario import make_scenario

MIN_RUN_S = 0.5
SAMPLE_BYTES = 10_000_000  # of the invented log, where none is named


def cablewatch(data: bytes) -> int:
    decoder = Decoder()
    return len(decoder.feed(data).messages) + len(decoder.flush().messages)


def pyais(data: bytes) -> int:
    from pyais import IterMessages

    return sum(1 for message in IterMessages(data.splitlines()) if message.decode())


def libais(data: bytes) -> int:
    import ais.stream

    return sum(1 for _ in ais.stream.decode(data.decode("latin-1").splitlines()))


def aiscat(data: bytes) -> int:
    import aiscat

    return sum(1 for _ in aiscat.iter_decode([data]))


PEERS: dict[str, tuple[str, Callable[[bytes], int]]] = {
    "cablewatch": ("cablewatch", cablewatch),
    "pyais": ("pyais", pyais),
    "libais": ("ais", libais),
    "aiscat": ("aiscat", aiscat),
}


def log_at(path: Path | None) -> bytes:
    if path is None:
        return next(iter(make_scenario().nmea()))[:SAMPLE_BYTES].rpartition(b"\n")[0] + b"\n"
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("path", type=Path, nargs="?", help="NMEA log, plain or .gz")
    arguments.add_argument("runs", type=int, nargs="?", default=5)
    options = arguments.parse_args()
    path, runs = options.path, max(options.runs, 5)
    data = log_at(path)
    sentences = data.count(b"VDM,") + data.count(b"VDO,")
    cablewatch(b"\n")  # compile
    present = {name: run for name, (module, run) in PEERS.items() if find_spec(module)}
    seconds: dict[str, list[float]] = {name: [] for name in present}
    messages = {}
    for _ in range(runs):
        for name, run in present.items():
            start = time.process_time()
            repeats = 0
            while repeats == 0 or time.process_time() - start < MIN_RUN_S:
                messages[name] = run(data)
                repeats += 1
            seconds[name].append((time.process_time() - start) / repeats)
    name = path.name if path else "scenario"
    print(f"{name}: {sentences} sentences, {len(data) / 1e6:.1f} MB, medians of {runs} runs")
    ours = statistics.median(seconds["cablewatch"])
    for name in PEERS:
        if name not in present:
            print(f"{name:12} not installed")
            continue
        median = statistics.median(seconds[name])
        rate = sentences / median
        print(
            f"{name:12} {rate:12,.0f} sentences/s  {messages[name]:7} messages  "
            f"best {sentences / min(seconds[name]):12,.0f}  cablewatch is {median / ours:6.1f} x"
        )


if __name__ == "__main__":
    main()
