"""Made scenes, one for each piece of evidence and each reason why not."""

import math
from pathlib import Path

import pytest
import shapely

from cablewatch.alerts.model import Evidence
from cablewatch.cables.model import load_cables
from cablewatch.context.places import Place, Places
from cablewatch.context.surroundings import Surroundings
from cablewatch.fixes import Fixes
from cablewatch.investigation import passages
from cablewatch.investigation.line import Line
from cablewatch.investigation.ranking import Suspect
from cablewatch.usecases.investigate import Investigation, Question, investigate
from tests.investigation.scenes import (
    EAST,
    NORTH,
    Ship,
    archive,
    asked,
    at,
    cables,
    degree_m,
    eastward,
    west_of,
)

A, B, C = 219000001, 219000002, 219000003


def term(suspect: Suspect, name: str) -> Evidence:
    return next(e for e in suspect.evidence if e.name == name)


def reasons(found: object) -> dict[int, str]:
    return {c.mmsi: c.reason for c in found.findings.why_not}  # type: ignore[attr-defined]


def test_a_crossing_has_time_place_angle_and_speeds(tmp_path: Path) -> None:
    (ship,) = asked(tmp_path, [eastward(A, name="ANNA")]).findings.suspects
    passage = ship.passage
    assert (ship.mmsi, ship.name, passage.how) == (A, "ANNA", "seen")
    assert abs(passage.t_ms - at("10:00")) < 2000
    assert passage.km == pytest.approx(
        Line(load_cables(tmp_path / "cables.geojson")[0]).nearest(EAST, 56.0)[0], abs=0.01
    )
    assert passage.angle_deg == pytest.approx(90.0, abs=1.0)
    assert [passage.before_kn, passage.at_kn, passage.after_kn] == pytest.approx([12.0] * 3)
    assert term(ship, "own_speed").value == pytest.approx(1.0)
    assert term(ship, "own_speed").contribution == pytest.approx(math.log(0.05 / 0.90), abs=1e-4)
    assert ship.track[0][2] < passage.t_ms < ship.track[-1][2]
    assert ship.score == pytest.approx(sum(e.contribution for e in ship.evidence))


def test_the_nearer_to_the_fault_the_higher(tmp_path: Path) -> None:
    ships = [eastward(A, lat=56.0), eastward(B, lat=56.05), eastward(C, lat=56.3)]
    found = asked(tmp_path, ships).findings.suspects
    assert [s.mmsi for s in found] == [A, B, C]
    place = [term(s, "place") for s in found]
    assert place[0].value == pytest.approx(0.0, abs=0.1)
    assert place[1].value == pytest.approx(5.6, abs=0.1)
    assert place[2].contribution == pytest.approx(math.log(0.01), abs=0.01)  # bounded: doubt


def test_all_uncertainties_add_up(tmp_path: Path) -> None:
    (ship,) = asked(tmp_path, [eastward(A)], place="60.7").findings.suspects
    sure = term(ship, "place").contribution
    (ship,) = asked(tmp_path, [eastward(A)], place="60.7", error_km=10.0).findings.suspects
    doubtful = term(ship, "place").contribution
    (ship,) = asked(tmp_path, [eastward(A)], place="60.7", off_m=8000.0).findings.suspects
    schematic = term(ship, "place").contribution
    length_km = Line(load_cables(tmp_path / "cables.geojson")[0]).length_km
    off_km = abs(ship.passage.km - 60.7)
    for sigma_km, said in ((1.0003, sure), (5.0001, doubtful), (math.hypot(4.0, 1.0), schematic)):
        normal = math.exp(-0.5 * (off_km / sigma_km) ** 2) / (sigma_km * math.sqrt(2 * math.pi))
        assert said == pytest.approx(math.log(0.01 + 0.99 * length_km * normal), abs=0.02)
    assert sure < schematic < 1.2 * doubtful


def test_a_flat_crossing_tells_the_place_less_well(tmp_path: Path) -> None:
    flat = Ship(B, 17.95, 55.8).sail(300, 8.0, 10.0)  # leaves the line on the other side
    window = ("00:00", "06:00")
    upright = Ship(A, 17.5, 55.95).sail(300, 8.0, 90.0)
    found = {
        s.mmsi: s for s in asked(tmp_path, [flat, upright], window, off_m=2000).findings.suspects
    }
    assert found[A].passage.angle_deg > 80.0 and found[B].passage.angle_deg < 15.0
    assert term(found[B], "angle").contribution == 0.0
    assert "less certain" in term(found[B], "angle").text
    said = {mmsi: term(found[mmsi], "place").text for mmsi in (A, B)}
    sigma = {
        mmsi: float(text.split("one sigma ")[1].split(" km")[0]) for mmsi, text in said.items()
    }
    assert sigma[A] == pytest.approx(math.hypot(1.0, 1.0), abs=0.1)
    assert sigma[B] > 4.0


def test_a_ship_at_seven_tenths_of_her_own_speed_stands_first(tmp_path: Path) -> None:
    slow = Ship(B, west_of(56.0, 9.0, 12.0) - 8.4 / 12.0 * (EAST - west_of(56.0, 1.0, 12.0)), 56.0)
    slow.sail(540, 12.0, 90.0).sail(120, 8.4, 90.0)  # an hour before the line and one after
    found = asked(tmp_path, [eastward(A), slow], place=None).findings.suspects
    assert [s.mmsi for s in found] == [B, A]
    said = term(found[0], "own_speed")
    assert said.value == pytest.approx(0.7, abs=0.01)
    assert said.contribution == pytest.approx(math.log(9.5), abs=1e-4)
    assert "70% of her own usual 12.0 kn" in said.text
    assert "no fault was located" in term(found[0], "place").text


def test_a_loss_of_speed_at_the_line_counts(tmp_path: Path) -> None:
    hooked = Ship(B, west_of(56.0, 10.0, 11.0), 56.0)
    hooked.sail(600, 11.0, 90.0).sail(8, 9.5, 90.0).sail(60, 11.2, 90.0)
    found = asked(tmp_path, [eastward(A, 11.0), hooked]).findings.suspects
    assert [s.mmsi for s in found] == [B, A]
    assert term(found[0], "speed_drop").value == pytest.approx(1 - 9.5 / 11.0, abs=1e-3)
    assert term(found[0], "speed_drop").contribution == pytest.approx(
        math.log(0.5 / 0.15), abs=1e-4
    )
    assert term(found[1], "speed_drop").contribution == pytest.approx(
        math.log(0.5 / 0.85), abs=1e-4
    )


def test_an_hour_of_habit_is_needed(tmp_path: Path) -> None:
    new = Ship(A, 17.9, 56.0, start="09:30").sail(60, 12.0, 90.0)
    (ship,) = asked(tmp_path, [new]).findings.suspects
    assert math.isnan(term(ship, "own_speed").value)
    assert "not known" in term(ship, "own_speed").text


def across_unheard(mmsi: int) -> Ship:
    """Silent from half an hour before the line to half an hour after it, at 10:00."""
    ship = Ship(mmsi, west_of(56.0, 10.0, 12.0), 56.0)
    return ship.sail(570, 12.0, 90.0).sail(60, 12.0, 90.0, quiet=True).sail(60, 12.0, 90.0)


def back_unheard(mmsi: int, quiet: int, hours: float = 10.5) -> Ship:
    """Comes up to half an hour before the line at 10:00, and turns back in a silence."""
    ship = Ship(mmsi, west_of(56.0, hours, 12.0), 56.0).sail(600, 12.0, 90.0)
    ship.sail(quiet // 2, 1.5, 90.0, quiet=True).sail(quiet // 2, 1.5, 270.0, quiet=True)
    return ship.sail(120, 12.0, 270.0)


def test_a_silence_over_the_line_is_a_crossing_along_a_stretch(tmp_path: Path) -> None:
    (ship,) = asked(tmp_path, [across_unheard(A)]).findings.suspects
    passage = ship.passage
    assert passage.how == "inferred"
    assert passage.first_ms < passage.t_ms < passage.last_ms
    assert passage.low_km < passage.km < passage.high_km
    assert passage.made_good_kn == pytest.approx(12.0, abs=0.3)
    assert term(ship, "passage").contribution == 0.0
    assert term(ship, "own_speed").value == pytest.approx(1.0, abs=0.03)
    assert "between km" in term(ship, "place").text


def test_a_slow_silence_over_the_line_is_evidence(tmp_path: Path) -> None:
    slow = Ship(B, west_of(56.0, 9.5, 12.0) - 0.7 * (EAST - west_of(56.0, 0.5, 12.0)), 56.0)
    slow.sail(570, 12.0, 90.0).sail(60, 8.4, 90.0, quiet=True).sail(60, 12.0, 90.0)
    found = asked(tmp_path, [across_unheard(A), slow]).findings.suspects
    assert [s.mmsi for s in found] == [B, A]
    assert (
        term(found[0], "own_speed").contribution
        > 2.0
        > 0.0
        > term(found[1], "own_speed").contribution
    )


def test_a_silence_with_time_for_the_line_and_back_may_hide_a_crossing(tmp_path: Path) -> None:
    ships = [back_unheard(A, 80), back_unheard(B, 40)]
    found = asked(tmp_path, ships, ("09:00", "12:00"))
    (ship,) = found.findings.suspects
    assert (ship.mmsi, ship.passage.how) == (A, "gap")
    assert term(ship, "passage").contribution == pytest.approx(math.log(0.05), abs=1e-4)
    assert at("10:25") < ship.passage.t_ms < at("10:55")  # half an hour there, half back
    assert reasons(found) == {B: "elsewhere"}


def test_a_ship_that_lies_still_in_a_silence_crosses_nothing(tmp_path: Path) -> None:
    ship = Ship(A, EAST - 0.05, 56.0).sail(300, 12.0, 90.0)
    ship = Ship(A, west_of(56.0, 5.5, 12.0), 56.0).sail(300, 12.0, 90.0).sail(240, 0.1, 0.0)
    ship.sail(90, 0.0, 0.0, quiet=True).sail(200, 0.1, 180.0)
    assert reasons(asked(tmp_path, [ship])) == {A: "at_rest"}


@pytest.mark.parametrize("course", [90.0, 270.0])
def test_a_ship_not_heard_again_is_a_suspect_where_her_course_meets_the_line(
    tmp_path: Path, course: float
) -> None:
    dark = Ship(A, west_of(56.0, 10.0, 12.0), 56.0)
    dark.sail(300, 12.0, 90.0).sail(270 if course == 90.0 else 10, 12.0, course)
    found = asked(tmp_path, [dark, eastward(B, lat=55.6)])
    assert found.findings.suspects[-1].mmsi == B or len(found.findings.suspects) == 2
    dark_ones = [s for s in found.findings.suspects if s.mmsi == A]
    if course == 270.0:
        assert dark_ones == [] and reasons(found) == {A: "not_in_window"}
        return
    (ship,) = dark_ones
    assert abs(ship.passage.t_ms - at("10:00")) < 60_000 and ship.passage.open_ended
    assert ship.passage.km == pytest.approx(55.7, abs=0.1)
    assert "not heard after" in term(ship, "passage").text


def test_a_ship_first_heard_behind_the_line_may_have_come_over_it(tmp_path: Path) -> None:
    late = Ship(A, 2 * EAST - west_of(56.0, 0.4, 12.0), 56.0, start="10:24").sail(90, 12.0, 90.0)
    (ship, _) = asked(tmp_path, [late, eastward(B, lat=55.6)]).findings.suspects
    assert ship.mmsi == A and ship.passage.open_ended
    assert "not heard before" in term(ship, "passage").text


def test_a_ship_inside_the_uncertainty_of_the_route_may_have_crossed(tmp_path: Path) -> None:
    beside = Ship(A, EAST - 1500.0 / degree_m(56.0), 55.6).sail(660, 6.0, 0.0)
    found = asked(tmp_path, [beside], off_m=2000)
    (ship,) = found.findings.suspects
    assert ship.passage.how == "near" and ship.passage.off_m == pytest.approx(1500.0, abs=20.0)
    chance = 0.5 * math.erfc(ship.passage.off_m / 1000.0 / math.sqrt(2.0))
    assert term(ship, "passage").value == pytest.approx(chance, abs=1e-3)
    found = asked(tmp_path, [beside], off_m=1000)
    assert found.findings.suspects == () and reasons(found) == {A: "elsewhere"}


def test_two_cables_are_two_questions(tmp_path: Path) -> None:
    lines = {"north": NORTH, "twin": [(18.5, 55.5), (18.5, 56.5)]}
    ships = [eastward(A), eastward(B, 4.0)]
    found = asked(tmp_path, ships, ("09:00", "11:00"), None, lines=lines)
    assert {s.mmsi for s in found.findings.suspects} == {A, B}
    found = asked(tmp_path, ships, ("09:00", "12:30"), None, lines=lines, cable="twin")
    assert {s.mmsi for s in found.findings.suspects} == {A}
    assert reasons(found) == {B: "elsewhere"}


def test_the_antimeridian_changes_nothing(tmp_path: Path) -> None:
    here, there = (tmp_path / name for name in ("here", "there"))
    here.mkdir()
    there.mkdir()
    ships = [across_unheard(A), eastward(B), back_unheard(C, 80)]
    plain = asked(here, ships, ("09:00", "12:00"), "18.02,56.0")
    for ship in (moved := [across_unheard(A), eastward(B), back_unheard(C, 80)]):
        ship.rows = [_moved(row) for row in ship.rows]
    turned = asked(there, moved, ("09:00", "12:00"), "-179.98,56.0", lines={"north": TURNED})
    assert [s.mmsi for s in turned.findings.suspects] == [s.mmsi for s in plain.findings.suspects]
    for one, other in zip(plain.findings.suspects, turned.findings.suspects, strict=True):
        assert one.score == pytest.approx(other.score, abs=2e-3)
        assert one.passage.km == pytest.approx(other.passage.km, abs=2e-3)
        assert abs(one.passage.t_ms - other.passage.t_ms) <= 1000


TURNED = [(180.0, 55.5), (180.0, 56.5)]  # NORTH, 162 degrees further east


def _moved(row: str) -> str:
    time, mmsi, lon, rest = row.split(",", 3)
    return f"{time},{mmsi},{(float(lon) + 162.0 + 180.0) % 360.0 - 180.0:.6f},{rest}"


def test_a_report_5_km_off_the_line_counts_with_its_offset(tmp_path: Path) -> None:
    place = f"{EAST + 5000.0 / degree_m(56.0):.5f},56.0"
    result = asked(tmp_path, [eastward(A), eastward(B, lat=56.2)], place=place)
    fault = result.case.fault
    assert fault is not None
    assert fault.offset_m == pytest.approx(5000.0, abs=5.0)
    assert fault.km == pytest.approx(55.7, abs=0.1)
    first, second = result.findings.suspects
    assert first.mmsi == A and "one sigma 5.1 km" in term(first, "place").text
    assert term(second, "place").value == pytest.approx(22.3, abs=0.2)


def test_why_not_has_a_reason_for_every_other_ship(tmp_path: Path) -> None:
    moored = Ship(219000011, EAST + 0.0005, 56.1).sail(720, 0.1, 45.0)
    elsewhere = Ship(219000012, 17.0, 55.8).sail(720, 5.0, 0.0)
    early = Ship(219000013, west_of(55.9, 5.0, 12.0), 55.9).sail(400, 12.0, 90.0)
    tug = eastward(219000014, lat=55.9, ship_type=52)
    once = Ship(219000015, 17.9, 56.0, start="10:00").sail(1, 9.0, 90.0)
    mute = Ship(219000016, 17.0, 55.9, speeds=False).sail(720, 5.0, 0.0)
    found = asked(tmp_path, [eastward(A), moored, elsewhere, early, tug, once, mute])
    assert [s.mmsi for s in found.findings.suspects] == [A]
    assert reasons(found) == {
        219000011: "at_rest",
        219000012: "elsewhere",
        219000013: "outside_window",
        219000014: "service",
        219000015: "too_few_fixes",
        219000016: "no_data",
    }
    texts = {c.mmsi: c.text for c in found.findings.why_not}
    assert "T05:00" in texts[219000013] and "tug" in texts[219000014]
    assert all(texts.values())


def test_what_lowered_an_alert_is_named_for_suspects_and_for_the_others(tmp_path: Path) -> None:
    """A ship goes to and fro over the line in an anchorage, before the window and in it."""
    waiting = Ship(A, EAST - 0.01, 56.0)
    for _ in range(6):
        waiting.sail(40, 1.0, 90.0).sail(40, 1.0, 270.0)
    waiting.sail(120, 8.0, 270.0)
    anchorage = Place("anchorage", "North Road", shapely.box(17.9, 55.9, 18.1, 56.1))
    routes = load_cables(cables(tmp_path, {"north": NORTH}, 1500))
    path = archive(tmp_path, [waiting])

    def asked_of(start: str, end: str) -> Investigation:
        question = Question("north", at(start), at(end))
        return investigate([path], question, routes, surroundings=Surroundings(Places([anchorage])))

    (why,) = asked_of("08:30", "09:30").findings.why_not
    assert why.reason == "outside_window"
    assert "her alert loitering (info) was lowered by anchorage" in why.text
    (suspect,) = asked_of("05:00", "07:00").findings.suspects
    alert = term(suspect, "alert")
    assert alert.contribution > 0.0 and "lowered by anchorage, which is not counted" in alert.text


def test_a_ship_without_speeds_that_crossed_is_ranked_by_her_positions(tmp_path: Path) -> None:
    (ship,) = asked(tmp_path, [eastward(A, speeds=False)]).findings.suspects
    assert ship.passage.how == "seen" and math.isnan(ship.passage.at_kn)
    assert math.isnan(term(ship, "speed_drop").value)


def test_a_type_that_was_disputed_hides_nobody(tmp_path: Path) -> None:
    tug = eastward(A, ship_type=52)
    half = len(tug.rows) // 2
    tug.rows = [*(row.replace(",52\n", ",70\n") for row in tug.rows[:half]), *tug.rows[half:]]
    (ship,) = asked(tmp_path, [tug]).findings.suspects
    assert ship.mmsi == A


def test_nobody_is_a_result(tmp_path: Path) -> None:
    found = asked(tmp_path, [Ship(A, 17.0, 55.6).sail(720, 5.0, 0.0)])
    assert found.findings.suspects == ()


def test_a_false_position_makes_no_passage(tmp_path: Path) -> None:
    ship = Ship(A, 17.0, 55.2).sail(720, 5.0, 0.0)
    row = ship.rows[600].split(",")
    ship.rows[600] = ",".join([*row[:2], "18.0005", *row[3:]])
    found = asked(tmp_path, [ship], off_m=2000)
    assert found.findings.suspects == () and reasons(found) == {A: "elsewhere"}


def test_the_nearest_point_is_that_of_all_fixes(tmp_path: Path) -> None:
    zigzag = Ship(A, 16.5, 56.2)
    for _ in range(6):
        zigzag.sail(50, 14.0, 60.0).sail(45, 9.0, 200.0)
    case = asked(tmp_path, [zigzag], ("00:00", "09:00"), None).case
    columns = [row.split(",") for row in zigzag.rows]
    track = Fixes.from_columns(
        t_ms=[at(row[0].removesuffix("Z")) for row in columns],
        mmsi=A,
        lon_deg=[float(row[2]) for row in columns],
        lat_deg=[float(row[3]) for row in columns],
    )
    closest = passages.approach(case, track)
    assert closest is not None
    inside = passages.within(track, case)
    places = zip(inside.lon_deg, inside.lat_deg, strict=True)
    every = [case.line.nearest(*place) for place in places]
    assert closest.off_m == min(off_m for _, off_m in every)
    assert closest.off_m > 1000.0
