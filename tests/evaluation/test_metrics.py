"""Intervals and curves against tables and cases worked by hand."""

import math

import numpy as np
import pytest

from cablewatch.evaluation.metrics import (
    average_precision,
    bootstrap_interval,
    poisson_interval,
    posterior,
    precision_recall,
    wilson_interval,
)


# Garwood (1936); as tabulated by Ulm (1990) and in textbooks, two-sided 95 %
@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(0, 0.0, 3.689), (1, 0.025, 5.572), (2, 0.242, 7.225), (10, 4.795, 18.390)],
)
def test_poisson_intervals_are_those_of_the_table(count: int, low: float, high: float) -> None:
    assert poisson_interval(count) == pytest.approx((low, high), abs=1e-3)


def test_a_count_of_hundreds_has_an_interval() -> None:
    assert poisson_interval(100) == pytest.approx((81.36, 121.63), abs=0.01)
    assert poisson_interval(800)[0] == pytest.approx(745.5, abs=0.5)


def test_wilson_intervals() -> None:
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)  # Newcombe 1998
    assert all(map(math.isnan, wilson_interval(0, 0)))


def test_bootstrap_is_the_same_for_one_seed_and_draws_ships_not_trials() -> None:
    ships = [1, 1, 1, 2, 2, 2, 3, 3, 3]
    hits = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert bootstrap_interval(ships, hits, 7) == bootstrap_interval(ships, hits, 7)
    assert bootstrap_interval(ships, hits, 7) == (0.0, 1.0)  # 1 of 27 draws is all of one ship
    low, high = bootstrap_interval(list(range(9)), hits, 7)
    assert 0.0 <= low < 1 / 3 < high < 1.0
    assert all(map(math.isnan, bootstrap_interval([4, 4], [1.0, 0.0], 7)))


def test_precision_and_recall_by_hand() -> None:
    scores = np.array([0.9, 0.8, 0.8, 0.3, 0.0])
    positive = np.array([True, True, False, True, False])
    recall, precision = precision_recall(scores, positive)
    assert recall.tolist() == pytest.approx([1 / 3, 2 / 3, 1.0, 1.0])
    assert precision.tolist() == pytest.approx([1.0, 2 / 3, 3 / 4, 3 / 5])
    by_hand = 1 / 3 * 1.0 + 1 / 3 * 2 / 3 + 1 / 3 * 3 / 4
    assert average_precision(scores, positive) == pytest.approx(by_hand)


def test_a_detector_that_scores_all_alike_has_the_share_of_drags() -> None:
    positive = np.arange(10) < 3
    assert average_precision(np.zeros(10), positive) == pytest.approx(0.3)
    assert average_precision(1.0 * positive, positive) == 1.0
    assert math.isnan(average_precision(np.zeros(3), np.zeros(3, bool)))
    assert precision_recall(np.zeros(0), np.zeros(0, bool))[0].tolist() == []


def test_share_of_true_alerts_by_hand() -> None:
    assert posterior(0.5, 0.001, 0.002) == pytest.approx(0.5)
    assert math.isnan(posterior(0.0, 0.0, 0.002))
