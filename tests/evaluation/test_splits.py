"""The splits are frozen: a change of theirs is a change of every figure ever reported."""

import hashlib

import numpy as np

from cablewatch.evaluation.classes import kind_of
from cablewatch.evaluation.splits import SPLITS, split_of_day, split_of_ship, within
from cablewatch.units import DAY_MS

JUNE_MS = 1_527_811_200_000  # 1 June 2018
FROZEN = "5f96b5910095a2e0"


def test_ships_belong_where_they_always_did() -> None:
    halves = "".join(split_of_ship(201_000_000 + 7919 * k)[0] for k in range(5000))
    assert hashlib.sha256(halves.encode()).hexdigest()[:16] == FROZEN
    assert 0.47 < halves.count("c") / 5000 < 0.53


def test_even_days_calibrate() -> None:
    assert [split_of_day(JUNE_MS + k * DAY_MS) for k in range(4)] == [*SPLITS[::-1]] * 2
    assert split_of_day(JUNE_MS + DAY_MS - 1) == "report"


def test_the_halves_share_neither_a_ship_nor_a_day() -> None:
    rng = np.random.default_rng(0)
    t_ms = JUNE_MS + rng.integers(0, 8 * DAY_MS, 4000)
    mmsi = rng.integers(201_000_000, 775_000_000, 60)[rng.integers(0, 60, 4000)]
    ours, theirs = (within(split, t_ms, mmsi) for split in SPLITS)
    assert ours.any() and theirs.any() and not (ours & theirs).any()
    assert not set(mmsi[ours]) & set(mmsi[theirs])
    assert not set(t_ms[ours] // DAY_MS) & set(t_ms[theirs] // DAY_MS)
    assert len(within("report", np.zeros(0, np.int64), np.zeros(0, np.int64))) == 0


def test_classes_by_type_then_length_then_speed() -> None:
    assert kind_of(52, 200, 12.0) == ("service", "type")
    assert kind_of(31, 0, 12.0).name == "service"
    assert kind_of(30, 0, 12.0).name == "fishing"
    assert kind_of(90, 200, 12.0) == ("other", "type")
    assert kind_of(0, 30, 12.0) == ("other", "length")
    assert kind_of(0, 0, float("nan")) == ("unknown", "nothing")
