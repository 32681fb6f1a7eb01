"""The set of bad sentences and streams: outcome, messages, reason and flags of each case."""

import json
import re
from collections import Counter
from functools import cache, reduce
from pathlib import Path
from typing import Any

import pytest

from cablewatch.ais import Decoded, Decoder, MessageFlag
from cablewatch.fixes import Stations

RECEIVED_MS = 1_732_100_000_000  # a day after the newest tag block of the set

TRACK_FLAGS = {
    "station_clock_skew",
    "jump",
    "mmsi_shared",
    "gnss_interference_suspect",
    "position_speed_conflict",
}
"""Judged by order and engine, where tests/test_bad_tracks.py asks for them."""

UNSEEN_FLAGS = {"plausibility_check_needed"}
"""Of BN013o (should): the sentence is BN001o to the letter, which is to be accepted without. The
engine takes no single message for a ship, and a jump from her track for no fix of hers."""

FACTS = {"no_rot", "no_heading", "own_ship"}
"""What a message lacks or is, no doubt; the set names them only where they are its point."""
OTHER_DOUBTS = {
    "BN084o": {"time_untrusted"},  # the wrapper gave a time, if a broken one
    "BN133o": {"mmsi_default"},  # 123456789
    "BN181o": {"status_speed_conflict"},  # the message of BN180o: moored at 20 knots
}
"""Flags beside those that the set asks for, and why."""

OTHER_REFUSALS = {
    "BN032o": {"not_ais": 1},  # the garbage
    "BN037o": {"too_long": 1},  # the endless line
    "BN080o": {"not_ais": 1},  # the plain text
    "BN081o": {"not_ais": 1},  # the JSON line
    "BN108o": {"not_ais": 1},  # $--VSI
    "BN109o": {"not_ais": 1},  # $--VSI
    "BN117o": {"orphan_fragment": 1},  # both parts wait in vain
    "BN120o": {"orphan_fragment": 1},
    "BN122o": {"bad_checksum": 1, "orphan_fragment": 1},  # the first part that is lost
    "BN124o": {"orphan_fragment": 1},  # the other ship's part
    "BN125o": {"missing_fragment": 1},  # the part that was replaced
    "BN130o": {"missing_fragment": 1},  # the part whose other is damaged
    "BN132o": {"not_ais": 1},  # the sentence of the GNSS
    "BN232o": {"no_checksum": 1},  # the cut sentence
    "BN236o": {"not_ais": 6},  # lines of the packed bytes
}
"""Refusals beside the reason that the set gives, and of what."""

WRONG_SUM = {"BN038o": 0x6F, "BN076o": 0x78, "BN145o": 0x68}
"""Cases that ask for acceptance although the checksum sent is not the XOR, given here, of their
characters. They are refused as ``bad_checksum``, as BN078o (must) asks for the same form, and give
what the set expects once the sum is right."""


@cache
def cases(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "bad" / "bad_nmea.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def chunks(case: dict[str, Any]) -> list[bytes]:
    given = case["input"]
    match case["input_kind"]:
        case "line":
            return [(given + "\r\n").encode("latin-1")]
        case "lines":
            return ["".join(line + "\r\n" for line in given).encode("latin-1")]
        case "bytes":
            return [given.encode("latin-1")]
        case "parts":
            return ["".join(text * repeat for text, repeat in given).encode("latin-1")]
        case _:
            return [chunk.encode("latin-1") for chunk in given]


def run(case: dict[str, Any]) -> list[Decoded]:
    decoder = Decoder()
    fed = [decoder.feed(chunk, received_ms=RECEIVED_MS) for chunk in chunks(case)]
    return [*fed, decoder.flush(received_ms=RECEIVED_MS)]


def faults(case: dict[str, Any]) -> list[str]:
    """What a case expects and does not get."""
    expected, parts = case["expected"], run(case)
    messages = [m for part in parts for m in part.messages]
    refused = sum((Counter(part.refused) for part in parts), Counter())
    flags = reduce(lambda a, m: a | int(m["flags"]), messages, 0)
    names = {flag.name.lower() for flag in MessageFlag if flag & flags}
    got = [(int(m["type"]), int(m["mmsi"])) for m in messages]
    wanted = [(m["type"], m["mmsi"]) for m in expected["messages"]]
    found = [] if got == wanted else [f"messages {got}, expected {wanted}"]
    if expected["outcome"] == "accept_flag":
        missing = set(expected["flags"]) - TRACK_FLAGS - UNSEEN_FLAGS - names
        found += [f"flag {name} missing in {names}" for name in missing]
    doubts = names - FACTS - set(expected.get("flags", ()))
    if doubts != OTHER_DOUBTS.get(case["id"], set()):
        found.append(f"flags {doubts} beside the expected ones")
    if "reason" in expected and not refused[expected["reason"]]:
        found.append(f"{expected['reason']} not counted in {dict(refused)}")
    others = {reason: n for reason, n in refused.items() if reason != expected.get("reason")}
    if others != OTHER_REFUSALS.get(case["id"], {}):
        found.append(f"refused beside {expected.get('reason')}: {others}")
    destinations = [m["destination"] for m in expected["messages"] if "destination" in m]
    texts = [bytes(d).decode() for part in parts for d in part.statics.destination]
    if destinations and texts[: len(destinations)] != destinations:
        found.append(f"destinations {texts}, expected {destinations}")
    fixes = sum(len(part.fixes) for part in parts)
    if expected.get("track", {}).get("points") == 0 and fixes:
        found.append(f"{fixes} fixes, expected none")
    return found


@pytest.mark.parametrize("policy", ["must", "should"])
def test_all_cases(policy: str, shared: Path) -> None:
    selected = [c for c in cases(shared) if c["expected"]["policy"] == policy]
    assert selected
    failed = {f"{c['id']} {c['name']}": faults(c) for c in selected if c["id"] not in WRONG_SUM}
    assert not {name: found for name, found in failed.items() if found}


@pytest.mark.parametrize("case_id", WRONG_SUM)
def test_wrong_sums_are_refused_and_right_ones_accepted(case_id: str, shared: Path) -> None:
    case = next(c for c in cases(shared) if c["id"] == case_id)
    sentence, sent = re.fullmatch(r"!([^*]*)\*(\w\w).*", case["input"]).groups()
    computed = reduce(lambda x, c: x ^ ord(c), sentence, 0)
    assert computed == WRONG_SUM[case_id] != int(sent, 16)
    refused = run(case)
    assert refused[0].refused == {"bad_checksum": 1}
    right = case | {"input": case["input"].replace(f"*{sent}", f"*{computed:02X}")}
    assert faults(right) == []


def test_times_of_tag_blocks(shared: Path) -> None:
    by_id = {c["id"]: c for c in cases(shared)}
    assert run(by_id["BN096o"])[0].fixes.t_ms.tolist() == [1_567_684_904_123]
    assert run(by_id["BN098o"])[0].fixes.t_ms.tolist() == [1_425_327_399_500]
    joined = run(by_id["BN110o"])[0].statics
    assert joined.t_ms.tolist() == [1_567_685_556_000]
    broken_wrapper = run(by_id["BN084o"])[0].fixes
    assert broken_wrapper.t_ms.tolist() == [RECEIVED_MS]


def test_what_the_notes_of_the_set_say(shared: Path) -> None:
    by_id = {c["id"]: c for c in cases(shared)}
    stations = Stations()
    Decoder(stations=stations).feed(chunks(by_id["BN110o"])[0], received_ms=RECEIVED_MS)
    assert stations.name(1) == "stn0"  # the note says 99; the source of the whole message
    assert run(by_id["BN182o"])[0].statics.ship_type.tolist() == [0]
    assert run(by_id["BN184o"])[0].statics.name.tolist() == [b""]
    assert b"<" in run(by_id["BN188o"])[0].statics.destination[0]  # stored as sent
    unbuffered = Decoder()
    unbuffered.feed(chunks(by_id["BN049o"])[0], received_ms=RECEIVED_MS)
    assert unbuffered.flush().refused == {}


def test_every_field_of_the_set_is_asked_for(shared: Path) -> None:
    fields = {name for case in cases(shared) for name in case["expected"]}
    assert fields == {"outcome", "messages", "policy", "reason", "flags", "note", "track"}
    assert len(cases(shared)) == 177


def test_a_mebibyte_of_line_is_dropped_in_any_cut(shared: Path) -> None:
    case = next(c for c in cases(shared) if c["name"] == "overlong_line_1MB")
    data = chunks(case)[0]
    decoder = Decoder()
    total: Counter[str] = Counter()
    for at in range(0, len(data), 4096):
        total += Counter(decoder.feed(data[at : at + 4096]).refused)
        assert len(decoder._cut) <= 1024
    assert total == {"too_long": 1}
