"""The typical speed of a class: what it is worth, and what a foreign message cannot do to it."""

import math
from dataclasses import replace

import numpy as np
import pytest
from laws import Scene
from oracle import typical_ratio
from tracks import DRAGGER, LAT, T0_MS, cable, lengths, sail, steady, towing, types

from cablewatch.alerts.book import AlertBook
from cablewatch.alerts.model import Alert
from cablewatch.engine.speed_loss import speed_ratio_llr, typical_ratio_llr
from cablewatch.engine.typical_speed import SPREAD, typical_kn
from cablewatch.fixes import Array, Fixes
from cablewatch.units import HOUR_MS, MINUTE_MS
from cablewatch.vessels.register import Vessels
from cablewatch.vessels.statics import Statics

MERIDIAN = cable("m", [(0.0, 54.0), (0.0, 56.0)])
CARGO, TANKER, FISHING = 70, 80, 30


def test_cargo_ships_and_tankers_have_a_typical_speed_and_no_others() -> None:
    for ship_type in (0, 20, 30, 31, 36, 37, 40, 52, 60, 69, 90, 99, 255):
        assert math.isnan(typical_kn(ship_type, 180))
    for ship_type in range(70, 90):
        assert 10.0 < typical_kn(ship_type, 90) < typical_kn(ship_type, 225) < 15.0
        assert typical_kn(ship_type, 0) == typical_kn(ship_type, -1)  # not known, disputed


@pytest.mark.parametrize(("ship_type", "length_m", "kn"), [(70, 225, 14.8), (80, 229, 14.5)])
def test_a_typical_speed_is_what_such_a_ship_is_built_for_or_less(
    ship_type: int, length_m: int, kn: float
) -> None:
    """Yi Peng 3, as published; a tanker of Eagle S's length."""
    assert 0.75 * kn <= typical_kn(ship_type, length_m) <= kn


@pytest.mark.parametrize("spread", [SPREAD, 0.15])
def test_a_loss_is_worth_less_by_as_much_as_ships_of_a_class_differ(spread: float) -> None:
    for share in np.arange(0.42, 1.6, 0.02):
        d = math.log(share)
        said = typical_ratio_llr(d, spread)
        assert said == pytest.approx(typical_ratio(d, spread), abs=1e-3)
        assert math.log(0.05 / 0.9) <= said < math.log(9.5)
    for share in (0.55, 0.7, 0.8, 1.0):  # of an own speed ten minutes say all
        d = math.log(share)
        assert abs(typical_ratio_llr(d, spread)) < 0.99 * abs(10.0 * speed_ratio_llr(d))


def test_without_a_spread_it_is_the_ratio_of_an_own_speed() -> None:
    for share in (0.52, 0.6, 0.7, 0.79):
        d = math.log(share)
        assert typical_ratio_llr(d, 1e-3) == pytest.approx(10.0 * speed_ratio_llr(d), abs=0.15)


def test_nothing_is_said_of_a_ship_much_slower_than_her_class() -> None:
    for d in (math.log(0.40), math.log(0.2), -4.6, math.nan):
        assert typical_ratio_llr(d, SPREAD) == 0.0


def losses(fixes: Fixes, statics: Statics) -> tuple[Array, Array]:
    """The CUSUM and the own baseline at the end of every minute."""
    scene, said, before_ms = Scene(fixes, statics, (MERIDIAN,)), [], -(1 << 62)
    engine = scene.engine(max_ships=1, max_candidates=1)
    for now_ms in range(T0_MS + 2 * MINUTE_MS, int(fixes.t_ms[-1]), MINUTE_MS):
        engine.push(*scene.between(before_ms, now_ms), now_ms)
        before_ms = now_ms
        said.append(engine.state.ships[["cusum", "baseline_kn"]][0].item())
    cusum, baseline = np.array(said).T
    return cusum, baseline


def tow() -> Fixes:
    return towing(np.random.default_rng(3), DRAGGER, T0_MS)


def said(*rows: tuple[int, int]) -> Statics:
    """Types that the ship says, by minute."""
    return types([(T0_MS + minute * MINUTE_MS + 500, DRAGGER, kind) for minute, kind in rows])


def test_a_ship_in_tow_when_first_heard_has_a_loss_within_the_hour() -> None:
    of_cargo, own = losses(tow(), said((1, CARGO)))
    assert 1.0 < of_cargo[20:55].max() < 2.0
    assert losses(tow(), Statics.empty())[0][:60].max() == 0.0
    assert losses(tow(), said((1, FISHING)))[0][:60].max() == 0.0
    assert np.isnan(own[:119]).all()  # the tow does not become the habit while its cycle is found


def test_nothing_is_said_of_a_ship_not_under_command() -> None:
    """A tanker towed after a night adrift: slow and yawing, and her status says why."""
    helpless = replace(tow(), nav_status=np.full(len(tow()), 2, np.uint8))
    assert drags(tow(), said((1, CARGO))) != []
    assert drags(helpless, said((1, CARGO))) == []


def test_a_foreign_type_does_not_hide_a_tow() -> None:
    """Nor does one that takes turns with it, nor a length that disputes hers."""
    plain, _ = losses(tow(), said((1, CARGO)))
    forged = [(minute, FISHING) for minute in range(2, 60)]
    assert losses(tow(), said((1, CARGO), *forged))[0].tolist() == plain.tolist()
    both = said((1, CARGO), (2, TANKER), (8, CARGO), (9, TANKER))
    assert losses(tow(), both)[0][20:55].max() > 1.0
    disputed = lengths([(T0_MS + k * MINUTE_MS, DRAGGER, m) for k, m in ((3, 180), (4, 20))])
    known = Statics.concat([said((1, CARGO)), disputed])
    assert losses(tow(), known)[0][20:55].max() > 1.0


def test_type_and_length_count_from_messages_of_their_own() -> None:
    fixes = tow()
    statics = Statics.concat([said((1, CARGO)), lengths([(T0_MS + 2 * MINUTE_MS, DRAGGER, 120)])])
    statics = Statics.concat([statics, said((3, FISHING))])
    engine = Scene(fixes, statics, (MERIDIAN,)).engine()
    engine.push(fixes, statics, int(fixes.t_ms[-1]))
    (ship,) = engine.state.ships[engine.state.ships["mmsi"] != 0]
    assert (ship["length_m"], ship["ship_type"]) == (120, CARGO)


def test_what_was_said_of_a_ship_that_stayed_away_for_days_is_forgotten() -> None:
    fixes = tow()
    late = T0_MS - 50 * HOUR_MS
    statics = Statics.concat([types([(late, DRAGGER, CARGO)]), lengths([(T0_MS, DRAGGER, 120)])])
    engine = Scene(fixes, statics, (MERIDIAN,)).engine()
    engine.push(fixes, statics, int(fixes.t_ms[-1]))
    (ship,) = engine.state.ships[engine.state.ships["mmsi"] != 0]
    assert (ship["length_m"], ship["ship_type"]) == (120, 0)


def test_a_slow_ship_learns_her_own_speed_and_is_suspected_no_more() -> None:
    """A bulk carrier at 9 kn all day, two thirds of what is typical, without a cycle."""
    rng = np.random.default_rng(5)
    fixes = sail(rng, DRAGGER, T0_MS, 4.0, -0.5, LAT, steady(9.0), steady(90.0))
    cusum, own = losses(fixes, said((1, CARGO)))
    assert cusum[20:80].max() > 0.5
    assert np.isnan(own[:85]).all() and own[95:].min() > 8.5
    assert cusum[110:].max() == 0.0


def drags(fixes: Fixes, statics: Statics) -> list[Alert]:
    """Versions of the drag alerts of a scene."""
    book = AlertBook((MERIDIAN,), Vessels(), lambda code: ("s1",), "0", "test")
    said_of = Scene(fixes, statics, (MERIDIAN,)).engine().push(fixes, statics, int(fixes.t_ms[-1]))
    return [alert for alert in book.take(said_of) if alert.kind == "anchor_drag"]


@pytest.mark.parametrize("kn", [5.5, 6.5, 7.5])
def test_a_tow_of_a_ship_first_heard_in_it_is_told_by_the_type_alone(kn: float) -> None:
    """At 0.42-0.58 of 13 kn, within the two hours that it lasts; the cycle holds."""
    fixes = towing(np.random.default_rng(3), DRAGGER, T0_MS, kn)
    known = Statics.concat([said((1, CARGO)), lengths([(T0_MS + 90_000, DRAGGER, 180)])])
    assert drags(fixes, known)[0].raised_ms < T0_MS + 2 * HOUR_MS
    assert drags(fixes, known.take(known.ship_type == 0)) == []


def test_the_evidence_says_whose_speed_it_is() -> None:
    """A tow whose cycle holds is told, with the typical speed that it is held against."""
    fixes = towing(np.random.default_rng(3), DRAGGER, T0_MS, 7.2)
    known = Statics.concat([said((1, CARGO)), lengths([(T0_MS + 90_000, DRAGGER, 180)])])
    terms = {term.name: term for term in drags(fixes, known)[0].evidence}
    assert terms["own_speed"].value == pytest.approx(13.0)
    assert "typical for a cargo ship of 180 m, 13.0 kn" in terms["own_speed"].text
    assert terms["ship_type"].value == CARGO and terms["ship_type"].contribution == 0.0
    assert 0.5 < terms["speed_loss"].contribution < 2.0
