"""The decoder's long promises: millions of mutated lines, a flood of orphans, memory bounded."""

import os
import resource
from collections import Counter

import numpy as np
import pytest

from cablewatch.ais import Decoder
from cablewatch.scenario import make_scenario

LINES = int(os.environ.get("CABLEWATCH_SOAK_LINES", "10000000"))
T0_MS = 1_731_715_200_000  # 2024-11-16T00:00:00Z


def resident_mb() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def mutated(block: bytes, rng: np.random.Generator) -> bytes:
    """The block with about one byte in 300 replaced, and a piece of it cut out or doubled."""
    data = np.frombuffer(block, np.uint8).copy()
    at = rng.integers(0, len(data), len(data) // 300)
    data[at] = rng.integers(0, 256, len(at))
    a, b = sorted(rng.integers(0, len(data), 2).tolist())
    b = min(b, a + 5_000)
    if rng.random() < 0.5:
        return data[:a].tobytes() + data[b:].tobytes()
    return data[:b].tobytes() + data[a:].tobytes()


@pytest.mark.soak
def test_mutated_lines_never_raise_and_never_grow() -> None:
    scenario = make_scenario(seed=1, background=20)
    blocks = [next(iter(scenario.nmea()))[:2_000_000]]
    ships = set(scenario.truth)
    rng = np.random.default_rng(20241118)
    decoder, refused = Decoder(), Counter[str]()
    lines = joined = 0
    start_mb = 0.0
    while lines < LINES:
        data = mutated(blocks[0], rng)
        lines += data.count(b"\n")
        decoded = decoder.feed(data, T0_MS)
        refused.update(decoded.refused)
        joined += int(np.isin(decoded.statics.mmsi, list(ships)).sum())
        start_mb = start_mb or resident_mb()
    assert refused["bad_checksum"] > lines // 1000 and joined > 0
    assert resident_mb() - start_mb < 50


@pytest.mark.soak
def test_a_million_orphans_add_less_than_10_mb() -> None:
    def orphan(i: int) -> bytes:
        body = f"AIVDM,2,1,{i % 10},A,5{i % 64:02d}{'1' * 50},0"
        check = 0
        for byte in body.encode():
            check ^= byte
        return f"!{body}*{check:02X}\r\n".encode()

    block = b"".join(orphan(i) for i in range(10_000))
    decoder, refused = Decoder(), Counter[str]()
    decoder.feed(block, T0_MS)
    start_mb = resident_mb()
    for _ in range(100 * LINES // 10_000_000):
        refused.update(decoder.feed(block, T0_MS).refused)
    refused.update(decoder.flush().refused)
    assert sum(refused.values()) >= 1_000_000 * LINES // 10_000_000 - 10_000
    assert resident_mb() - start_mb < 10
