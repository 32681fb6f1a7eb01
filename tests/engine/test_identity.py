"""Identity: numbers that hand over at sea and ships that say two names, and no others."""

import math
from dataclasses import replace

import numpy as np
import pytest
from laws import Scene, ordered
from tracks import CABLES, FIRST_PASSING, T0_MS, passing, sail, steady, with_gaps

from cablewatch.cables.index import build_index
from cablewatch.engine import identities, identity
from cablewatch.engine.context import cell_of, cells_about
from cablewatch.engine.episode import BANDS
from cablewatch.engine.identities import Change, Identities, _join
from cablewatch.engine.identity import are_names_apart, evaluate, is_imo, motion_llr, place_llr
from cablewatch.engine.transitions import (
    APPEARED,
    CLOSED,
    HINT_DTYPE,
    RAISED,
    UPDATED,
    VANISHED,
)
from cablewatch.engine.turning import TRACKS_MAX, Turning
from cablewatch.fixes import Array, Fixes
from cablewatch.units import HOUR_MS, MINUTE_MS
from cablewatch.vessels.statics import Statics

ONE, OTHER = 219000021, 219000022
CHANGE_S = 2.0 * 3600.0


def ship(kn: float = 9.0, hours: float = 5.0) -> Fixes:
    """Sails east, towards and over the meridian cable."""
    rng = np.random.default_rng(4)
    return sail(rng, ONE, T0_MS, hours, -0.6, 55.0, steady(kn), steady(90.0), 10.0)


def as_number(fixes: Fixes, mmsi: int) -> Fixes:
    return replace(fixes, mmsi=np.full(len(fixes), mmsi, np.int32))


def handed_over(
    apart_s: float = 20.0, aside_deg: float = 0.0, kn: float = 9.0, goes_on: bool = False
) -> tuple[Fixes, Fixes]:
    """One number until the change, another from then on; the first may be heard on."""
    whole = ship(kn)
    s = (whole.t_ms - T0_MS) / 1000.0
    first = whole if goes_on else whole.take(s < CHANGE_S)
    second = as_number(whole.take(s >= CHANGE_S + apart_s), OTHER)
    return first, replace(second, lat_deg=second.lat_deg + aside_deg)


def changes(*parts: Fixes, statics: Statics | None = None) -> Array:
    """Events of the rule."""
    said = scene(*parts, statics=statics).play().all.events
    return said[said["rule"] == identity.RULE]


def scene(*parts: Fixes, statics: Statics | None = None) -> Scene:
    return ordered(Fixes.concat(parts), statics or Statics.empty(), CABLES)


def names(*said: str, from_min: int = 60, imo: tuple[int, ...] = ()) -> Statics:
    """Static messages with these names, or IMO numbers, one in six minutes."""
    n = max(len(said), len(imo))
    return Statics.from_columns(
        t_ms=T0_MS + (from_min + 6 * np.arange(n)) * MINUTE_MS + 500,
        mmsi=np.full(n, ONE),
        name=[name.encode() for name in said] or None,
        imo=list(imo) or None,
    )


# hand-over


def test_a_number_that_goes_on_as_another_is_told_when_the_first_stays_silent() -> None:
    said = changes(*handed_over())
    assert said["event"].tolist() == [RAISED, CLOSED]
    raised = said[0]
    assert (raised["mmsi"], raised["other_mmsi"]) == (OTHER, ONE)
    assert raised["log_odds"] >= BANDS[1]
    assert raised["t_ms"] - (T0_MS + int(CHANGE_S * 1000)) <= HOUR_MS
    assert raised["ahead_n"] > 0
    assert raised["value"][0] < 50.0 and abs(raised["value"][4] - 20.0) < 15.0
    assert 12 * HOUR_MS <= said[1]["t_ms"] - raised["last_ms"] <= 12.5 * HOUR_MS


@pytest.mark.parametrize(
    "parts",
    [
        handed_over(goes_on=True),
        handed_over(apart_s=600.0),
        handed_over(aside_deg=0.01),
        handed_over(kn=0.3),
    ],
    ids=["the first is heard on", "ten minutes later", "half a mile aside", "at rest"],
)
def test_what_is_no_hand_over(parts: tuple[Fixes, Fixes]) -> None:
    assert len(changes(*parts)) == 0


def test_a_number_heard_before_is_no_new_one() -> None:
    first, second = handed_over()
    earlier = as_number(ship(hours=0.3), OTHER)
    assert len(changes(first, replace(earlier, lat_deg=earlier.lat_deg + 0.001), second)) == 0


def test_a_ship_that_meets_another_and_falls_silent_is_not_it() -> None:
    first, _ = handed_over()
    met = passing(np.random.default_rng(2), FIRST_PASSING, T0_MS)
    assert len(changes(first, met)) == 0


def test_the_more_ships_come_the_less_a_place_says() -> None:
    few, many = (place_llr(20.0, n, 55.0) for n in (1, 100_000))
    assert few == identity.PLACE_CAP > many
    assert place_llr(20.0, 100_000, 55.0) > place_llr(200.0, 100_000, 55.0) >= 0.0


def hints_of_many(rng: np.random.Generator, count: int, wide_deg: float) -> Array:
    """Ships that vanish in a bin, and others first heard in the minutes about."""
    rows = np.zeros(count, HINT_DTYPE)
    rows["what"] = np.where(rng.random(count) < 0.5, VANISHED, APPEARED)
    rows["mmsi"] = 219_000_000 + rng.permutation(count)
    rows["last_ms"] = T0_MS + rng.integers(0, 400_000, count)
    rows["lon"], rows["lat"] = (
        rng.uniform(-wide_deg, wide_deg, count),
        rng.uniform(59.0 - wide_deg, 59.0 + wide_deg, count),
    )
    rows["lon"] = (rows["lon"] + 360.0) % 360.0 - 180.0  # across the antimeridian
    rows["sog_kn"] = rng.choice([np.nan, 0.5, 8.0, 30.0], count)
    rows["cog_deg"] = rng.choice([np.nan, 10.0, 200.0], count)
    return rows


@pytest.mark.parametrize("seed", range(4))
def test_a_hand_over_is_found_among_all_that_were_first_heard(seed: int) -> None:
    hints = hints_of_many(np.random.default_rng(seed), 400, 0.005)
    found = Identities(build_index(CABLES))._handed_over(7, hints)
    first = hints[hints["what"] == APPEARED]
    expected = []
    for gone in hints[hints["what"] == VANISHED]:
        about = cells_about(float(gone["lon"]), float(gone["lat"]))
        near = [f for f in first if cell_of(float(f["lon"]), float(f["lat"])) in about]
        all_of_them = [m for f in near if (m := identities._match(gone, f, len(near))) is not None]
        expected += sorted(all_of_them, key=lambda m: (-evaluate(*m.ratio), m.mmsi))[:1]
    assert repr(found) == repr(expected)  # NaN is NaN
    assert len(found) > 20


def test_few_are_looked_at_of_a_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    match = identities._match
    monkeypatch.setattr(identities, "_match", lambda *a: looked.append(a) or match(*a))
    hints = hints_of_many(np.random.default_rng(1), 4_000, 2.0)
    Identities(build_index(CABLES))._handed_over(7, hints)
    assert len(looked) < len(hints)  # and not the square of it


def test_velocities_speak_for_and_against() -> None:
    assert motion_llr(0.5) == pytest.approx(math.log(5.0))
    assert motion_llr(2.0) == pytest.approx(0.0)
    assert motion_llr(5.0) == pytest.approx(-math.log(5.0))
    assert motion_llr(math.nan) == 0.0


# in turns


def test_two_names_in_turns_are_told_at_the_end_of_the_bin() -> None:
    said = changes(ship(), statics=names(*["ANNA", "SHUNXING 39"] * 3))
    assert said["event"].tolist() == [RAISED, CLOSED]
    assert said["mmsi"].tolist() == [ONE, ONE] and said["other_mmsi"].tolist() == [0, 0]
    assert BANDS[1] <= said["log_odds"][0] < BANDS[2]


def test_numbers_beside_names_say_more() -> None:
    numbers = names(imo=(9224984, 9074729) * 3, from_min=130)
    said = changes(ship(), statics=Statics.concat([names(*["ANNA", "SHUNXING 39"] * 3), numbers]))
    assert said["event"].tolist() == [RAISED, UPDATED, CLOSED]
    assert said["log_odds"][1] >= BANDS[2] - 1e-6
    assert evaluate(0.0, 0.0, *[identity.TURNS_LLR] * 2) == pytest.approx(0.0)


@pytest.mark.parametrize(
    "said",
    [
        names("ANNA", "ANNA", "BERTA", "BERTA", "BERTA"),
        names(*["ANNA MAERSK", "ANNA MAERSX"] * 3),
        names(*["ANNA MAERSK", "ANNA"] * 3),
        names(imo=(9224984, 9224985) * 3),
    ],
    ids=["renamed", "a slip", "cut short", "no IMO number"],
)
def test_what_is_no_second_identity(said: Statics) -> None:
    assert len(changes(ship(), statics=said)) == 0


def test_two_ships_under_one_number_are_two_ships() -> None:
    far = replace(ship(), lat_deg=ship().lat_deg + 1.0)
    assert len(changes(ship(), far, statics=names(*["ANNA", "SHUNXING 39"] * 3))) == 0


@pytest.mark.parametrize("second", [78.1, 85.0], ids=["the first", "a later one"])
def test_one_fix_from_elsewhere_hides_nothing(second: float) -> None:
    false = replace(ship().take(slice(0, 1)), lat_deg=np.array([57.0]))
    false = replace(false, t_ms=np.array([T0_MS + int(second * MINUTE_MS)]))
    in_turns = names(*["ANNA", "SHUNXING 39"] * 3)
    said = changes(ship(), false, statics=in_turns)
    alone = changes(ship(), statics=in_turns)
    for name in ("t_ms", "event", "started_ms", "lat"):
        assert said[name].tolist() == alone[name].tolist()


def test_what_is_no_ship_has_no_identity_to_change() -> None:
    aircraft = 111219001
    said = replace(names(*["ANNA", "SHUNXING 39"] * 3), mmsi=np.full(6, aircraft, np.int32))
    assert len(changes(as_number(ship(), aircraft), ship(), statics=said)) == 0


def test_what_is_found_again_in_the_last_bin_goes_on() -> None:
    """Else an alert would close and be raised at one time, by one name."""
    rng = np.random.default_rng(4)

    def course(s: Array) -> Array:
        return np.where(s // 3600 % 2 == 0, 90.0, 270.0)

    to_and_fro = sail(rng, ONE, T0_MS, 15.0, -0.1, 55.0, steady(1.0), course, 60.0)
    turns = [names(*["ANNA", "SHUNXING 39"] * 3, from_min=40), names("ANNA", from_min=782)]
    said = changes(to_and_fro, statics=Statics.concat(turns))
    assert said["event"].tolist() == [RAISED, CLOSED]
    assert said["t_ms"][1] - T0_MS > 25 * HOUR_MS


def test_a_fix_goes_on_the_nearest_track_and_a_number_keeps_few() -> None:
    kept = Turning(0, 0, {"name"})
    for k in range(20):
        kept.take((k * 10_000, 0.0001 * k, 55.0, 3.0, 90.0, 0))
        kept.take((k * 10_000 + 1, 10.0 + 5.0 * k, -40.0, 3.0, 90.0, 0))
    assert kept.is_one and len(kept.tracks) <= TRACKS_MAX
    assert kept.fix is not None and kept.fix[2] == 55.0
    kept.take((200_000, 10.0 + 5.0 * 19, -40.0, 3.0, 90.0, 0))
    assert not kept.is_one


def test_a_ship_heard_every_few_hours_is_one_track_and_lone_fixes_are_forgotten() -> None:
    kept = Turning(0, 0, {"name"})
    for k in range(6):
        kept.take((3 * k * HOUR_MS, 0.1 * k, 55.0, 3.0, 90.0, 0))
        if k in (2, 4):
            kept.take((3 * k * HOUR_MS + 60_000, 10.0, 54.0 + k / 4, 3.0, 90.0, 0))
    assert kept.is_one and kept.fix is not None and kept.fix[2] == 55.0


def found(ratio: list[float], newest_ms: int, other: int) -> Change:
    fix = (newest_ms, 0.0, 55.0, 9.0, 90.0, 0)
    return Change(OTHER, other, 0, newest_ms, fix, ratio, [float(newest_ms)] * 6)


def test_a_change_found_again_goes_on_from_its_newest_fix() -> None:
    kept = found([0.0, 0.0, 5.0, 0.0], 200, 0)
    _join(kept, found([6.0, -1.5, 0.0, 0.0], 100, ONE))
    assert (kept.newest_ms, kept.fix[0], kept.other) == (200, 200, ONE)
    assert kept.ratio == [6.0, -1.5, 5.0, 0.0]  # what speaks against it is not left out
    _join(kept, found([3.0, 1.0, 0.0, 0.0], 300, ONE + 5))
    assert (kept.newest_ms, kept.other, kept.ratio[:2]) == (300, ONE, [6.0, -1.5])


def test_where_no_cable_is_met_or_ahead_nothing_is_said() -> None:
    away = replace(ship(), lon_deg=ship().lon_deg + 40.0)
    assert len(changes(away, statics=names(*["ANNA", "SHUNXING 39"] * 3))) == 0


def test_a_silence_between_says_nothing_else() -> None:
    said = changes(with_gaps(ship(), (150.0, 155.0)), statics=names(*["ANNA", "SHUNXING 39"] * 3))
    assert said["event"].tolist() == [RAISED, CLOSED]


def test_names_and_numbers() -> None:
    assert not are_names_apart("anna  maersk", "ANNA MAERSK")
    assert are_names_apart("ANNA", "BERTA")
    assert is_imo(9074729) and not is_imo(9074728) and not is_imo(0)
