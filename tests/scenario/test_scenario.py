"""The scenario as a file: sameness by seed, classes, and traffic as receivers hear it."""

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pyais
import pytest

from cablewatch.fixes import Array
from cablewatch.scenario import Scenario, make_scenario, traffic, voyages
from cablewatch.scenario import yi_peng_3 as yp
from cablewatch.scenario.log import CHUNK_ROWS
from cablewatch.scenario.reception import LATE_MAX_S, RECORDED_STATION, STATIONS

CLASS_A = (1, 3)


def digest(scenario: Scenario) -> str:
    found = hashlib.sha256()
    for chunk in scenario.nmea():
        found.update(chunk)
    return found.hexdigest()


def of_class(scenario: Scenario, kind: str) -> list[Array]:
    """Position reports of each ship of a class in time order, copies taken out."""
    rows = scenario.reports[np.isin(scenario.reports["kind"], (1, 3, 18))]
    found = []
    for mmsi, truth in scenario.truth.items():
        if truth.kind == kind:
            own = rows[rows["mmsi"] == mmsi]
            found.append(own[np.unique(own["t_s"], return_index=True)[1]])
    return found


def test_one_seed_one_file() -> None:
    small = {seed: digest(make_scenario(seed, background=12)) for seed in (0, 1)}
    assert digest(make_scenario(0, background=12)) == small[0]
    assert small[0] != small[1]


def test_a_ship_does_not_depend_on_the_number_of_others_in_her_class() -> None:
    few, more = make_scenario(5, background=3), make_scenario(5, background=6)
    first = [s.reports[s.reports["mmsi"] == traffic.FIRST_MMSI] for s in (few, more)]
    assert few.truth[traffic.FIRST_MMSI] == more.truth[traffic.FIRST_MMSI]
    assert np.array_equal(first[0]["lon_deg"], first[1]["lon_deg"])


def test_every_class_is_there(scenario: Scenario) -> None:
    kinds = Counter(truth.kind for truth in scenario.truth.values())
    assert set(kinds) == {*traffic.SHARES, "yi_peng_3"}
    assert kinds["yi_peng_3"] == 1
    assert sum(kinds.values()) == 61


def test_three_hundred_ships_by_share() -> None:
    kinds = Counter(traffic.composition(300))
    total = sum(share for share, _ in traffic.SHARES.values())
    for kind, (share, _) in traffic.SHARES.items():
        assert kinds[kind] == pytest.approx(300 * share / total, abs=1)


def test_only_yi_peng_3_drags(scenario: Scenario) -> None:
    dragging = {m: t for m, t in scenario.truth.items() if t.drag_start_ms is not None}
    assert list(dragging) == [yp.MMSI]
    truth = dragging[yp.MMSI]
    assert truth.crossings == {
        "bcs-east-west-interlink": 1_731_830_400_000,  # 17 November 2024, 08:00 UTC
        "c-lion1": 1_731_895_440_000,  # 18 November 2024, 02:04 UTC
    }
    start_ms, end_ms = truth.drag_start_ms, truth.drag_end_ms
    assert start_ms is not None and end_ms is not None
    assert all(start_ms < t < end_ms for t in truth.crossings.values())


def test_recorded_and_reconstructed_are_told_apart(scenario: Scenario) -> None:
    assert set(scenario.recorded) == set(scenario.reconstructed) == {yp.MMSI}
    (_, made_to), (from_ms, _) = scenario.reconstructed[yp.MMSI][0], scenario.recorded[yp.MMSI][0]
    assert made_to < from_ms
    on_recorded_station = scenario.reports["station"] == RECORDED_STATION
    times_ms = scenario.reports["t_s"][on_recorded_station] * 1000
    assert len(times_ms) == 24 and times_ms.min() == from_ms
    for word in ("Recorded: 24", "Reconstructed:", "Invented: the 60", "Danish Maritime Authority"):
        assert word in scenario.statement()


def test_all_sentences_are_read_by_an_independent_decoder(
    scenario: Scenario, tmp_path: Path
) -> None:
    path = tmp_path / "window.nmea"
    size = scenario.write(path)
    data = path.read_bytes()
    assert len(data) == size and data.endswith(b"\r\n")
    lines = data.split(b"\r\n")[:-1]
    assert len(scenario.reports) > CHUNK_ROWS  # the seams between chunks are in the file
    seen = np.random.default_rng(0).choice(len(lines), 1500, replace=False)
    names = {site[0] for site in STATIONS}
    for line in (lines[k] for k in sorted(seen)):
        tag, sentence = line.decode()[1:].split("\\")
        assert tag[2:8] in names
        if ",2,1," in sentence or ",2,2," in sentence:
            continue
        message = pyais.decode(sentence)
        assert message.mmsi in scenario.truth
        assert message.msg_type in (1, 3, 18, 24)


def test_a_message_in_the_file_is_the_report(scenario: Scenario) -> None:
    lines = next(iter(scenario.nmea())).split(b"\r\n")[:3000]
    read = [pyais.decode(line.split(b"\\")[2]) for line in lines if b"AIVDM,1,1" in line]
    positions = [message for message in read if message.msg_type != 24]
    rows = scenario.reports[np.isin(scenario.reports["kind"], (1, 3, 18))]
    for message, row in zip(positions, rows[: len(positions)], strict=True):
        assert (message.mmsi, message.msg_type) == (row["mmsi"], row["kind"])
        assert message.lon == pytest.approx(row["lon_deg"], abs=1.5e-6)
        assert message.lat == pytest.approx(row["lat_deg"], abs=1.5e-6)
        assert message.speed == pytest.approx(float(row["sog_kn"]), abs=0.0501)


def test_disorder_is_bounded(scenario: Scenario) -> None:
    received = scenario.reports["received_s"]
    late = np.maximum.accumulate(received) - received
    assert 0 < late.max() <= LATE_MAX_S + 1
    assert 0.001 < np.mean(np.diff(received) < 0) < 0.1


def test_intervals_are_those_of_an_archive(scenario: Scenario) -> None:
    moving = []
    for ship in of_class(scenario, "lane") + of_class(scenario, "yi_peng_3"):
        dt = np.diff(ship["t_s"])
        moving.append(dt[ship["sog_kn"][1:] > 3])
    dt = np.concatenate(moving)
    assert 9 <= np.median(dt) <= 15
    assert 20 <= np.percentile(dt, 99) <= 90
    assert np.any((dt > 60) & (dt <= 300))
    still = np.concatenate([np.diff(ship["t_s"]) for ship in of_class(scenario, "anchorage")])
    assert np.median(still) == pytest.approx(180, abs=15)


def test_some_reports_arrive_twice(scenario: Scenario) -> None:
    rows = scenario.reports[np.isin(scenario.reports["kind"], CLASS_A)]
    pairs = np.unique(np.stack([rows["mmsi"], rows["t_s"]]), axis=1).shape[1]
    assert 0.03 < 1 - pairs / len(rows) < 0.2
    lag = rows["received_s"] - rows["t_s"]
    assert set(np.unique(lag)) == {0, 1}


def test_a_third_of_those_who_lie_still_say_under_way() -> None:
    kept = [voyages.still_status(np.random.default_rng(seed), 1) for seed in range(600)]
    assert np.mean(np.array(kept) == 0) == pytest.approx(0.33, abs=0.06)


def test_receivers_that_are_down_hear_nobody(scenario: Scenario) -> None:
    r = scenario.reports[scenario.reports["station"] != RECORDED_STATION]
    for hole in voyages.OUTAGES:
        assert not np.any(hole.covers(r["t_s"], r["lon_deg"], r["lat_deg"]))


def test_ships_of_the_outage_class_have_a_gap(scenario: Scenario) -> None:
    longest = [np.diff(ship["t_s"]).max() for ship in of_class(scenario, "outage")]
    assert min(longest) > 900


def test_the_storm_takes_a_fifth_to_two_fifths_of_the_speed(scenario: Scenario) -> None:
    losses = []
    for ship in of_class(scenario, "storm"):
        inside = (ship["lon_deg"] > 16) & (ship["lon_deg"] < 19.5)
        blowing = (ship["t_s"] > voyages.STORM.start_s + 5400) & (
            ship["t_s"] < voyages.STORM.end_s - 5400
        )
        calm = (ship["t_s"] < voyages.STORM.start_s) | (ship["lon_deg"] < 15)
        if np.sum(inside & blowing) > 200 and np.sum(calm) > 200:
            free = ship["sog_kn"][calm].mean()
            losses.append(1 - ship["sog_kn"][inside & blowing].mean() / free)
    assert losses
    assert 0.12 < np.mean(losses) < 0.42


def test_fishing_boats_trawl_and_anchored_ships_stay(scenario: Scenario) -> None:
    for ship in of_class(scenario, "fishing"):
        assert np.mean((ship["sog_kn"] > 0.5) & (ship["sog_kn"] < 5)) > 0.3
    for ship in of_class(scenario, "anchorage"):
        assert np.percentile(ship["sog_kn"], 95) < 1.0
        assert np.ptp(ship["lat_deg"]) * 60 < 1.0


def test_names_and_numbers_are_of_no_real_ship(scenario: Scenario) -> None:
    invented = scenario.vessels[scenario.vessels["mmsi"] != yp.MMSI]
    assert np.all(invented["mmsi"] // 1_000_000 == 299)  # not assigned
    assert np.all(invented["imo"] == 0)
    assert all(name.startswith(b"DEMO ") for name in invented["name"])


def test_yi_peng_3_says_who_she_is(scenario: Scenario) -> None:
    own = scenario.vessels[scenario.vessels["mmsi"] == yp.MMSI][0]
    assert (own["imo"], own["name"]) == (9_224_984, b"YI PENG 3")
    assert own["to_bow_m"] + own["to_stern_m"] == 225
