"""Decoding side by side in one run: this decoder, pyais and, where installed, libais and aiscat.

``python -m bench decode [PATH ...] [--python PYTHON] [--sentences N] [--runs N]``

The recordings named (plain or .gz), those beside the project where none is named, or sentences made
with pyais where there are none, are put one behind the other and repeated until they have half a
million sentences. Text before a tag block or sentence is cut off, for not every library reads it;
tag blocks and parts are left as they are.

Each library runs in a process of its own and gets the whole work: lines in, the fields of every
message out. They take turns, RUNS times; medians are printed. A run repeats the file until half a
second has passed, so that a fast library is not measured by one time slice. Processor time counts:
each uses one thread, and other work on the machine does not matter.

libais and aiscat are never dependencies. ``--python`` names the interpreter of another environment
that has them, as in ``python -m venv peers && peers/bin/pip install libais aiscat``; nothing else
is needed there.
"""

import argparse
import gzip
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MIN_RUN_S = 0.5
SENTENCES = 500_000
SENTENCE = re.compile(rb"(?:\\[^\\\r\n]*\\)?[!$][A-Z0-9]{2}[A-Z]{2,3},[^\r\n]*")
NOT_READ = "malformed_gofree.nmea"  # a field too many in every sentence


def cablewatch(data: bytes) -> int:
    from cablewatch.ais import Decoder

    decoder = Decoder()
    return len(decoder.feed(data).messages) + len(decoder.flush().messages)


def pyais(data: bytes) -> int:
    from pyais import IterMessages
    from pyais.exceptions import AISBaseException

    messages = 0
    for message in IterMessages(data.splitlines()):
        try:
            message.decode()
            messages += 1
        except AISBaseException:
            pass
    return messages


def libais(data: bytes) -> int:
    from ais.stream import decode

    lines = data.decode("latin-1").splitlines()
    return sum(1 for _ in decode(lines, errorcb=lambda *_: None))


def aiscat(data: bytes) -> int:
    import aiscat as module

    return sum(1 for _ in module.iter_decode([data]))


PEERS: dict[str, Callable[[bytes], int]] = {
    "cablewatch": cablewatch,
    "pyais": pyais,
    "libais": libais,
    "aiscat": aiscat,
}


def serve(name: str, path: Path) -> None:
    """One library in a process of its own: a run for each line of standard input."""
    run, data = PEERS[name], path.read_bytes()
    run(data[:10_000])  # import, compile
    print("ready", flush=True)
    for _ in sys.stdin:
        start, repeats, messages = time.process_time(), 0, 0
        while repeats == 0 or time.process_time() - start < MIN_RUN_S:
            messages = run(data)
            repeats += 1
        seconds = (time.process_time() - start) / repeats
        print(json.dumps({"seconds": seconds, "messages": messages}), flush=True)


class Peer:
    """A library that answers, in the first interpreter that has it."""

    def __init__(self, name: str, interpreters: list[str], path: Path) -> None:
        self.results: list[dict[str, Any]] = []
        self.process: subprocess.Popen[str] | None = None
        for interpreter in interpreters:
            command = [interpreter, "-W", "ignore", str(Path(__file__).resolve())]
            process = subprocess.Popen(
                [*command, "--serve", name, str(path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])},
            )
            assert process.stdout is not None
            if process.stdout.readline() == "ready\n":
                self.process = process
                break
            process.communicate()

    def run(self) -> None:
        """Run once, if it is installed."""
        if self.process is None:
            return
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        self.results.append(json.loads(self.process.stdout.readline()))

    def close(self) -> None:
        """End its process."""
        if self.process is not None:
            self.process.communicate()

    def seconds(self) -> float:
        """Median processor time of a run."""
        return statistics.median(result["seconds"] for result in self.results)


def recordings() -> list[Path]:
    """Logs beside the project, see tests/conftest.py; none where they are absent."""
    default = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("CABLEWATCH_SHARED", default)) / "data" / "nmea"
    found = [p for ending in ("*.nmea", "*.nm4", "*.gz") for p in folder.glob(ending)]
    return sorted(path for path in found if path.name != NOT_READ)


def sentences_of(path: Path) -> bytes:
    data = path.read_bytes()
    data = gzip.decompress(data) if path.suffix == ".gz" else data
    return b"".join(sentence + b"\r\n" for sentence in SENTENCE.findall(data))


def invented() -> bytes:
    """Sentences of 200 ships in the mixture of a coast, a third of them with tag blocks."""
    from functools import reduce

    from pyais import encode_dict

    kinds = [1, 1, 1, 1, 3, 3, 18, 5, 4, 21, 24]
    lines = []
    for i in range(3_000):
        kind, mmsi = kinds[i % len(kinds)], 219_000_001 + i % 200
        values: dict[str, Any] = {"msg_type": kind, "mmsi": mmsi, "lon": i % 180, "lat": i % 90}
        values |= {"shipname": f"SHIP {i}", "destination": "SOMEWHERE ELSE", "partno": 0}
        for line in encode_dict(values, talker_id="AI", sentence_type="VDM", seq_id=i % 10):
            body = f"s:r1,c:{1_700_000_000 + i}"
            tag = f"\\{body}*{reduce(lambda x, c: x ^ ord(c), body, 0):02X}\\"
            lines.append((tag if i % 3 == 0 else "") + line)
    return "".join(line + "\r\n" for line in lines).encode()


def count(data: bytes) -> int:
    return data.count(b"VDM,") + data.count(b"VDO,")


def repeated(data: bytes, sentences: int) -> bytes:
    return data * max(1, -(-sentences // max(count(data), 1)))


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("paths", type=Path, nargs="*", help="NMEA logs, plain or .gz")
    arguments.add_argument("--python", action="append", default=[], help="another interpreter")
    arguments.add_argument("--sentences", type=int, default=SENTENCES)
    arguments.add_argument("--runs", type=int, default=5)
    options = arguments.parse_args()
    paths = options.paths or recordings()
    once = b"".join(map(sentences_of, paths)) if paths else invented()
    data = repeated(once, options.sentences)
    what = f"{len(paths)} recordings" if paths else "invented sentences"
    sentences = count(data)
    parts = len(re.findall(rb"VD[MO],[2-9],", data))
    tagged = len(re.findall(rb"(?m)^\\", data))
    print(
        f"{what}: {sentences:,} sentences, {len(data) / 1e6:.1f} MB; {parts / sentences:.0%} are"
        f" parts of several, {tagged / sentences:.0%} have tag blocks; {options.runs} runs"
    )
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.nmea"
        log.write_bytes(data)
        peers = {name: Peer(name, [sys.executable, *options.python], log) for name in PEERS}
        for _ in range(options.runs):
            for peer in peers.values():
                peer.run()
        for peer in peers.values():
            peer.close()
    ours = peers["cablewatch"].seconds()
    for name, peer in peers.items():
        if not peer.results:
            print(f"{name:12} not installed")
            continue
        median = peer.seconds()
        print(
            f"{name:12} {sentences / median:12,.0f} sentences/s"
            f"  {peer.results[-1]['messages']:9,} messages  cablewatch is {median / ours:6.1f} x"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
