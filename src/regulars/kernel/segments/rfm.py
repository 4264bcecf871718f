"""Recency, frequency and money, each scored from 1 to 5: an old practice of catalogue houses, with names for what comes out.

The three scores of whoever ever ordered are one of 125 cells, and each cell has one name of eleven. The grid is the one in wide
use, as the documentation of Bloomreach Engagement gives it (“RFM Segmentation”, eleven segments). Scores are by cut points: so they
mean the same tomorrow, and do not hang on what other customers do.

A name, like a range of scores, is a condition made of others: boxes of cells, and of each how old the last order is, how many
there were and what they sum up to.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import groupby
from typing import Final

from msgspec import Struct

from regulars.kernel.calendar import Duration
from regulars.kernel.facts import ORDER_COMPLETED
from regulars.kernel.segments.tree import All, AnyOf, Condition, Did, Since, Sum, Times, Trailing
from regulars.kernel.segments.values import AMOUNT, Bounds

GRID: Final[Mapping[str, str]] = {
    "champions": "555 554 544 545 454 455 445",
    "loyal": "543 444 435 355 354 345 344 335",
    "potential_loyalists": (
        "553 551 552 541 542 533 532 531 452 451 442 441 431 453 433 432 423 353 352 351 342 341 333 323"
    ),
    "new_customers": "512 511 422 421 412 411 311",
    "promising": "525 524 523 522 521 515 514 513 425 424 413 414 415 315 314 313",
    "need_attention": "535 534 443 434 343 334 325 324",
    "about_to_sleep": "331 321 312 221 213 231 241 251",
    "at_risk": "255 254 245 244 253 252 243 242 235 234 225 224 153 152 145 143 142 135 134 133 125 124",
    "cannot_lose": "155 154 144 214 215 115 114 113",
    "hibernating": "332 322 233 232 223 222 132 123 122 212 211",
    "lost": "111 112 121 131 141 151",
}
"""By name the cells: recency, frequency, money."""

Range = tuple[int, int]
Box = tuple[Range, Range, Range]

ALL: Final[Range] = (1, 5)


class Rfm(Struct, frozen=True):
    """Cut points, four of each, ascending. Recency is 5 up to the first and 1 beyond the last. The others are 1 below the first
    and 5 from the last on: so many orders, and so much money, within the last `within`.
    """

    recency: tuple[Duration, ...] = (
        Duration(30, "days"),
        Duration(60, "days"),
        Duration(90, "days"),
        Duration(180, "days"),
    )
    frequency: tuple[int, ...] = (2, 3, 5, 10)
    monetary_minor: tuple[int, ...] = (50_00, 100_00, 250_00, 500_00)
    within: Duration = Duration(12, "months")


def named(name: str, rfm: Rfm) -> Condition:
    """One of the names of `GRID` as a condition."""
    found = tuple([scored(*box, rfm) for box in boxes(GRID[name].split())])
    return found[0] if len(found) == 1 else AnyOf(found)


def scored(recency: Range, frequency: Range, money: Range, rfm: Rfm) -> Condition:
    """Scores from, to. Whoever never ordered has none."""
    parts = [_recency(recency, rfm), *_reached(frequency, rfm.frequency, Times(), rfm)]
    parts += _reached(money, rfm.monetary_minor, Sum(AMOUNT), rfm)
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def boxes(cells: Iterable[str]) -> list[Box]:
    """The cells as few boxes: runs of money, of these runs of frequency, and of these runs of recency."""
    columns: dict[tuple[int, int], list[int]] = {}
    for cell in sorted(cells):
        columns.setdefault((int(cell[0]), int(cell[1])), []).append(int(cell[2]))
    flat = [(r, f, money) for (r, f), scores in sorted(columns.items()) for money in _runs(scores)]
    sheets: dict[tuple[int, Range], list[int]] = {}
    for r, f, money in flat:
        sheets.setdefault((r, money), []).append(f)
    solids: dict[tuple[Range, Range], list[int]] = {}
    for (r, money), scores in sorted(sheets.items()):
        for frequency in _runs(scores):
            solids.setdefault((frequency, money), []).append(r)
    return [
        (recency, frequency, money)
        for (frequency, money), scores in sorted(solids.items())
        for recency in _runs(scores)
    ]


def _runs(scores: list[int]) -> list[Range]:
    """Of ascending scores, those that follow one another."""
    found = [[score for _, score in run] for _, run in groupby(enumerate(scores), lambda pair: pair[1] - pair[0])]
    return [(run[0], run[-1]) for run in found]


def _recency(scores: Range, rfm: Rfm) -> Condition:
    if scores == ALL:
        return Did(ORDER_COMPLETED)
    lowest, highest = scores
    more_than = rfm.recency[4 - highest] if highest < 5 else None
    less_than = rfm.recency[5 - lowest] if lowest > 1 else None
    return Since(ORDER_COMPLETED, "last", more_than, less_than)


def _reached(scores: Range, cuts: tuple[int, ...], counted: Times | Sum, rfm: Rfm) -> list[Condition]:
    if scores == ALL:
        return []
    lowest, highest = scores
    least = Fraction(cuts[lowest - 2]) if lowest > 1 else None
    most = Fraction(cuts[highest - 1] - 1) if highest < 5 else None
    return [Did(ORDER_COMPLETED, counted, Bounds(least, most), Trailing(rfm.within))]
