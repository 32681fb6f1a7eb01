"""A feed of known ships whose lines are damaged at random, and what a decoder may make of it.

Each ship's destination carries her sign twice, in the first and in the second part of her type 5:
two signs in one message are two ships in one. Damage comes from a seed, and of every kind a line
can take but those that nobody could tell: where it leaves the checksum right it only touches the
payload, and no sentence comes under the whole tag block of another.
"""

import random
import resource
from collections import Counter
from dataclasses import dataclass, field
from functools import reduce
from itertools import count
from operator import xor
from typing import Any

from pyais import encode_dict

from cablewatch.ais import Decoded, Decoder
from cablewatch.ais.messages import lines as all_fields
from cablewatch.fixes import Stations

T0_MS = 1_731_715_200_000  # 2024-11-16T00:00:00Z
BLOCK_MS = 2_000
SHIPS = 120
TAGGED = ("r1", "r2", "r3")
UNTAGGED = ("",)
DAMAGED = 0.3
WARM_UP = 10  # blocks, before memory is measured
PAYLOAD_AT = 15  # behind "!AIVDM,2,1,0,A,"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FIRST, SECOND = slice(0, 9), slice(10, 19)
"""Of a destination, 9 characters fit into the first sentence; the tenth lies in both."""


def checksum(text: bytes) -> bytes:
    return b"%02X" % reduce(xor, text, 0)


class Feed:
    """Blocks of lines; the same for the same seed."""

    def __init__(self, seed: int, sources: tuple[str, ...], unseen: bool) -> None:
        self.rng = random.Random(seed)
        self._sources, self._kinds = sources, 12 if unseen else 11
        self.signs = {
            219_000_001 + i: "".join(self.rng.choices(LETTERS, k=9)) for i in range(SHIPS)
        }
        self._singles = {mmsi: self._sentences(mmsi, 1, 0)[0] for mmsi in self.signs}
        self._parts = {
            (mmsi, n): self._sentences(mmsi, 5, n) for mmsi in self.signs for n in range(10)
        }
        self._mmsis = list(self.signs)
        self._sequence = dict.fromkeys(sources, 0)
        self._groups = count(1)

    def _sentences(self, mmsi: int, kind: int, sequence: int) -> list[bytes]:
        values: dict[str, Any] = {"msg_type": kind, "mmsi": mmsi, "lon": mmsi / 1e7, "lat": 55.0}
        if kind == 5:
            sign = self.signs[mmsi]
            values |= {"shipname": sign, "destination": f"{sign}={sign}"}
        made = encode_dict(values, talker_id="AI", radio_channel="A", seq_id=sequence)
        return [line.encode() for line in made]

    def block(self, messages: int, t_ms: int) -> bytes:
        """The lines of so many messages, heard at one moment."""
        made: list[bytes] = []
        for _ in range(messages):
            made += self._message(t_ms)
        rng = self.rng
        for i, line in enumerate(made):
            if rng.random() < DAMAGED:
                made[i] = self._damaged(line, made[max(i - 1, 0)])
        return b"".join(made)

    def _message(self, t_ms: int) -> list[bytes]:
        rng = self.rng
        mmsi, source = rng.choice(self._mmsis), rng.choice(self._sources)
        said = [self._singles[mmsi]]
        if rng.random() < 0.4:
            n = self._sequence[source] = (self._sequence[source] + 1) % 10
            said = self._parts[mmsi, n]
        group = next(self._groups) if source and len(said) > 1 and rng.random() < 0.3 else 0
        made = []
        for k, line in enumerate(said):
            tag = b""
            if source:
                body = b"s:%b,c:%d" % (source.encode(), t_ms // 1000)
                body += b",g:%d-%d-%d" % (k + 1, len(said), group) if group else b""
                tag = b"\\%b*%b\\" % (body, checksum(body))
            made.append(tag + line + b"\r\n")
        return made

    def _damaged(self, line: bytes, other: bytes) -> bytes:
        rng = self.rng
        at = rng.randrange(len(line))
        byte = bytes([rng.randrange(256)])
        match rng.randrange(self._kinds):
            case 0:
                return line[:at] + byte + line[at + 1 :]
            case 1:
                return line[:at] + line[at + 1 :]
            case 2:
                return line[:at] + byte + line[at:]
            case 3:
                return line[:at]
            case 4:
                return b""
            case 5:
                return line + line
            case 6:
                return line[:-2]
            case 7:
                return other + line
            case 8:
                return rng.randbytes(rng.randrange(200)) + line
            case 9:
                return self._spliced(line, other, at)
            case 10:
                return line[:at] + b"\r\n" + line[at:]
            case _:
                return self._unseen(line)

    def _unseen(self, line: bytes) -> bytes:
        """Two bits of one column flipped in the payload: the checksum does not see it."""
        payload = line.index(b"!") + PAYLOAD_AT
        a, b = (self.rng.randrange(payload, len(line) - 8) for _ in range(2))
        bit, data = 1 << self.rng.randrange(8), bytearray(line)
        data[a] ^= bit
        data[b] ^= bit
        return bytes(data)

    def _spliced(self, line: bytes, other: bytes, at: int) -> bytes:
        """The head of one line on the tail of another, unless the sums agree by chance."""
        if at <= max(line.find(b"!"), other.find(b"!")):
            return line
        made = line[:at] + other[at:]
        sentence = made[made.find(b"!") + 1 :]
        body, _, end = sentence.partition(b"*")
        return line if checksum(body) == end[:2] else made


@dataclass
class Outcome:
    """What came of a feed."""

    lines: int = 0
    messages: int = 0
    whole: int = 0  # messages of type 5 as they were sent
    altered: int = 0  # rows of a ship that said something else
    refused: Counter[str] = field(default_factory=Counter)
    grown_mb: float = 0.0


def resident_mb() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def run(
    seed: int, lines: int, sources: tuple[str, ...], *, unseen: bool, fields_of_every: int = 10
) -> Outcome:
    """Decode so many lines, cut anywhere; of every so many blocks all fields are read too.

    `unseen` adds damage that the checksum does not show.
    """
    feed, outcome = Feed(seed, sources, unseen), Outcome()
    stations = Stations()
    decoder = Decoder("pier", stations, payloads=True)
    start_mb = 0.0
    for block in count():
        t_ms = T0_MS + block * BLOCK_MS
        data = feed.block(1_500, t_ms)
        cut = feed.rng.randrange(len(data))
        for piece in (data[:cut], data[cut:]):
            decoded = decoder.feed(piece, t_ms)
            _take(outcome, decoded, feed.signs)
            if block % fields_of_every == 0:
                assert sum(1 for _ in all_fields(decoded, stations)) == len(decoded.messages)
        outcome.lines += data.count(b"\n")
        if block == WARM_UP:
            start_mb = resident_mb()
        if outcome.lines >= lines:
            break
    _take(outcome, decoder.flush(t_ms), feed.signs)
    outcome.grown_mb = resident_mb() - start_mb
    return outcome


def _take(outcome: Outcome, decoded: Decoded, signs: dict[int, str]) -> None:
    known = set(signs.values())
    outcome.messages += len(decoded.messages)
    outcome.refused.update(decoded.refused)
    for mmsi, text in zip(decoded.statics.mmsi, decoded.statics.destination, strict=True):
        said = text.decode()
        first, second = said[FIRST], said[SECOND]
        if first in known and second in known:
            assert first == second, f"parts of two ships in one: {mmsi} {said}"
        sent = signs.get(int(mmsi)) == first == second
        outcome.whole += sent
        outcome.altered += not sent
    fixes = decoded.fixes
    outcome.altered += int((abs(fixes.lon_deg - fixes.mmsi / 1e7) > 2e-6).sum())
