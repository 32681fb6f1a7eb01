"""200,000 damaged lines and a million parts that wait in vain; tests/soak has the long ones."""

from collections import Counter

import pytest

from cablewatch.ais import Decoder

from .mutation import T0_MS, TAGGED, UNTAGGED, checksum, resident_mb, run

REASONS = {
    *("not_ais", "bad_char", "bad_field_count", "no_checksum", "bad_fragment_field"),
    *("bad_checksum", "bad_armor", "missing_fragment", "orphan_fragment", "stale_fragment"),
}


@pytest.mark.parametrize("sources", [TAGGED, UNTAGGED], ids=["tagged", "untagged"])
@pytest.mark.parametrize("unseen", [False, True])
def test_damage_never_joins_two_ships(sources: tuple[str, ...], unseen: bool) -> None:
    outcome = run(20241117, 50_000, sources, unseen=unseen)
    assert outcome.lines >= 50_000
    assert outcome.messages > 25_000 and outcome.whole > 8_000
    assert (outcome.altered > 0) == unseen
    assert REASONS | ({"bad_tagblock"} if sources == TAGGED else set()) <= set(outcome.refused)
    assert outcome.grown_mb < 50


def orphans() -> bytes:
    """First parts of 10,000 messages of many sources and groups."""
    made = []
    for i in range(10_000):
        body = b"AIVDM,2,1,%d,A,5%02d%b,0" % (i % 10, i % 64, b"1" * 50)
        tag = b"s:f%d" % (i % 3000) + (b",g:1-2-%d" % i if i % 2 else b"")
        made.append(b"\\%b*%b\\!%b*%b\r\n" % (tag, checksum(tag), body, checksum(body)))
    return b"".join(made)


def test_a_million_orphans_add_less_than_10_mb() -> None:
    block, decoder, refused = orphans(), Decoder(), Counter[str]()
    decoder.feed(block, T0_MS)
    start_mb = resident_mb()
    for _ in range(100):
        refused.update(decoder.feed(block, T0_MS).refused)
    refused.update(decoder.flush().refused)
    assert sum(refused.values()) == 1_010_000 - 10_000 + 512
    assert resident_mb() - start_mb < 10
