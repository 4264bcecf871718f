"""How good probabilities are, and what the simple rule comes to on the same people.

calibration      people in tenths by their probability: what was predicted, and what came about
in the top tenth of all orderers, how many are among the tenth that is put first
AUC              how often, of one who ordered and one who did not, the former is put before the latter
Brier score      the mean square of probability less outcome (Brier 1950); less is better
"""

from typing import Final

import numpy as np
from msgspec import Struct

from regulars.insight.likelihood.columns import Numbers, Truths

TENTHS: Final = 10
CERTAIN: Final = 2.0
"""Standard errors by which one must be ahead before it is said to be."""


class Tenth(Struct, frozen=True):
    """`predicted` is the mean probability, `observed` the share that ordered."""

    people: int
    ordered: int
    predicted: float
    observed: float


class Grades(Struct, frozen=True):
    in_top_tenth: float
    auc: float
    brier: float


class Figures(Struct, frozen=True):
    """Of people at moments after all that was learned from; somebody counts once at each moment. `tenths` begin with the least
    probable. `ahead` is by how much the model's AUC is above the rule's, `ahead_error` its standard error (DeLong, DeLong,
    Clarke-Pearson: Biometrics 44, 1988).
    """

    people: int
    ordered: int
    tenths: tuple[Tenth, ...]
    model: Grades
    rule: Grades
    ahead: float
    ahead_error: float

    @property
    def beats_rule(self) -> bool:
        """Whether more than chance speaks for it."""
        return self.ahead > CERTAIN * self.ahead_error


class RecencyRule(Struct, frozen=True):
    """“Most recent buyers first”, and the share that ordered so far in each tenth of that order as a probability."""

    borders: tuple[float, ...]
    shares: tuple[float, ...]

    def probabilities(self, recency: Numbers) -> Numbers:
        return np.array(self.shares)[np.searchsorted(np.array(self.borders), recency, side="right")]


def learned_rule(recency: Numbers, ordered: Truths) -> RecencyRule:
    borders = np.unique(np.quantile(recency, np.arange(1, TENTHS) / TENTHS))
    place = np.searchsorted(borders, recency, side="right")
    people = np.bincount(place, minlength=len(borders) + 1)
    orderers = np.bincount(place[ordered], minlength=len(borders) + 1)
    shares = (orderers + ordered.mean()) / (people + 1)
    return RecencyRule(tuple(borders.tolist()), tuple(shares.tolist()))


def graded(probabilities: Numbers, recency: Numbers, by_rule: Numbers, ordered: Truths) -> Figures:
    """Somebody must have ordered, and somebody must not."""
    ahead, error = _ahead(probabilities, recency, ordered)
    return Figures(
        len(ordered),
        int(ordered.sum()),
        _tenths(probabilities, ordered),
        Grades(_in_top_tenth(probabilities, ordered), _auc(probabilities, ordered), _brier(probabilities, ordered)),
        Grades(_in_top_tenth(recency, ordered), _auc(recency, ordered), _brier(by_rule, ordered)),
        ahead,
        error,
    )


def _tenths(probabilities: Numbers, ordered: Truths) -> tuple[Tenth, ...]:
    order = np.argsort(probabilities, kind="stable")
    return tuple([_tenth(probabilities[some], ordered[some]) for some in np.array_split(order, TENTHS) if len(some)])


def _tenth(probabilities: Numbers, ordered: Truths) -> Tenth:
    return Tenth(len(ordered), int(ordered.sum()), float(probabilities.mean()), float(ordered.mean()))


def _in_top_tenth(order: Numbers, ordered: Truths) -> float:
    """Of those who stand alike across the border, their share counts: no order among them is made up."""
    wanted = -(-len(order) // TENTHS)
    border = np.sort(order)[-wanted]
    above, level = order > border, order == border
    part = (wanted - above.sum()) / level.sum()
    return float((ordered[above].sum() + part * ordered[level].sum()) / ordered.sum())


def _auc(order: Numbers, ordered: Truths) -> float:
    return float(_placements(order, ordered)[0].mean())


def _brier(probabilities: Numbers, ordered: Truths) -> float:
    return float(((probabilities - ordered) ** 2).mean())


def _ahead(one: Numbers, other: Numbers, ordered: Truths) -> tuple[float, float]:
    of_one, of_other = _placements(one, ordered), _placements(other, ordered)
    more = [ours - theirs for ours, theirs in zip(of_one, of_other, strict=True)]
    error = sum([float(part.var(ddof=1)) / len(part) if len(part) > 1 else 0.0 for part in more]) ** 0.5
    return float(more[0].mean()), error


def _placements(order: Numbers, ordered: Truths) -> tuple[Numbers, Numbers]:
    """Of each who ordered, the share of the others that they are put before; of each other, the share of orderers put before them.
    Those who stand alike count half.
    """
    yes, no = order[ordered], order[~ordered]
    return _share_below(yes, no), 1 - _share_below(no, yes)


def _share_below(some: Numbers, others: Numbers) -> Numbers:
    sorted_others = np.sort(others)
    below = np.searchsorted(sorted_others, some, side="left") + np.searchsorted(sorted_others, some, side="right")
    return below / (2 * len(others))
