"""The figures, reckoned by hand and by drawing lots."""

import numpy as np
import pytest

from regulars.insight.likelihood.figures import graded, learned_rule


def test_a_handful_by_hand() -> None:
    """Of six pairs of one who ordered and one who did not, the probability puts five right; the rule puts two right, and two stand
    alike."""
    ordered = np.array([True, True, False, False, False])
    probabilities = np.array([0.9, 0.4, 0.5, 0.2, 0.1])
    recency = np.array([-1.0, -9.0, -1.0, -1.0, -5.0])

    found = graded(probabilities, recency, np.full(5, 0.4), ordered)

    assert found.model.auc == pytest.approx(5 / 6)
    assert found.rule.auc == pytest.approx((1 + 2 * 0.5) / 6)
    assert found.ahead == pytest.approx(3 / 6)
    assert found.model.in_top_tenth == pytest.approx(1 / 2)
    assert found.rule.in_top_tenth == pytest.approx(1 / 3 / 2), "three stand alike for one place"
    assert found.model.brier == pytest.approx((0.01 + 0.36 + 0.25 + 0.04 + 0.01) / 5)
    assert found.rule.brier == pytest.approx(0.24)
    assert [one.people for one in found.tenths] == [1, 1, 1, 1, 1]
    assert [one.observed for one in found.tenths] == [0, 0, 1, 0, 1]


def test_it_claims_to_be_ahead_as_seldom_as_it_should() -> None:
    """Two standard errors are passed by chance alone in 2.3 % of all trials: of 400, hardly ever in more than 20."""
    random = np.random.default_rng(7)
    claims = 0
    for _ in range(400):
        ordered = random.random(300) < 0.2
        claims += graded(random.random(300), random.random(300), np.full(300, 0.2), ordered).beats_rule
    assert 0 < claims <= 20


def test_the_rule_says_what_was_so_in_each_tenth() -> None:
    recency = -np.arange(1_000.0)
    ordered = recency > -100
    rule = learned_rule(recency, ordered)

    assert rule.probabilities(np.array([-5.0]))[0] == pytest.approx(1.0, abs=0.01)
    assert rule.probabilities(np.array([-500.0, -5_000.0])) == pytest.approx(0.0, abs=0.01)


def test_where_all_stand_alike_the_rule_says_the_same_of_all() -> None:
    rule = learned_rule(np.zeros(50), np.arange(50) < 10)
    assert rule.probabilities(np.array([0.0, -3.0]))[0] == pytest.approx(0.2, abs=0.01)
