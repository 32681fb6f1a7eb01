"""The laws of the fold, for every rule, on made and recorded tracks.

Split, move, share, mix, no touch, turn and forget; the oracle has its own file.
"""

import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from laws import (
    TAIL_MS,
    Play,
    Scene,
    assert_same,
    assert_same_in_order,
    columns,
    heard_by,
    rules,
)
from tracks import (
    BACK,
    CABLES,
    DRAG_FROM_S,
    DRAGGER,
    FIRST_GHOST,
    FIRST_PASSING,
    LOITERER,
    SHARED,
    T0_MS,
    dragging,
    lengths,
    passing,
    random_scene,
    sail,
    steady,
)

from cablewatch.cables.index import build_index
from cablewatch.engine import fold, identity, loiter, silence
from cablewatch.engine.context import Context
from cablewatch.engine.fold import Engine, Transitions, by_bin, merged, shard_of
from cablewatch.engine.judging import Judges
from cablewatch.engine.reshard import resharded
from cablewatch.engine.state import (
    BIN_MS,
    CANDIDATE_DTYPE,
    FORGET_SHIP_MS,
    IDENT_DTYPE,
    MET_DTYPE,
    SHIP_BYTES,
)
from cablewatch.engine.transitions import (
    CLOSED,
    INTERFERENCE,
    NOTICES,
    RAISED,
    SLOW_STATION,
    UPDATED,
)
from cablewatch.errors import CableError, UsageError
from cablewatch.fixes import Fixes
from cablewatch.units import DAY_MS, HOUR_MS, MINUTE_MS, NEVER_MS
from cablewatch.vessels.statics import Statics

ROOT = Path(__file__).resolve().parents[2]


def test_the_fold_has_every_rule() -> None:
    assert {rule.__name__ for rule in rules()} == {r.__name__ for r in fold.RULES.values()}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.KIND)
def test_every_rule_speaks(rule: ModuleType) -> None:
    """Laws about silence would be empty: each rule raises, updates and closes in a made scene."""
    events = random_scene(1).play().all.events
    mine = events[events["rule"] == rule.RULE]
    assert set(mine["event"].tolist()) == {RAISED, UPDATED, CLOSED}


def test_the_scene_has_what_it_says(scene: Scene, whole: Play) -> None:
    assert whole.counts["fixes"] > 10_000
    assert len(whole.all.crossings) > 5
    assert {RAISED, CLOSED} <= set(whole.all.events["event"].tolist())
    assert len(whole.all.tallies) > 20
    if BACK in scene.fixes.mmsi:
        others = {INTERFERENCE, SLOW_STATION}  # said by clusters and by clocks
        by_fold = set(range(1, len(NOTICES))) - others
        assert set(whole.all.notices["code"].tolist()) == by_fold
        assert whole.counts["not_ship"] > 0
        assert whole.counts["tracks_replaced"] > 0
        assert whole.counts["candidates_displaced"] > 0
        assert whole.all.crossings["inferred"].any()
        assert (whole.all.events["cables_n"] > 0).any()
        assert (whole.all.events["ahead_n"] > 0).any()


# 1 split


def _cuts(scene: Scene, kind: str, rng: np.random.Generator) -> list[int]:
    start_ms, end_ms = scene.span_ms
    if kind == "bin edges":
        return list(range(start_ms // BIN_MS * BIN_MS, end_ms + TAIL_MS, BIN_MS))
    if kind == "about bin edges":
        edges = np.arange(start_ms // BIN_MS * BIN_MS, end_ms, BIN_MS)
        return np.concatenate([edges - 1, edges, edges + 1]).tolist()
    if kind == "minutes":
        return list(range(start_ms // MINUTE_MS * MINUTE_MS, end_ms, MINUTE_MS))
    if kind == "fixes":
        at = scene.fixes.t_ms[np.sort(rng.integers(0, len(scene.fixes), 300))]
        return np.concatenate([at, at + 1]).tolist()
    count = int(rng.integers(1, 40))
    return rng.integers(start_ms, end_ms + TAIL_MS, count).tolist()


@pytest.mark.parametrize(
    "kind", ["bin edges", "about bin edges", "minutes", "fixes", *(f"random {k}" for k in range(6))]
)
def test_split(scene: Scene, whole: Play, kind: str) -> None:
    rng = np.random.default_rng(list(kind.encode()))
    play = scene.play(_cuts(scene, kind, rng))
    assert_same_in_order(play.parts, whole.all)
    assert play.counts == whole.counts


def test_split_into_single_fixes(scene: Scene) -> None:
    """Each fix in a push of its own, for an hour and a half about the middle."""
    middle_ms = int(np.median(scene.fixes.t_ms))
    span = (middle_ms - HOUR_MS, middle_ms + HOUR_MS // 2)
    ships, reports = np.unique(scene.fixes.mmsi, return_counts=True)
    part = scene.only(ships[np.argsort(reports)[-4:]].tolist())
    fixes, statics = part.between(*span)
    part = replace(part, fixes=fixes, statics=statics)
    cuts = np.unique(fixes.t_ms)
    play = part.play(np.concatenate([cuts, cuts + 1]).tolist())
    assert_same_in_order(play.parts, part.play().all)


def test_split_about_silence() -> None:
    """Bins in which nothing is heard end alike, visited or not: no speed enters a later vote."""
    rng = np.random.default_rng(1)
    minutes_of = [(0.0, 0.99, 15.0), (4.0, 1.5, 9.0)]  # the last fix a minute before a bin ends
    parts = [
        sail(rng, DRAGGER, T0_MS + int(h * HOUR_MS), long, h / 4, 55.0, steady(kn), steady(90.0))
        for h, long, kn in minutes_of
    ]
    scene = Scene(Fixes.concat(parts), Statics.empty(), CABLES)
    play = scene.play(_cuts(scene, "bin edges", rng))
    assert len(play.all.tallies) > 3
    assert_same_in_order(play.parts, scene.play().all)


def test_split_about_a_static_message() -> None:
    """A length counts from its message on, not for the minute that ended just before it."""
    rng = np.random.default_rng(1)
    start_ms = T0_MS + 20_000
    said_ms = (start_ms + int(DRAG_FROM_S * 1000)) // MINUTE_MS * MINUTE_MS + 24 * MINUTE_MS + 1
    fixes = dragging(rng, DRAGGER, start_ms)
    scene = Scene(fixes, lengths([(said_ms, DRAGGER, 180)]), CABLES)
    play = scene.play([said_ms])
    assert len(play.all.events) > 2
    assert_same_in_order(play.parts, scene.play().all)


def test_split_by_buffers(scene: Scene, whole: Play) -> None:
    """Growing from the smallest state changes nothing."""
    engine = scene.engine()
    engine.state = fold.empty_state(1, 1)
    assert_same(scene.play(with_engine=engine).all, whole.all)


# 2 move


@pytest.mark.parametrize("seed", range(4))
def test_move_within_a_process(scene: Scene, whole: Play, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pieces = scene.pieces(_cuts(scene, "random", rng))
    engine, judges, parts = scene.engine(), scene.judges(), []
    for piece in pieces:
        engine = Engine.restore(engine.snapshot(), scene.index)
        judges = Judges.restore(judges.snapshot(), scene.index, heard_by)
        parts.append(scene.judged(judges, engine.push(*piece), piece))
    assert_same_in_order(parts, whole.all)
    assert engine.counts == whole.counts


GO_ON = """
import pickle, sys
from cablewatch.engine.fold import Engine
from cablewatch.engine.judging import Judges
folded, judged, index, piece, said_in_turns = pickle.load(sys.stdin.buffer)
engine = Engine.restore(folded, index)
judges = Judges.restore(judged, index, lambda code: (f"s{code % 2}",))
judges.follow(piece[0], said_in_turns)
pickle.dump((judges.push(engine.push(*piece), piece[2]), engine.counts), sys.stdout.buffer)
"""


def test_move_to_a_new_process(scene: Scene, whole: Play) -> None:
    start_ms, end_ms = scene.span_ms
    cut_ms = start_ms + int(0.37 * min(end_ms - start_ms, 8 * HOUR_MS))
    before, after = scene.pieces([cut_ms])
    engine, judges = scene.engine(), scene.judges()
    said = scene.judged(judges, engine.push(*before), before)
    moved = subprocess.run(
        [sys.executable, "-c", GO_ON],
        input=pickle.dumps(
            (engine.snapshot(), judges.snapshot(), scene.index, after, scene.in_turns(after[1]))
        ),
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    rest, counts = pickle.loads(moved.stdout)
    assert_same_in_order([said, rest], whole.all)
    assert counts == whole.counts


# 3 share


def play_shared(scene: Scene, numbers: list[int], cuts: list[int]) -> Play:
    """Fold by shards that share the tallies of each bin, as a cluster does.

    `numbers` are the numbers of shards, one after the other in equal parts of the input.
    """
    shards = numbers[0]
    engines = [scene.engine() for _ in range(shards)]
    context, current, parts, judges = Context(), NEVER_MS // BIN_MS, [], scene.judges()
    for engine in engines:
        engine.context = context
    pushes = list(scene.pieces(cuts))
    for n, push in enumerate(pushes):
        if numbers[n * len(numbers) // len(pushes)] != shards:
            shards = numbers[n * len(numbers) // len(pushes)]
            engines = resharded(engines, shards)
            for engine in engines:
                engine.context = context
        for fixes, statics, until_ms in by_bin(*push, current):
            of_fix, of_static = shard_of(fixes.mmsi, shards), shard_of(statics.mmsi, shards)
            said = [
                e.push_piece(fixes.take(of_fix == k), statics.take(of_static == k), until_ms)
                for k, e in enumerate(engines)
            ]
            parts.append(scene.judged(judges, merged(said), (fixes, statics, until_ms)))
            context.add(parts[-1].tallies)
            current = (until_ms - 1) // BIN_MS
    counts = {name: sum(e.counts[name] for e in engines) for name in engines[0].counts}
    return Play(parts, counts)


@pytest.mark.parametrize("shards", [[3], [5], [1, 3, 5, 2]])
def test_share(scene: Scene, whole: Play, shards: list[int]) -> None:
    rng = np.random.default_rng(shards)
    play = play_shared(scene, shards, _cuts(scene, "random", rng))
    assert_same(play.all, whole.all)
    assert play.counts == whole.counts


# 4 mix


def test_mix(scene: Scene, whole: Play) -> None:
    """Ships of one moment in any order."""
    rng = np.random.default_rng(3)
    fixes = scene.fixes
    by_ship = np.lexsort((np.arange(len(fixes)), fixes.mmsi * int(rng.integers(3, 99)) % 1009))
    order = by_ship[np.argsort(fixes.t_ms[by_ship], kind="stable")]
    assert not np.array_equal(order, np.arange(len(fixes)))
    assert_same(replace(scene, fixes=fixes.take(order)).play().all, whole.all)


def test_ships_do_not_matter_to_each_other_but_by_context(scene: Scene, whole: Play) -> None:
    """Alone, with the same context, each ship says what it says in company."""
    ships = np.unique(whole.all.events["mmsi"])[:4].tolist()
    assert ships
    for mmsi in ships:
        alone, context = scene.only([mmsi]), Context()
        engine, parts, current = alone.engine(), [], NEVER_MS // BIN_MS
        engine.context = context
        cuts = _cuts(scene, "bin edges", np.random.default_rng(0))
        for push in alone.pieces(cuts):
            for piece in by_bin(*push, current):
                parts.append(engine.push_piece(*piece))
                current = (piece[2] - 1) // BIN_MS
            tallies = whole.all.tallies
            context.add(tallies[tallies["bin"] == push[2] // BIN_MS - 1])
        said = merged(parts)
        for name in ("events", "crossings", "notices"):
            expected = getattr(whole.all, name)
            expected = expected[expected["mmsi"] == mmsi]
            if name == "events":  # these are judged with all ships
                judged = silence.RULE, identity.RULE
                expected = expected[~np.isin(expected["rule"], judged)]
            for column in expected.dtype.names:
                assert getattr(said, name)[column].tobytes() == expected[column].tobytes()


# 5 no touch


def test_no_touch(scene: Scene) -> None:
    inputs = [*scene.fixes.columns(), *scene.statics.columns(), *scene.index]
    before = pickle.dumps(inputs)
    scene.play()
    assert pickle.dumps(inputs) == before


# 6 turn


def _by_vote(said: Transitions) -> Transitions:
    """Cells have other numbers elsewhere: order tallies by what they say."""
    rows = said.tallies
    return said._replace(tallies=rows[np.lexsort((rows["sum_milli"], rows["bin"]))])


def _assert_close(said: Transitions, expected: Transitions, degrees: float) -> None:
    a, b = columns(_by_vote(said)), columns(_by_vote(expected))
    for name, column in a.items():
        assert len(column) == len(b[name]), name
        if name.endswith(".lon"):
            apart = (column.astype("f8") - b[name] - degrees + 180.0) % 360.0 - 180.0
            np.testing.assert_allclose(apart, 0.0, atol=2e-5, err_msg=name)  # f4 in vertices
        elif name.endswith(".cell"):
            continue
        elif column.dtype.kind == "f":
            np.testing.assert_allclose(column, b[name], rtol=1e-6, atol=1e-6, err_msg=name)
        elif name == "crossings.t_ms":
            np.testing.assert_allclose(column, b[name], atol=1, rtol=0, err_msg=name)
        else:
            np.testing.assert_array_equal(column, b[name], err_msg=name)


@pytest.mark.parametrize("degrees", [360.0, -360.0])
def test_turn_by_360_degrees(scene: Scene, whole: Play, degrees: float) -> None:
    _assert_close(scene.turned(degrees).play().all, whole.all, 0.0)


def test_turn_across_the_antimeridian(scene: Scene, whole: Play) -> None:
    degrees = 180.0 - round(float(np.median(scene.fixes.lon_deg)) * 2.0) / 2.0
    turned = scene.turned(degrees)
    assert {-180.0, 180.0} == {float(180.0 * np.sign(x)) for x in turned.fixes.lon_deg}
    _assert_close(turned.play().all, whole.all, degrees)


# 7 forget


def test_a_ship_is_small() -> None:
    assert SHIP_BYTES <= 4096
    assert CANDIDATE_DTYPE.itemsize <= 64


def _bytes_each(ships: int, fixes_each: int) -> float:
    """Bytes of a snapshot for each ship that was heard so often, beyond those of an empty one."""
    mmsi = FIRST_GHOST + np.arange(ships)
    columns = {"mmsi": mmsi, "lon_deg": np.linspace(-1.0, 1.0, ships), "lat_deg": [55.0] * ships}
    times = [T0_MS + 10_000 * k for k in range(fixes_each)]
    fixes = [Fixes.from_columns(t_ms=[t_ms] * ships, **columns) for t_ms in times]
    engine = Engine(build_index(CABLES))
    empty = len(engine.snapshot())
    engine.push(Fixes.concat(fixes), Statics.empty(), times[-1] + 1)
    return (len(engine.snapshot()) - empty) / ships


def test_the_whole_state_grows_by_no_more_than_it_says() -> None:
    """Candidates and ships with their identities, in full pools and in those that just doubled."""
    identity, candidate = IDENT_DTYPE.itemsize, CANDIDATE_DTYPE.itemsize
    assert candidate < _bytes_each(16_384, 1) <= candidate + 2 * identity
    assert _bytes_each(8_193, 1) <= 2 * (candidate + 2 * identity)
    assert 3000 < _bytes_each(2_048, 2) <= 4096
    assert _bytes_each(1_025, 2) <= 2 * 4096


def test_at_capacity_new_ships_are_refused_and_counted() -> None:
    scene = random_scene(1)
    early = [DRAGGER, LOITERER, SHARED]
    known = scene.only(early)
    crowd = scene.only([FIRST_PASSING, FIRST_PASSING + 1])
    later = replace(crowd, fixes=replace(crowd.fixes, t_ms=crowd.fixes.t_ms + HOUR_MS))
    both = replace(
        scene,
        fixes=_sorted(Fixes.concat([known.fixes, later.fixes])),
        statics=known.statics,
    )
    alone = known.play()
    ships = len({int(m) for m in known.fixes.mmsi}) + 1  # two share an MMSI
    full = both.play(with_engine=both.engine(max_ships=ships))
    assert full.counts["ships_refused"] > 0
    assert_same(full.all._replace(tallies=alone.all.tallies), alone.all)


def _sorted(fixes: Fixes) -> Fixes:
    return fixes.take(np.lexsort((fixes.mmsi, fixes.t_ms)))


def test_ghosts_fill_the_nursery_and_nothing_else() -> None:
    n = 20_000
    rng = np.random.default_rng(5)
    ghosts = Fixes.from_columns(
        t_ms=T0_MS + np.sort(rng.integers(0, HOUR_MS, n)),
        mmsi=FIRST_GHOST + rng.permutation(n),
        lon_deg=rng.uniform(-1, 1, n),
        lat_deg=rng.uniform(54, 56, n),
    )
    real = passing(rng, DRAGGER, T0_MS - 10 * MINUTE_MS, hours=1.0)
    scene = Scene(_sorted(Fixes.concat([ghosts, real])), Statics.empty(), CABLES)
    engine = scene.engine(max_candidates=64)
    play = scene.play(with_engine=engine)
    assert play.counts["candidates_refused"] == n - 64
    assert len(engine.state.nursery) == 64
    assert len(engine.state.idents) <= 1024
    alone = replace(scene, fixes=real).play().all
    assert_same(play.all, alone)


def _two_calls(apart_ms: int, others: int) -> Play:
    """A ship that is away for a while, with other ships about to end the bins."""
    rng = np.random.default_rng(1)
    hour = 0.2
    parts = [
        sail(rng, DRAGGER, T0_MS, hour, 0.0, 55.0, steady(10.0), steady(90.0)),
        sail(rng, DRAGGER, T0_MS + apart_ms, hour, 0.3, 55.0, steady(10.0), steady(90.0)),
    ]
    for k in range(others):
        start_ms = T0_MS + (k + 1) * apart_ms // (others + 1)
        parts.append(sail(rng, FIRST_PASSING + k, start_ms, hour, -0.5, 55.0, steady(9), steady(0)))
    scene = Scene(_sorted(Fixes.concat(parts)), Statics.empty(), CABLES)
    return scene.play()


@pytest.mark.parametrize("others", [0, 3])
def test_a_ship_is_forgotten_by_age_alone(others: int) -> None:
    away = _two_calls(FORGET_SHIP_MS - HOUR_MS, others)
    assert away.counts["ships_forgotten"] == 0
    gone = _two_calls(FORGET_SHIP_MS + DAY_MS, others)
    assert gone.counts["ships_forgotten"] >= 1
    assert gone.counts["jump"] == 0


# what a snapshot and a record can hold


def test_a_snapshot_is_not_restored_over_other_cables() -> None:
    """Numbers of cables are places in the index: over another one they would name other cables."""
    engine = Engine(build_index(CABLES))
    snapshot = engine.snapshot()
    assert Engine.restore(snapshot, build_index(CABLES)).snapshot() == snapshot
    wider = replace(CABLES[0], protection_zone_m=CABLES[0].protection_zone_m + 1.0)
    for others in (CABLES[:2], CABLES[::-1], (wider, *CABLES[1:])):
        with pytest.raises(UsageError, match="made over other cables"):
            Engine.restore(snapshot, build_index(others))


def test_a_snapshot_of_other_rules_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = Engine(build_index(CABLES)).snapshot()
    monkeypatch.setattr(loiter, "VERSION", "loiter/0")
    with pytest.raises(UsageError, match="start anew"):
        Engine.restore(snapshot, build_index(CABLES))


def test_more_cables_than_a_record_can_name_are_refused() -> None:
    index = build_index(CABLES[:1])
    index.segments["cable"][-1] = np.iinfo(MET_DTYPE["cable"]).max
    Engine(index)
    index.segments["cable"][-1] += 1
    with pytest.raises(CableError, match="65537 routes"):
        Engine(index)
