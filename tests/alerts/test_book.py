"""The alert book: events of the fold, written by hand, and what they are called and say."""

import math
from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
import shapely

from cablewatch import pipeline
from cablewatch.alerts import suppression
from cablewatch.alerts.book import AlertBook, severity_of
from cablewatch.alerts.model import Alert
from cablewatch.alerts.wording.sentences import WORDS, sentence
from cablewatch.cables.model import Cable
from cablewatch.context.places import Place, Places
from cablewatch.context.surroundings import Surroundings
from cablewatch.engine import drag, identity, loiter
from cablewatch.engine.fold import NOTHING, RULES, Transitions
from cablewatch.engine.state import CORRIDOR, INFERRED, MAX_RATIOS, MAX_TERMS, NO_SPEED
from cablewatch.engine.transitions import (
    CLOSED,
    INTERFERENCE,
    NOTICE_DTYPE,
    RAISED,
    UPDATED,
)
from cablewatch.units import HOUR_MS, MINUTE_MS
from cablewatch.vessels import ship_classes
from cablewatch.vessels.register import Vessels
from cablewatch.vessels.statics import Statics

T0_MS = 1_731_801_600_000
SHIP = 219000001
WATCH, WARNING = math.log(0.2 / 0.8), 0.0


def cable(name: str, position_class: str = "surveyed") -> Cable:
    return Cable(
        id=name,
        name=name,
        kind="telecom",
        owner="",
        status="active",
        source="laid for a test",
        licence="CC0-1.0",
        position_class=position_class,
        position_uncertainty_m=100.0,
        protection_zone_m=1000.0,
        zone_basis="test",
        route=shapely.MultiLineString([[(0.0, 54.0), (0.0, 56.0)]]),
    )


CABLES = (cable("a"), cable("b", "schematic"), cable("c", "charted"))


def met(seconds: int, number: int, how: int = 0, **more: object) -> tuple[object, ...]:
    """A row of MET_DTYPE."""
    row = {"km": 12.5, "sog_ckn": 710, "angle_deg": 71, **more}
    return (
        T0_MS // 1000 + seconds,
        row["km"],
        number,
        row["sog_ckn"],
        row["angle_deg"],
        how,
    )


def event(
    rule: ModuleType = drag,
    minute: int = 40,
    what: int = RAISED,
    *,
    meetings: Sequence[tuple[object, ...]] = (),
    ahead: Sequence[tuple[int, float]] = (),
    **fields: object,
) -> Transitions:
    """One event of a ship at 10 knots, a minute after its last fix."""
    made = {name: np.zeros(1, rows.dtype) for name, rows in NOTHING._asdict().items()}
    shapes = {name: rows.shape[1:] for name, rows in NOTHING._asdict().items()}
    said = {name: np.zeros((1, *shapes[name]), rows.dtype) for name, rows in made.items()}
    row = said["events"]
    t_ms = T0_MS + minute * MINUTE_MS
    row["t_ms"], row["mmsi"], row["rule"], row["event"] = t_ms, SHIP, rule.RULE, what
    row["started_ms"], row["raised_ms"], row["last_ms"] = T0_MS, t_ms, t_ms - MINUTE_MS
    row["incident_rule"], row["next_cable"] = rule.RULE, ahead[0][0] if ahead else -1
    row["sog_kn"], row["lon"], row["lat"] = 10.0, 1.0, 55.0
    row["cables_n"], row["ahead_n"] = len(meetings), len(ahead)
    for k, meeting in enumerate(meetings):
        said["event_cables"][0, k] = meeting
    for k, next_one in enumerate(ahead):
        said["event_ahead"][0, k] = next_one
    for name, value in {"incident_ms": fields.get("started_ms", T0_MS), **fields}.items():
        row[name] = value
    empty = {"crossings", "notices", "tallies"}
    return Transitions(**{k: NOTHING._asdict()[k] if k in empty else v for k, v in said.items()})


def statics(ship_type: int, times: int = 2) -> Statics:
    """Messages of the ship that say its type, from ten minutes before its episode."""
    return Statics.from_columns(
        t_ms=T0_MS - 10 * MINUTE_MS + np.arange(times) * MINUTE_MS,
        mmsi=[SHIP] * times,
        ship_type=[ship_type] * times,
        name=["SHIP"] * times,
    )


def book(ship_type: int | None = None) -> AlertBook:
    vessels = Vessels()
    if ship_type is not None:
        vessels.update(statics(ship_type))
    return AlertBook(CABLES, vessels, lambda code: (f"s{code}", "all"), "cafe", "test")


def one(said: Transitions, of: AlertBook | None = None) -> Alert:
    (alert,) = (of or book()).take(said)
    return alert


# names


def test_an_id_is_of_rule_ship_and_start_alone() -> None:
    first = one(event())
    later = one(event(minute=90, what=UPDATED, log_odds=3.0, ahead=[(0, 5000.0)]))
    closed = one(event(minute=200, what=CLOSED))
    assert first.id == later.id == closed.id
    changed = [event(loiter), event(mmsi=SHIP + 1), event(started_ms=T0_MS + 1), event(track=1)]
    assert len({first.id, *(one(said).id for said in changed)}) == 5


def test_a_version_of_a_rule_is_part_of_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    before = one(event()).id
    monkeypatch.setattr(drag, "VERSION", "drag/test")
    assert one(event()).id != before
    assert one(event()).rule_version == "drag/test"


def test_versions_are_appended_each_as_it_was_said() -> None:
    of = book()
    said = [event(), event(minute=50, what=UPDATED, log_odds=1.0), event(minute=70, what=CLOSED)]
    versions = [one(part, of) for part in said]
    assert [v.state for v in versions] == ["open", "open", "closed"]
    assert [v.updated_ms - T0_MS for v in versions] == [m * MINUTE_MS for m in (40, 50, 70)]
    assert [v.ended_ms for v in versions] == [None, None, T0_MS + 70 * MINUTE_MS]
    assert versions[0].probability == 0.5
    assert versions[1].probability == pytest.approx(1.0 / (1.0 + math.exp(-1.0)))


# incidents


def test_an_incident_bears_the_name_of_its_first_alert() -> None:
    """The event says which: its rule and its start."""
    first = one(event())
    later = event(loiter, 300, started_ms=T0_MS + HOUR_MS, incident_rule=0, incident_ms=T0_MS)
    assert first.incident_id == first.id == one(later).incident_id != one(later).id
    assert one(event(track=1)).incident_id == one(event(track=1)).id != first.id


def test_the_book_carries_nothing_from_event_to_event() -> None:
    """But notices: a run that goes on from a snapshot of the engine has another book."""
    of = book()
    said = [event(), event(minute=50, what=UPDATED, log_odds=1.0), event(minute=70, what=CLOSED)]
    assert [one(part, of) for part in said] == [one(part) for part in said]


# misled receivers and identities


def noticed(*minutes: int) -> Transitions:
    rows = [(T0_MS + minute * MINUTE_MS, SHIP, INTERFERENCE) for minute in minutes]
    return NOTHING._replace(notices=np.array(rows, NOTICE_DTYPE))


MISLED = ("gnss_interference",)


def test_a_misled_receiver_lowers_however_the_input_is_cut() -> None:
    """Notices of much later stand in the same step as the event."""
    late = noticed(30, 900)
    assert one(event()._replace(notices=late.notices)).suppressed_by == MISLED
    of = book()
    of.take(noticed(30))
    assert one(event(), of).suppressed_by == MISLED


@pytest.mark.parametrize(
    ("notice", "lowers"), [(-31, False), (-30, True), (60, True), (71, False), (140, False)]
)
def test_what_misleads_a_receiver_later_did_not_make_the_alert(notice: int, lowers: bool) -> None:
    """Raised at minute 40, said again at 130."""
    of = book()
    of.take(noticed(notice))
    later = event(minute=130, what=UPDATED, raised_ms=T0_MS + 40 * MINUTE_MS)
    assert one(later, of).suppressed_by == (MISLED if lowers else ())


def test_notices_are_forgotten_after_a_week() -> None:
    of = book()
    for day in range(40):
        of.take(noticed(day * 1440)._replace(events=event(minute=day * 1440).events[:0]))
    assert sum(map(len, of.misled.values())) == 8


def test_only_what_the_rule_counts_is_told_as_in_turns() -> None:
    """Two spellings of a name take turns in the register, and are one name to the rule."""
    of = book()
    of._vessels.update(
        Statics.from_columns(
            t_ms=T0_MS + np.arange(4) * MINUTE_MS,
            mmsi=[SHIP] * 4,
            name=["ANNA MAERSK", "ANNA MAERSX"] * 2,
        )
    )
    counted = [0.0] * MAX_TERMS
    assert "name_in_turns" not in evidence(one(event(identity, value=counted), of))
    counted[2] = 2.0
    assert "name_in_turns" in evidence(one(event(identity, value=counted), of))


# severity


@pytest.mark.parametrize(
    ("probability", "expected"),
    [(0.11, "info"), (0.199, "info"), (0.201, "watch"), (0.499, "watch"), (0.501, "warning")],
)
def test_bands_of_severity(probability: float, expected: str) -> None:
    odds = math.log(probability / (1.0 - probability))
    assert severity_of(odds, "anchor_drag", soon=False) == expected
    assert severity_of(odds, "loitering", soon=True) == expected


def test_a_drag_is_critical_once_a_cable_was_crossed_or_near() -> None:
    """Of the rule `drag` and of probability 0.5 or more."""
    assert one(event()).severity == "warning"
    assert one(event(soon=1)).severity == "critical"
    assert one(event(what=CLOSED, soon=1)).severity == "critical"
    assert one(event(soon=1, log_odds=-0.1)).severity == "watch"
    assert one(event(loiter, soon=1, log_odds=1.0)).severity == "warning"


# what is told


def test_next_cables_are_told_with_time_from_the_last_fix() -> None:
    alert = one(event(ahead=[(2, 18_520.0), (0, 37_040.0)]))
    assert [(c.id, c.distance_m) for c in alert.next_cables] == [("c", 18_520.0), ("a", 37_040.0)]
    last_ms = T0_MS + 39 * MINUTE_MS
    etas = [c.eta_ms - last_ms for c in alert.next_cables]
    assert etas == pytest.approx([HOUR_MS, 2 * HOUR_MS], abs=1000)


def test_meetings_are_crossings_and_the_corridors_of_lines_not_crossed() -> None:
    rows = [
        met(300, 0),
        met(600, 0, INFERRED, sog_ckn=NO_SPEED, km=13.0),
        met(700, 0, CORRIDOR),
        met(100, 2, CORRIDOR, angle_deg=0, km=3.0),
    ]
    alert = one(event(meetings=rows))
    assert [(c.id, c.km, c.t_ms - T0_MS) for c in alert.cables] == [
        ("c", 3.0, 100_000),
        ("a", 12.5, 300_000),
        ("a", 13.0, 600_000),
    ]
    assert [c.inferred for c in alert.cables] == [False, False, True]
    assert [c.angle_deg for c in alert.cables[1:]] == [71.0, 71.0]
    assert math.isnan(alert.cables[0].angle_deg)
    assert alert.cables[1].sog_kn == 7.1 and math.isnan(alert.cables[2].sog_kn)


def test_confidence_is_that_of_the_worst_route_named() -> None:
    assert one(event()).geometry_confidence == "none"
    assert one(event(meetings=[met(0, 0)])).geometry_confidence == "surveyed"
    assert one(event(meetings=[met(0, 0), met(1, 2, CORRIDOR)])).geometry_confidence == "charted"
    assert one(event(ahead=[(0, 1.0), (1, 2.0)])).geometry_confidence == "surveyed"
    assert one(event(ahead=[(1, 1.0), (0, 2.0)])).geometry_confidence == "schematic"


def test_a_closed_alert_keeps_the_confidence_of_the_cable_last_next() -> None:
    closed = one(event(what=CLOSED, next_cable=2))
    assert closed.next_cables == () and closed.geometry_confidence == "charted"


def test_stations_are_named_once_and_sorted() -> None:
    codes = np.array([[7, 3, 0, 0, 0, 0, 0, 0]])
    assert one(event(stations=codes)).stations == ("all", "s3", "s7")


# suppression


def evidence(alert: Alert) -> dict[str, float]:
    return {term.name: term.contribution for term in alert.evidence}


@pytest.mark.parametrize(
    ("ship_type", "kind", "expected"),
    [
        (52, drag, ("tug",)),
        (52, loiter, ("tug",)),
        (33, loiter, ("dredger",)),
        (30, loiter, ("fishing",)),
        (31, drag, ("tug",)),
        (34, drag, ("diving",)),
        (30, drag, ()),
        (70, loiter, ()),
    ],
)
def test_what_lowers_a_score_is_one_of_its_terms(
    ship_type: int, kind: ModuleType, expected: tuple[str, ...]
) -> None:
    terms = np.zeros((1, MAX_RATIOS), "f4")
    terms[0, :2] = -kind.PRIOR, 1.0
    alert = one(event(kind, log_odds=1.0, ratio=terms), book(ship_type))
    assert alert.suppressed_by == expected
    lowered = [term for term in alert.evidence if term.name in expected]
    assert [term.contribution for term in lowered] == [pytest.approx(-math.log(20.0))] * len(
        expected
    )
    assert all(term.value == ship_type and str(ship_type) in term.text for term in lowered)
    odds = math.log(alert.probability / (1.0 - alert.probability))
    assert odds == pytest.approx(sum(evidence(alert).values()), abs=1e-5)
    assert alert.severity == ("info" if expected else "warning")


def test_a_disputed_type_lowers_nothing() -> None:
    of = book(52)
    of._vessels.update(replace(statics(70, 1), t_ms=np.array([T0_MS + 5 * MINUTE_MS])))
    assert one(event(), of).suppressed_by == ()
    assert one(event(minute=2), of).suppressed_by == ("tug",)


def test_a_type_said_since_the_alert_was_raised_lowers_nothing() -> None:
    of = book()
    raised_ms = T0_MS + 40 * MINUTE_MS
    assert one(event(), of).suppressed_by == ()
    for minute in (45, 46, 120):
        of._vessels.update(replace(statics(52, 1), t_ms=np.array([T0_MS + minute * MINUTE_MS])))
    assert one(event(minute=130, what=UPDATED, raised_ms=raised_ms), of).suppressed_by == ()
    assert one(event(minute=200, started_ms=T0_MS + 190 * MINUTE_MS), of).suppressed_by == ("tug",)


def test_places_of_a_run_lower_what_the_fold_raised() -> None:
    """The fold knows no places: of a stop in a port it says all the same that it was one."""
    ratios = np.zeros((1, MAX_RATIOS), "f4")
    ratios[0, drag.RECOVERY] = 2.5
    times = {"stopped_ms": T0_MS + 10 * MINUTE_MS, "sailed_ms": T0_MS + 30 * MINUTE_MS}
    said = event(log_odds=2.0, ratio=ratios, **times)
    port = Surroundings(Places([Place("port", "Home", shapely.box(0.9, 54.9, 1.1, 55.1))]))
    of = AlertBook(CABLES, Vessels(), lambda code: (), "cafe", "test", port)
    plain, lowered = one(said), one(said, of)
    assert plain.suppressed_by == () and lowered.suppressed_by == ("port", "stopping_place")
    assert evidence(lowered)["stopping_place"] == -2.5
    assert (plain.refers_to_ms, plain.observed_ms) == tuple(times.values())
    assert lowered.id == plain.id and lowered.refers_to_ms == plain.refers_to_ms
    assert plain.severity == "warning" and lowered.severity == "info"


# wording


def values(rule: ModuleType, **known: float) -> dict[str, float]:
    return {**dict.fromkeys((name for name, _ in rule.TERMS), math.nan), **known}


def test_every_term_has_a_sentence_with_and_without_a_value() -> None:
    for rule in RULES.values():
        for name, _ in rule.TERMS:
            said = sentence(name, values(rule))
            assert "not computed" in said or said.startswith("no stop of 15-240 minutes")
            assert sentence(name, dict.fromkeys([*values(rule), "came_kn", "after_kn"], 1.0))
            assert name in WORDS


def test_a_cycle_is_said_as_the_excess_that_it_is() -> None:
    """`course_cycle` is what lies beyond the own habit; where none is known, the whole of it."""
    cycle = {"course_cycle": 3.1, "cycle_period": 300.0}
    known = sentence("course_cycle", values(drag, **cycle, own_cycle=0.8))
    assert "by 3.1 degrees" in known and "more than its own habit of up to 0.8 degrees" in known
    new = sentence("course_cycle", values(drag, **cycle))
    assert "by 3.1 degrees" in new and "more than" not in new and "not known yet" in new
    within = sentence("course_cycle", values(drag, **{**cycle, "course_cycle": 0.0}, own_cycle=0.8))
    assert within == "no cycle of the course beyond its own habit of up to 0.8 degrees"


def test_a_recovery_stop_says_when_it_was_and_what_it_refers_to() -> None:
    at = {"stopped_ms": T0_MS + 20 * MINUTE_MS, "sailed_ms": T0_MS + 80 * MINUTE_MS}
    said = event(minute=130, what=UPDATED, came_kn=7.0, after_kn=10.5, **at)
    plain = one(said)
    assert plain.observed_ms is None and plain.refers_to_ms is None
    said.events["value"][0, drag.RECOVERY], said.events["ratio"][0, drag.RECOVERY] = 60.0, 2.6
    later = one(said)
    assert (later.refers_to_ms, later.observed_ms) == (at["stopped_ms"], at["sailed_ms"])
    text = {term.name: term.text for term in later.evidence}["recovery_stop"]
    assert "for 60 min" in text and "made 7.0 kn at most" in text and "10.5 kn after" in text


def test_sentences_claim_no_more_than_their_values() -> None:
    said = {name: sentence(name, dict.fromkeys(values(loiter), 3.0)) for name in values(loiter)}
    assert "at least 3 times" in said["returns"]  # of the newest 64 crossings
    assert "at most two hours" in said["way_sailed"]
    assert "faster of the two hours" in said["slow_hours"]
    assert not any("last two hours" in text for text in said.values())
    speed = sentence("speed_loss", values(drag, speed_loss=0.7, own_speed=12.5))
    assert "70% of its own usual 12.5 kn over the strongest minute" in speed


# the name of the configuration


def test_every_figure_that_decides_is_in_the_name_of_the_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def name() -> str:
        return pipeline.config_hash(CABLES, 60_000, {})

    before = name()
    assert name() == before
    seen = {before}
    figures = [
        (pipeline.episode, "RAISE_AFTER", 2),
        (pipeline.episode, "BANDS", (0.0, 1.0, 2.0)),
        (pipeline.context, "VOTERS_MIN", 3),
        (pipeline.quality, "CLOCK_S", 0.0),
        (pipeline.crossing, "POSITION_ERROR_M", 10.0),
        (pipeline.cycle, "PHASE_COS", 0.5),
        (drag, "PRIOR", -1.0),
        (loiter, "VERSION", "loiter/test"),
        (pipeline.state, "FORGET_SHIP_MS", 1),
        (pipeline.order, "DUPLICATE_WINDOW_MS", 1),
        (pipeline.admission, "AHEAD_MS", 1),
        (pipeline.said, "FIRM_MS", 1),
        (suppression, "MUCH", 0.0),
        (suppression, "FISHING", {}),
        (ship_classes, "_TYPES", {}),
        (pipeline, "__version__", "test"),
    ]
    for module, figure, value in figures:
        monkeypatch.setattr(module, figure, value)
        seen.add(name())
        monkeypatch.undo()
    assert name() == before
    seen.add(pipeline.config_hash(CABLES, 5_000, {}))
    seen.add(pipeline.config_hash(CABLES[:2], 60_000, {}))
    seen.add(pipeline.config_hash(CABLES, 60_000, {"mmsi": [1]}))
    assert len(seen) == len(figures) + 4


def test_the_name_of_the_configuration_does_not_tell_how_modules_are_grouped() -> None:
    names = [pipeline._name(module) for module in pipeline.DECIDING]
    assert len(set(names)) == len(names)
    apart = [name for name in names if not name.startswith("cablewatch.engine.")]
    assert sorted(apart) == [
        "cablewatch.admission",
        "cablewatch.book",
        "cablewatch.clocks",
        "cablewatch.context.places",
        "cablewatch.order",
        "cablewatch.said",
        "cablewatch.ship_classes",
        "cablewatch.suppression",
    ]


def test_every_module_of_the_engine_with_figures_decides() -> None:
    """All but what notices clusters, moves state between shards, or only holds what was said."""
    import pkgutil

    from cablewatch import engine

    names = {f"cablewatch.engine.{module.name}" for module in pkgutil.iter_modules(engine.__path__)}
    apart = {f"cablewatch.engine.{name}" for name in ("clusters", "reshard", "transitions")}
    assert names - apart <= {module.__name__ for module in pipeline.DECIDING}
