"""Framing, times and reassembly on sentences of our own."""

import pickle
import tracemalloc
from collections import Counter
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from cablewatch.ais import Decoded, Decoder, MessageFlag
from cablewatch.batches import Batch
from cablewatch.errors import UsageError
from cablewatch.fixes import FixFlag, Stations

T0_S = 1_700_000_000
T0_MS = T0_S * 1000
LATER_MS = T0_MS + 600_000_000


def together(parts: list[Decoded]) -> dict[str, Any]:
    """All rows and counts of several calls, comparable."""
    fixes, statics = Batch.joined(Batch(p.fixes, p.statics) for p in parts)
    return {
        **{f.name: getattr(fixes, f.name).tobytes() for f in fields(fixes)},
        **{"static_" + f.name: getattr(statics, f.name).tobytes() for f in fields(statics)},
        "messages": b"".join(p.messages.tobytes() for p in parts),
        "others": b"".join(p.others.tobytes() for p in parts),
        "refused": sum((Counter(p.refused) for p in parts), Counter()),
    }


def decode(data: bytes, received_ms: int | None = None, cut: int = 0) -> dict[str, Any]:
    decoder = Decoder()
    cuts = range(0, len(data), cut) if cut else [0]
    parts = [decoder.feed(data[a : a + cut] if cut else data, received_ms) for a in cuts]
    return together([*parts, decoder.flush(received_ms)])


def one(data: bytes, received_ms: int | None = None) -> Decoded:
    return Decoder().feed(data, received_ms)


@pytest.fixture(scope="module")
def stream(nmea: Any) -> bytes:
    """Every way of framing, good and bad."""
    first, second = nmea.voyage(219000002, "GDYNIA", sequence=4)
    return b"".join(
        [
            f"{T0_S};{nmea.position(219000003)}\n".encode(),
            nmea.feed(nmea.tag(f"s:r1,c:{T0_S + 1}") + nmea.position(219000004, lon=1.0)),
            f"{first}\r{second}\n\r".encode(),
            nmea.feed(nmea.position(219000005) + nmea.position(219000006), "$GPGGA,1*00", "  "),
            nmea.feed(nmea.pghp("1,2023,11,14,22,13,30,500,219,,2190067,1,62"), nmea.position()),
            b"x" * 2000 + b"\r\n" + nmea.position(219000007).encode() + b",r1,1700000020\r\n",
            nmea.feed(nmea.position()[:-1] + "G", "junk" + nmea.position(219000008), first),
            nmea.position(219000009).encode(),
        ]
    )


@pytest.mark.parametrize("cut", [1, 2, 3, 7, 13, 64, 500])
def test_cuts_do_not_matter(stream: bytes, cut: int) -> None:
    whole = decode(stream)
    assert len(whole["messages"]) == 9 * 9  # rows of nine bytes
    assert whole["refused"] == {
        "not_ais": 1,
        "too_long": 1,
        "bad_checksum": 1,
        "missing_fragment": 1,
    }
    assert decode(stream, cut=cut) == whole


def test_every_single_cut(stream: bytes) -> None:
    tail = stream[stream.index(b"x" * 2000) + 1900 :]
    whole = decode(tail)
    for at in range(len(tail)):
        decoder = Decoder()
        parts = [decoder.feed(tail[:at]), decoder.feed(tail[at:]), decoder.flush()]
        assert together(parts) == whole


def test_a_pickled_decoder_goes_on(stream: bytes) -> None:
    at = len(stream) // 3
    decoder = Decoder()
    before = decoder.feed(stream[:at])
    moved = pickle.loads(pickle.dumps(decoder))
    assert together([before, moved.feed(stream[at:]), moved.flush()]) == decode(stream)


@pytest.mark.parametrize(
    ("prefix", "t_ms"),
    [
        (f"{T0_S} ", T0_MS),
        (f"{T0_S}.25 ", T0_MS + 250),
        (f"{T0_MS + 7};", T0_MS + 7),
        ("2023-11-14T22:13:20;", T0_MS),
        ("2023-11-14T22:13:20.5Z ", T0_MS + 500),
        ("2023-11-14 22:13:20, ", T0_MS),
        ("[2023-11-14 22:13:20] ", T0_MS),
    ],
)
def test_line_prefixes(nmea: Any, prefix: str, t_ms: int) -> None:
    decoded = one(nmea.feed(prefix + nmea.position()))
    assert decoded.fixes.t_ms.tolist() == [t_ms]
    assert not decoded.fixes.flags[0] & FixFlag.RECEIPT_TIME


@pytest.mark.parametrize("suffix", [f",r003669987,{T0_S}", f",x1,s2,d-111,T43.6,rB,{T0_S} "])
def test_coast_guard_suffix(nmea: Any, suffix: str) -> None:
    assert one(nmea.feed(nmea.position() + suffix)).fixes.t_ms.tolist() == [T0_MS]


def test_the_best_time_wins(nmea: Any) -> None:
    wrapper = nmea.pghp("1,2023,11,14,22,13,25,0,219,,2190067,1,62")
    line = f"{T0_S + 2};" + nmea.tag(f"c:{T0_S + 1}") + nmea.position()
    no_tag = f"{T0_S + 2};{nmea.position()},r1,{T0_S + 3}"
    no_prefix = f"{nmea.position()},r1,{T0_S + 3}"
    lines = [line, wrapper, no_tag, wrapper, no_prefix, wrapper, nmea.position(), nmea.position()]
    fixes = one(nmea.feed(*lines), received_ms=LATER_MS).fixes
    assert ((fixes.t_ms - T0_MS) // 1000).tolist() == [1, 2, 3, 5, 600_000]
    assert (fixes.flags & FixFlag.RECEIPT_TIME != 0).tolist() == [False] * 4 + [True]


@pytest.mark.parametrize("c", ["12415440354", "-1", "abc", "9" * 30, "2780328", "", "4200000000"])
def test_an_implausible_time_is_passed_over(nmea: Any, c: str) -> None:
    line = f"{T0_S};" + nmea.tag(f"s:r1,c:{c}") + nmea.position()
    decoded = one(nmea.feed(line))
    assert decoded.fixes.t_ms.tolist() == [T0_MS]
    assert bool(decoded.messages["flags"][0] & MessageFlag.TIME_UNTRUSTED) == (c != "")


def test_the_future_ends_a_day_after_receipt(nmea: Any) -> None:
    line = nmea.feed(nmea.tag(f"c:{T0_S}") + nmea.position())
    day_before, earlier = T0_MS - 86_400_000, T0_MS - 86_400_001
    assert one(line, day_before).fixes.t_ms.tolist() == [T0_MS]
    assert one(line, earlier).fixes.t_ms.tolist() == [earlier]


def test_a_recording_lends_its_last_time(nmea: Any) -> None:
    untimed = nmea.position()
    decoded = one(nmea.feed(untimed, f"{T0_S};{untimed}", untimed, nmea.voyage()[0]))
    assert decoded.fixes.t_ms.tolist() == [T0_MS, T0_MS]
    assert (decoded.fixes.flags & FixFlag.RECEIPT_TIME != 0).tolist() == [False, True]
    assert decoded.refused == {"no_time": 1}
    assert len(decoded.messages) == 3


def test_tag_block_that_fails_gives_nothing(nmea: Any) -> None:
    line = f"\\s:r9,c:{T0_S}*00\\" + nmea.position()
    stations = Stations()
    decoded = Decoder("pier", stations).feed(nmea.feed(line), LATER_MS)
    assert decoded.fixes.t_ms.tolist() == [LATER_MS]
    assert stations.name(int(decoded.fixes.station[0])) == "pier"
    assert decoded.messages["flags"][0] & MessageFlag.TAGBLOCK_UNTRUSTED


def test_stations_share_one_table(nmea: Any) -> None:
    stations = Stations()
    lines = [nmea.tag(f"s:{name},c:{T0_S}") + nmea.position() for name in ("a", "b", "a")]
    one_feed = Decoder("pier", stations).feed(nmea.feed(*lines, nmea.position()))
    other = Decoder("", stations).feed(nmea.feed(lines[1]))
    names = [stations.name(int(code)) for code in [*one_feed.fixes.station, *other.fixes.station]]
    assert names == ["a", "b", "a", "pier", "b"]


@pytest.mark.parametrize("group", ["g:{}-2-77", "{}G2:77"])
def test_groups_join_over_sources(nmea: Any, group: str) -> None:
    first, second = nmea.voyage()
    lines = [
        nmea.tag(f"s:r1,c:{T0_S},{group.format(1)}") + first,
        nmea.tag(group.format(2)) + second,
    ]
    statics = one(nmea.feed(*lines), LATER_MS).statics
    assert statics.t_ms.tolist() == [T0_MS]
    assert statics.destination.tolist() == [b"AARHUS"]


def test_parts_of_two_stations_stay_apart(nmea: Any) -> None:
    a, b = nmea.voyage(219000001, "AARHUS"), nmea.voyage(219000002, "BERGEN" * 3)
    lines = [
        nmea.tag(f"s:{name},c:{T0_S}") + part
        for name, part in [("r1", a[0]), ("r2", b[0]), ("r2", b[1]), ("r1", a[1])]
    ]
    statics = one(nmea.feed(*lines)).statics
    assert statics.mmsi.tolist() == [219000002, 219000001]
    assert statics.destination.tolist() == [b"BERGENBERGENBERGEN", b"AARHUS"]


def test_a_copied_part_waits_for_nobody(nmea: Any) -> None:
    a, b = nmea.voyage(219000001, "AARHUS HAVN LANGELINIE"), nmea.voyage(219000002, "B")
    decoder = Decoder()
    decoded = decoder.feed(nmea.feed(a[0], a[0], a[1], a[1], b[0]), LATER_MS)
    assert decoded.messages["mmsi"].tolist() == [219000001]
    assert decoded.refused == {"missing_fragment": 1, "orphan_fragment": 1}
    assert decoder.flush().refused == {"missing_fragment": 1}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize(("between", "joined"), [(15, 1), (16, 0)])
def test_parts_join_when_close(
    nmea: Any, order: tuple[int, int], between: int, joined: int
) -> None:
    parts = nmea.voyage()
    lines = [parts[order[0]], *[nmea.position()] * between, parts[order[1]]]
    assert len(one(nmea.feed(*lines), LATER_MS).statics) == joined


def test_ships_of_a_reused_number_stay_apart(nmea: Any) -> None:
    """Part 2 of one ship and, ten messages on, part 1 of another are lost."""
    ships = [nmea.voyage(219000001 + i, f"PORT{i}", sequence=i % 10) for i in range(11)]
    lines = [line for ship in ships for line in ship]
    del lines[20], lines[1]
    assert one(nmea.feed(*lines), LATER_MS).statics.mmsi.tolist() == [
        219000002 + i for i in range(9)
    ]


def test_parts_of_broken_tag_blocks_join_only_at_once_and_in_order(nmea: Any) -> None:
    a, b = nmea.voyage(219000001, "AARHUS"), nmea.voyage(219000002, "BERGEN")
    broken = f"\\s:r1,c:{T0_S}*00\\"

    def ships(*lines: str) -> list[int]:
        decoded: list[int] = one(nmea.feed(*lines), LATER_MS).statics.mmsi.tolist()
        return decoded

    assert ships(broken + a[0], broken + a[1]) == [219000001]
    assert ships(broken + a[0], nmea.position(), broken + b[1]) == []
    assert ships(broken + a[1], broken + b[0]) == []
    assert ships(broken + a[0], b[1]) == ships(a[0], broken + b[1]) == []


def test_parts_without_a_source_join_when_close_in_the_stream(nmea: Any) -> None:
    parts = nmea.voyage()
    tagged = nmea.tag(f"s:r1,c:{T0_S}") + nmea.position()
    for between, joined in ((15, 1), (16, 0)):
        lines = [parts[0], *[tagged] * between, parts[1]]
        assert len(one(nmea.feed(*lines), T0_MS).statics) == joined


@pytest.mark.parametrize(("seconds", "joined"), [(10, 1), (11, 0)])
def test_parts_grow_stale_by_event_time(nmea: Any, seconds: int, joined: int) -> None:
    first, second = nmea.voyage()
    lines = [nmea.tag(f"c:{T0_S}") + first, nmea.tag(f"c:{T0_S + seconds}") + second]
    decoded = one(nmea.feed(*lines))
    assert len(decoded.statics) == joined
    assert decoded.refused == ({} if joined else {"stale_fragment": 1})


def test_parts_grow_stale_by_receipt(nmea: Any) -> None:
    first, second = nmea.voyage()
    decoder = Decoder()
    decoder.feed(nmea.feed(first), T0_MS)
    assert len(decoder.feed(nmea.feed(second), T0_MS + 10_001).statics) == 0


def test_a_flood_of_orphans_is_bounded_and_counted(nmea: Any) -> None:
    flood = [
        nmea.tag(f"s:f{i % 3000},g:1-2-{i}") + nmea.sentence(f"AIVDM,2,1,{i % 10},A,{'1' * 56},0")
        for i in range(20_000)
    ]
    data = nmea.feed(*flood)
    decoder = Decoder()
    decoder.feed(nmea.feed(nmea.position()), T0_MS)
    tracemalloc.start()
    refused: Counter[str] = Counter()
    for at in range(0, len(data), 65_536):
        refused += Counter(decoder.feed(data[at : at + 65_536], T0_MS).refused)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    refused += Counter(decoder.flush().refused)
    assert refused == {"missing_fragment": 20_000}
    assert grown < 2_000_000
    first, second = nmea.voyage()
    assert len(decoder.feed(nmea.feed(first, second), T0_MS).statics) == 1


def test_more_messages_than_the_row_buffer(nmea: Any) -> None:
    lines = [f"{T0_S + i};{nmea.position(219000000 + i)}" for i in range(1, 500)] * 40
    fixes = one(nmea.feed(*lines)).fixes
    assert fixes.mmsi.tolist() == [219000000 + i for i in range(1, 500)] * 40
    assert np.array_equal(fixes.t_ms, T0_MS + (fixes.mmsi.astype(np.int64) - 219000000) * 1000)


def test_nothing_is_no_error() -> None:
    decoder = Decoder()
    assert together([decoder.feed(b""), decoder.feed(b"\n"), decoder.flush()]) == together(
        [Decoded()]
    )


def test_a_wrapper_without_milliseconds_lends_nothing_to_the_next(nmea: Any) -> None:
    """The text up to the milliseconds is remembered; here none ends it."""
    cut, whole = nmea.pghp("1,2023,11,14,22,13,2"), nmea.pghp("1,2023,11,14,22,13,20,0,219,,2,1,62")
    near = nmea.pghp("1,2023,11,14,22,13,21,5,219,,2,1,62")
    lines = [whole, cut, nmea.position(), whole, nmea.position(), near, nmea.position()]
    decoded = one(nmea.feed(*lines), received_ms=LATER_MS)
    assert (decoded.fixes.t_ms - T0_MS).tolist() == [LATER_MS - T0_MS, 0, 1005]
    assert decoded.messages["flags"][0] & MessageFlag.TIME_UNTRUSTED


@pytest.mark.parametrize("size", [*range(1, 36), 500])
def test_the_end_of_the_data_may_lie_anywhere(nmea: Any, size: int) -> None:
    """Searches look 32 bytes ahead: neither the data's end nor what follows it matters."""
    line = nmea.feed(nmea.position())
    data = b"\n" * size + line
    decoder = Decoder()
    for piece in (line * 3, data, line[:size], line[size:], data[size:]):
        decoder.feed(piece, LATER_MS)
    assert one(data, LATER_MS).messages.tolist() == one(line, LATER_MS).messages.tolist()
    assert len(decoder.feed(data + line, LATER_MS).messages) == 2


@pytest.mark.parametrize("received", [T0_S, -5, T0_MS + 0.5, float(T0_MS), 10**20, True, "now"])
def test_a_moment_of_receipt_is_in_whole_milliseconds(nmea: Any, received: Any) -> None:
    decoder = Decoder()
    for call in (decoder.flush, lambda ms: decoder.feed(nmea.feed(nmea.position()), ms)):
        with pytest.raises(UsageError) as caught:
            call(received)
        assert caught.value.where == "received_ms" and "milliseconds" in caught.value.what
    fixes = decoder.feed(nmea.feed(nmea.position()), np.int64(T0_MS)).fixes
    assert fixes.t_ms.tolist() == [T0_MS]
