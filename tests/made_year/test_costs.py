"""What the year costs: planned by the busyness of the months."""

import csv

from regulars.made_year import costs
from regulars.made_year.costs import COLUMNS, CURRENCY
from regulars.made_year.model import Model

MODEL = Model()


def test_the_table_has_its_columns_and_one_row_for_each_month_channel_and_campaign():
    rows = list(csv.DictReader(costs.lines(MODEL, 5_000)))

    assert tuple(rows[0]) == COLUMNS
    assert {row["currency"] for row in rows} == {CURRENCY}
    keys = [(row["month"], row["channel"], row["campaign"]) for row in rows]
    assert keys == sorted(set(keys))
    assert all(int(row["amount_minor"]) > 0 for row in rows)


def test_advertising_costs_most_in_november():
    paid = {month: amount for month, channel, _, amount, _ in costs.rows(MODEL, 5_000) if channel == "paid_search"}

    assert len(paid) == 12
    assert max(paid, key=paid.__getitem__) == "2025-11"


def test_a_shop_of_twice_the_size_pays_twice_for_its_traffic_and_the_same_for_a_campaign():
    small, large = [{row[:3]: row[3] for row in costs.rows(MODEL, customers)} for customers in (10_000, 20_000)]
    searched, offered = ("2025-10", "paid_search", ""), ("2025-09", "site", "autumn-offer")

    assert abs(large[searched] - 2 * small[searched]) <= 1
    assert large[offered] == small[offered] == 150_000


def test_the_first_days_of_a_year_cost_what_begins_in_them():
    rows = costs.rows(MODEL, 5_000, days=45)

    assert {row[0] for row in rows} == {"2025-01", "2025-02"}
    assert [row[2] for row in rows if row[2]] == ["checkout-in-one-page"]


def test_every_campaign_has_its_cost():
    assert {row[2] for row in costs.rows(MODEL, 5_000) if row[2]} == {one.id for one in MODEL.campaigns.all}
