"""Recency, frequency and money: each customer one cell, each cell one name."""

from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.kernel.calendar import Duration
from regulars.kernel.facts import OrderCompleted
from regulars.kernel.segments.meaning import Known, is_in
from regulars.kernel.segments.rfm import ALL, GRID, Rfm, boxes, named, scored
from regulars.kernel.segments.tree import Trailing
from regulars.kernel.segments.windows import counts_during, left_at, second_of
from tests.kernel.segments.drawn import moments, people
from tests.shop import at, line, order, program

CELLS = ["".join(cell) for cell in product("12345", repeat=3)]


def names_of(known: Known, day: str, rfm: Rfm | None = None) -> list[str]:
    return [name for name in GRID if is_in(named(name, rfm or Rfm()), known, at(f"{day} 18:00"))]


def bought(*orders: tuple[str, str]) -> Known:
    facts = [
        order(at(f"{day} 12:00"), line(amount), id=f"{day}-{number}") for number, (day, amount) in enumerate(orders)
    ]
    return Known("ada", program().calendar, facts)


def test_every_cell_of_the_grid_has_exactly_one_name():
    assert sorted([cell for cells in GRID.values() for cell in cells.split()]) == CELLS


def test_the_page_shows_the_grid():
    page = (Path(__file__).parents[3] / "docs/segments.md").read_text(encoding="utf-8")

    assert [name for name, cells in GRID.items() if f"| `{name}` | {cells} |" not in page] == []


@pytest.mark.parametrize("name", GRID)
def test_boxes_hold_the_cells_of_a_name_each_once(name):
    inside = [
        f"{r}{f}{m}"
        for recency, frequency, money in boxes(GRID[name].split())
        for r in range(recency[0], recency[1] + 1)
        for f in range(frequency[0], frequency[1] + 1)
        for m in range(money[0], money[1] + 1)
    ]

    assert sorted(inside) == sorted(GRID[name].split())


def test_ten_orders_and_five_hundred_dollars_last_week_make_a_champion():
    often = bought(*[(f"2017-03-{day:02}", "50.00") for day in range(1, 11)])

    assert names_of(often, "2017-03-15") == ["champions"]
    assert names_of(often, "2017-12-01") == ["cannot_lose"]


def test_one_small_order():
    once = bought(("2017-01-01", "20.00"))

    assert [names_of(once, day) for day in ("2017-01-31", "2017-03-02", "2017-04-01", "2017-06-30", "2017-07-01")] == [
        ["new_customers"],
        ["new_customers"],
        ["new_customers"],
        ["hibernating"],
        ["lost"],
    ]


def test_whoever_never_ordered_has_no_score():
    nobody = bought()

    assert names_of(nobody, "2017-01-31") == []
    assert not is_in(scored(ALL, (1, 2), ALL, Rfm()), nobody, at("2017-01-31 12:00"))


durations = st.lists(st.integers(1, 400), min_size=4, max_size=4, unique=True).map(
    lambda days: tuple(Duration(count, "days") for count in sorted(days))
)
rfms = st.builds(
    Rfm,
    durations,
    st.lists(st.integers(1, 9), min_size=4, max_size=4, unique=True).map(lambda cuts: tuple(sorted(cuts))),
    st.lists(st.integers(1, 9_000), min_size=4, max_size=4, unique=True).map(lambda cuts: tuple(sorted(cuts))),
    st.builds(Duration, st.integers(1, 20), st.just("months")),
)


@given(people, moments, rfms)
def test_the_name_is_that_of_the_scores_as_reckoned_by_hand(known, now, rfm):
    orders = [one for one in known.facts if isinstance(one, OrderCompleted) and second_of(one.happened_at) <= now]
    calendar = known.calendar
    found = [name for name in GRID if is_in(named(name, rfm), known, now)]
    if not orders:
        assert found == []
        return
    recency = 5 - sum(now >= left_at(orders[-1].happened_at, cut, calendar) for cut in rfm.recency)
    stretches = [(one, counts_during(one.happened_at, Trailing(rfm.within), calendar)) for one in orders]
    recent = [one for one, (start, end) in stretches if start <= now < end]
    frequency = 1 + sum(len(recent) >= cut for cut in rfm.frequency)
    money = 1 + sum(sum(one.amount_minor for one in recent) >= Fraction(cut) for cut in rfm.monetary_minor)
    cell = f"{recency}{frequency}{money}"

    assert found == [name for name, cells in GRID.items() if cell in cells.split()]
    assert is_in(scored((recency, 5), (1, frequency), (money, money), rfm), known, now)
