"""The vessel register: what counts, from when, whatever the cut."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cablewatch.fixes import Fixes, Stations
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.folder import StoreWriter
from cablewatch.vessels.register import FIELDS, Vessels
from cablewatch.vessels.statics import STATIC_DTYPE, Statics

SHIP, OTHER = 219_000_001, 636_000_003


def messages(*rows: dict[str, object], mmsi: int = SHIP) -> Statics:
    """Static messages a minute apart from t = 60 s; what a row leaves out it does not say."""
    columns: dict[str, object] = {}
    for name in STATIC_DTYPE.names or ():
        unsaid = {"S": b"", "f": np.nan}.get(STATIC_DTYPE[name].kind, 0)
        columns[name] = [row.get(name, unsaid) for row in rows]
    columns["mmsi"] = [row.get("mmsi", mmsi) for row in rows]
    columns["t_ms"] = [row.get("t_ms", 60_000 * (i + 1)) for i, row in enumerate(rows)]
    return Statics.from_columns(**columns)


def named(*names: bytes) -> Statics:
    return messages(*({"name": name} for name in names))


def at(minute: int) -> int:
    return 60_000 * minute


def test_a_value_counts_from_its_second_message_in_a_row() -> None:
    vessels = Vessels()
    confirmed = vessels.update(named(b"ANNA", b"ANNA", b"ANNA"))
    assert confirmed.t_ms.tolist() == [at(2)]
    assert [vessels.confirmed(SHIP, "name", at(m)) for m in (0, 1, 2, 3)] == [0, 0, 1, 1]
    assert [vessels.name(SHIP, at(m)) for m in (0, 1, 2)] == ["", "ANNA", "ANNA"]
    (change,) = vessels.changes()
    assert (change.text, change.said_ms, change.confirmed_ms) == ("ANNA", at(1), at(2))


def test_one_foreign_message_never_shows_nor_counts() -> None:
    vessels = Vessels()
    confirmed = vessels.update(named(b"ANNA", b"ANNA", b"EVIL", b"ANNA", b"EVIL", b"ANNA"))
    assert confirmed.name.tolist() == [b"ANNA"]
    assert {vessels.name(SHIP, at(m)) for m in range(1, 9)} == {"ANNA"}
    assert [change.text for change in vessels.changes()] == ["ANNA"]


def test_a_new_value_said_twice_takes_over_and_the_old_one_is_history() -> None:
    vessels = Vessels()
    confirmed = vessels.update(named(b"ANNA", b"ANNA", b"BERTA", b"BERTA", b"ANNA"))
    assert confirmed.name.tolist() == [b"ANNA", b"BERTA"]
    assert [vessels.name(SHIP, at(m)) for m in (2, 3, 4, 5)] == ["ANNA", "ANNA", "BERTA", "BERTA"]


def test_names_may_have_any_letters() -> None:
    vessels = Vessels()
    said = "ÅSA ÆØÅ ÆØÅ ÆØÅ ÆØÅÅ"
    vessels.update(named(said.encode(), said.encode()))
    assert vessels.name(SHIP, at(9)) == vessels.changes()[0].text == said


def test_copies_of_one_time_are_one_message() -> None:
    vessels = Vessels()
    rows = ({"name": b"ANNA", "t_ms": 5}, {"name": b"ANNA", "t_ms": 5})
    assert len(vessels.update(messages(*rows))) == 0
    assert not vessels.confirmed(SHIP, "name", 99)


def test_fields_are_confirmed_one_by_one_and_silence_says_nothing() -> None:
    vessels = Vessels()
    part_a = {"name": b"ANNA"}
    part_b = {"ship_type": 36, "callsign": b"OX1", "to_bow_m": 5, "to_stern_m": 7}
    confirmed = vessels.update(messages(part_a, part_b, part_a, part_b))
    assert confirmed.t_ms.tolist() == [at(3), at(4)]
    assert (confirmed.name.tolist(), confirmed.callsign.tolist()) == ([b"ANNA", b""], [b"", b"OX1"])
    assert confirmed.to_stern_m.tolist() == [0, 7]
    assert np.isnan(confirmed.draught_m).all()


def test_dimensions_count_together() -> None:
    vessels = Vessels()
    rows = ({"to_bow_m": 90, "to_stern_m": 10}, {"to_bow_m": 90, "to_stern_m": 250})
    assert len(vessels.update(messages(*rows))) == 0
    confirmed = vessels.update(messages({"to_bow_m": 90, "to_stern_m": 250, "t_ms": at(9)}))
    assert (confirmed.to_bow_m.tolist(), confirmed.to_stern_m.tolist()) == ([90], [250])


def typed(*said: tuple[int, int]) -> Vessels:
    """A ship that says types at minutes."""
    vessels = Vessels()
    rows = ({"ship_type": kind, "t_ms": at(minute)} for minute, kind in said)
    vessels.update(messages(*rows))
    return vessels


def test_a_type_stands_while_it_counts_and_no_message_says_another() -> None:
    vessels = typed((1, 52), (2, 52), (3, 70), (4, 52), (5, 52))
    stands = [vessels.standing_type(SHIP, at(m), at(m), at(m)) for m in (1, 2, 3, 5)]
    assert stands == [0, 52, 0, 0]
    assert vessels.ship_type(SHIP, at(5)) == 52


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        ([(10, 52), (20, 52)], True),  # before the episode started
        ([(10, 52), (31, 52)], False),  # confirmed in it, not an hour apart
        ([(31, 52), (37, 52), (91, 52)], True),  # in it, an hour apart
        ([(31, 52), (37, 52), (90, 52), (101, 52)], False),  # an hour apart, but once it was raised
        ([(110, 52), (120, 52)], False),  # all of it later
        ([(110, 52), (120, 52), (200, 52)], False),
        ([(10, 52), (20, 52), (105, 70)], False),  # another type since
    ],
)
def test_a_type_sent_for_the_occasion_does_not_stand(
    said: list[tuple[int, int]], stands: bool
) -> None:
    """An episode starts at minute 30, is raised at 100 and said again at 300."""
    assert typed(*said).standing_type(SHIP, at(300), at(30), at(100)) == (52 if stands else 0)


def test_a_type_said_for_hours_stands_although_each_message_is_the_same() -> None:
    vessels = Vessels()
    row = {"name": b"ANNA", "ship_type": 52}
    for minute in range(40, 130, 6):
        vessels.update(messages(row | {"t_ms": at(minute)}))
    assert vessels.standing_type(SHIP, at(200), at(30), at(99)) == 0
    assert vessels.standing_type(SHIP, at(200), at(30), at(100)) == 52


def test_what_counts_is_said_again_after_a_day_of_silence() -> None:
    """The fold forgets a ship's length with the ship."""
    vessels = Vessels()
    row = {"name": b"ANNA", "to_bow_m": 90, "to_stern_m": 10}
    minutes = [0, 6, 80, 100, 2000, 2006, 2012]
    news = vessels.update(messages(*(row | {"t_ms": at(minute)} for minute in minutes)))
    assert news.t_ms.tolist() == [at(6), at(2000)]
    assert news.to_bow_m.tolist() == [90, 90]
    assert len(vessels.changes()) == 2


def test_what_was_said_once_is_provisional() -> None:
    vessels = Vessels()
    vessels.update(messages({"name": b"ANNA", "ship_type": 52, "draught_m": 7.5}))
    assert (vessels.name(SHIP, at(1)), vessels.ship_type(SHIP, at(1))) == ("ANNA", 52)
    assert vessels.standing_type(SHIP, at(1), at(1), at(1)) == 0
    known, counts = vessels.known()
    assert (known.name.tolist(), known.draught_m.tolist()) == ([b"ANNA"], [7.5])
    assert not any(flag.any() for flag in counts.values())


ROW = st.fixed_dictionaries(
    {},
    optional={
        "mmsi": st.sampled_from([SHIP, OTHER]),
        "name": st.sampled_from([b"A", b"B"]),
        "ship_type": st.sampled_from([52, 70]),
        "to_bow_m": st.sampled_from([5, 50]),
        "draught_m": st.sampled_from([5.5, 6.0]),
        "t_ms": st.integers(1, 30),
    },
)


def in_order(rows: list[dict[str, object]]) -> Statics:
    said = messages(*rows)
    return said.take(np.lexsort(list(said.columns())[::-1]))


def cut(said: Statics, edges: list[int]) -> Iterator[Statics]:
    """Cut where time moves on, as `order` does."""
    times = sorted({int(said.t_ms.searchsorted(edge)) for edge in edges} | {0, len(said)})
    for a, b in pairwise(times):
        yield said.take(slice(a, b))


def plain(said: Statics, mmsi: int, field: str, t_ms: int) -> object:
    """The rule, read slowly: the value that counts at a time, or None."""
    columns = [getattr(said, name).tolist() for name in FIELDS[field]]
    last, last_ms, counts = None, None, None
    for row, time in enumerate(said.t_ms.tolist()):
        value = tuple(column[row] for column in columns)
        unsaid = all(not part or part != part for part in value)
        if said.mmsi[row] != mmsi or time > t_ms or unsaid:
            continue
        if value != last:
            last, last_ms = value, time
        elif time > last_ms:
            counts = value
    return counts


@settings(max_examples=150, deadline=None)
@given(st.lists(ROW, max_size=40), st.lists(st.integers(1, 30), max_size=6))
def test_no_cut_matters_and_the_rule_is_the_plain_one(
    rows: list[dict[str, object]], edges: list[int]
) -> None:
    said = in_order(rows)
    whole, pieces = Vessels(max_changes=2), Vessels(max_changes=2)
    at_once = whole.update(said)
    in_pieces = Statics.concat([pieces.update(piece) for piece in cut(said, edges)])
    for one, other in zip(at_once.columns(), in_pieces.columns(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert whole.changes() == pieces.changes()
    fresh = Vessels()
    fresh.update(said)
    for mmsi in (SHIP, OTHER):
        for t_ms in (0, 7, 15, 30, 10**9):
            counts = plain(said, mmsi, "name", t_ms)
            assert fresh.confirmed(mmsi, "name", t_ms) == (counts is not None)
            if counts is not None:
                assert (fresh.name(mmsi, t_ms).encode(),) == counts
            assert fresh.confirmed(mmsi, "size", t_ms) == (
                plain(said, mmsi, "size", t_ms) is not None
            )


def test_times_within_an_update_find_their_value_however_many_changes_it_brings() -> None:
    vessels = Vessels(max_changes=2)
    vessels.update(named(*(b"N%d" % (i // 2) for i in range(20))))
    assert [vessels.name(SHIP, at(2 * k + 2)) for k in range(10)] == [f"N{k}" for k in range(10)]
    kept = vessels.changes()
    assert [change.text for change in kept] == ["N8", "N9"]
    assert {change.forgotten for change in kept} == {8}


@pytest.mark.parametrize(
    ("names", "taking_turns"),
    [
        ("AABB", []),  # renamed
        ("ABA", []),  # a slip
        ("ABACAD", []),  # slips
        ("ABAB", [4]),
        ("AABBABB", [6]),
        ("ABCABC", [5, 6]),
    ],
)
def test_two_values_take_turns_once_each_was_said_anew_after_the_other(
    names: str, taking_turns: list[int]
) -> None:
    vessels = Vessels()
    vessels.update(named(*(name.encode() for name in names)))
    found = vessels.alternations()
    assert [a.t_ms for a in found] == [at(minute) for minute in taking_turns]
    assert all({a.value, a.other} <= {b"A", b"B", b"C"} and a.value != a.other for a in found)
    assert vessels.alternations() == []


def test_values_days_apart_take_no_turns() -> None:
    rows = [{"name": n, "t_ms": at(25 * 60 * k)} for k, n in enumerate([b"A", b"B"] * 3)]
    vessels = Vessels()
    vessels.update(messages(*rows))
    assert vessels.alternations() == []


def test_ships_beyond_the_capacity_are_refused_and_none_is_evicted() -> None:
    vessels = Vessels(max_ships=1)
    vessels.update(messages({"name": b"ANNA"}, {"name": b"EVE", "mmsi": OTHER}, {"name": b"ANNA"}))
    assert vessels.refused == 1
    assert vessels.confirmed(SHIP, "name", at(3))
    assert vessels.name(OTHER, at(3)) == ""


def test_the_store_keeps_values_flags_and_changes(tmp_path: Path) -> None:
    vessels = Vessels()
    row = {"name": b"ANNA", "imo": 9_224_984, "to_bow_m": 90, "to_stern_m": 10, "draught_m": 7.5}
    said = messages(row, row, row | {"name": b"BERTA"}, {"destination": b"KIEL"})
    for _ in range(2):
        store = StoreWriter(tmp_path, "t", "a")
        with store.opened(Stations(), "hash"):
            store.append(Fixes.empty(), [], np.empty(0, "i8"))
        vessels = Vessels()
        vessels.update(said)
        store._crossings.clear()
        store.describe((), vessels, None, None)
    (ship,) = pq.read_table(tmp_path / "vessels.parquet").to_pylist()
    assert (ship["name"], ship["name_confirmed"], ship["imo"]) == ("ANNA", True, 9_224_984)
    assert (ship["destination"], ship["destination_confirmed"]) == ("KIEL", False)
    assert (ship["to_bow_m"], ship["size_confirmed"], ship["draught_m"]) == (90, True, 7.5)
    changes = pq.read_table(tmp_path / "vessel_changes.parquet").to_pylist()
    assert {(change["field"], change["value"]) for change in changes} == {
        ("name", "ANNA"),
        ("imo", "9224984"),
        ("size", "90,10,0,0"),
        ("draught", "7.5"),
    }
    assert all(change["confirmed"] > change["said"] for change in changes)


@pytest.mark.parametrize("width", [1, 3])
def test_a_table_of_an_older_version_is_widened(tmp_path: Path, width: int) -> None:
    vessels = Vessels()
    vessels.update(named(b"ANNA", b"ANNA"))
    old = {"mmsi": np.array([OTHER], "i4"), "t_ms": np.array([1]), "name": ["OLD"]}
    names = ["mmsi", "t_ms", "name"][: max(2, width)]
    pq.write_table(pa.table({name: old[name] for name in names}), tmp_path / "vessels.parquet")
    (tmp_path / "run.json").write_text('{"title": "t", "config_hash": "hash"}')
    AlertStore(tmp_path / "alerts.sqlite")
    store = StoreWriter(tmp_path, "t", "a")
    with store.opened(Stations(), "hash"):
        pass
    store.describe((), vessels, None, None)
    rows = {row["mmsi"]: row for row in pq.read_table(tmp_path / "vessels.parquet").to_pylist()}
    assert rows[SHIP]["name"] == "ANNA"
    assert rows[OTHER]["name"] == ("OLD" if width == 3 else "")
    assert (rows[OTHER]["imo"], rows[OTHER]["name_confirmed"]) == (0, False)
