"""The set of bad streams through decoder, order and fold: points, duplicates, notices, no alert."""

from pathlib import Path
from typing import Any

import numpy as np
from pyproj import Geod

from cablewatch.ais import Decoder
from cablewatch.cables.model import load_cables
from cablewatch.engine.transitions import NOTICES
from cablewatch.fixes import Fixes, Stations
from cablewatch.pipeline import Pipeline

from .ais.test_bad import RECEIVED_MS, cases, chunks

NOTICED = {
    "BN218o": "station_clock_skew",
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
        jumps = counts.get("jump", 0)
        got: dict[str, Any] = {
            "points": len(fixes) - jumps,
            "points_live": len(fixes),  # without what came too late
            "duplicates": counts.get("duplicate", 0),
            "outliers": jumps,
            "vessel_tracks": len(fixes) - counts.get("not_ship", 0),
            "tracks": 1 + ("mmsi_shared" in notices),
            "ordered": bool((np.diff(fixes.t_ms) >= 0).all()),
            "alerts": alerts,
            "alerts_loitering": alerts,
        }
        wrong = {k: (got[k], n) for k, n in track.items() if k != "max_step_m" and got[k] != n}
        if steps_m(fixes).max(initial=0) > track.get("max_step_m", np.inf):
            wrong["max_step_m"] = (steps_m(fixes), track["max_step_m"])
        if case["id"] in NOTICED and NOTICED[case["id"]] not in notices:
            wrong["notices"] = (notices, NOTICED[case["id"]])
        if wrong:
            found[f"{case['id']} {case['name']}"] = wrong
    assert found == {}


def steps_m(fixes: Fixes) -> Any:
    here, there = slice(None, -1), slice(1, None)
    lon, lat = fixes.lon_deg, fixes.lat_deg
    return Geod(ellps="WGS84").inv(lon[here], lat[here], lon[there], lat[there])[2]


def test_disorder_gives_the_track_of_order(shared: Path) -> None:
    case = next(case for case in cases(shared) if case["id"] == "BN214o")
    in_order = {**case, "input": sorted(case["input"], key=lambda line: line.partition("!")[0])}
    assert in_order["input"] != case["input"]
    for one, other in zip(played(case)[0].columns(), played(in_order)[0].columns(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_every_notice_that_the_set_asks_for_is_given(shared: Path) -> None:
    by_id = {case["id"]: case for case in cases(shared)}
    for case_id, notice in NOTICED.items():
        assert notice in by_id[case_id]["expected"]["flags"]
        assert notice in played(by_id[case_id])[1], case_id


def test_a_clock_two_days_slow_reaches_no_rule(shared: Path) -> None:
    case = next(case for case in cases(shared) if case["id"] == "BN218o")
    fixes, _, counts, alerts = played(case)
    assert (len(fixes), alerts) == (3, 0)
    assert (counts.get("station_clock_skew"), counts.get("late")) == (1, None)
