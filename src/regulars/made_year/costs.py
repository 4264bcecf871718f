"""What the year costs, by month, channel and campaign: as a shop would keep it in a table of its own.

It is planned and not added up from what people did: rates of the model times the busyness of the month, so it is the same whoever
came, and no life is led for it.
"""

from collections.abc import Iterator
from typing import Final

from regulars.made_year.calendar import DAYS, busyness, date_of
from regulars.made_year.model import Model

COLUMNS: Final = ("month", "channel", "campaign", "amount_minor", "currency")
"""`month` as 2025-03. `channel` is a traffic channel (`paid_search`, `paid_social`, `affiliate`, `email`, `site`), or `shipping`,
`support` or `photography`. `campaign` is empty where the cost is not one campaign's. Amounts are in minor units, without tax."""
CURRENCY: Final = "EUR"

Row = tuple[str, str, str, int, str]


def rows(model: Model, customers: int, days: int = DAYS) -> list[Row]:
    """In order of month, channel and campaign."""
    found = []
    for month, share in _months(days):
        found += [
            (month, channel, "", amount, CURRENCY) for channel, amount in _running(model, customers, month, share)
        ]
        found += [
            (month, channel, campaign, amount, CURRENCY) for channel, campaign, amount in _campaigns(model, month, days)
        ]
    return sorted(found)


def lines(model: Model, customers: int, days: int = DAYS) -> Iterator[str]:
    """Those of costs.csv, the first with the names of the columns."""
    yield ",".join(COLUMNS) + "\n"
    for row in rows(model, customers, days):
        yield ",".join([str(cell) for cell in row]) + "\n"


def _months(days: int) -> list[tuple[str, float]]:
    """Each with its share of a whole year's traffic."""
    shares: dict[str, float] = {}
    for day, busy in enumerate(busyness()[:days]):
        month = date_of(day).isoformat()[:7]
        shares[month] = shares.get(month, 0.0) + busy / DAYS
    return list(shares.items())


def _running(model: Model, customers: int, month: str, share: float) -> list[tuple[str, int]]:
    costs = model.costs
    coming, orders = customers / model.coming.shoppers * share, customers * costs.orders_a_year * share
    season = int(month[5:]) in costs.photography_months
    return [
        ("paid_search", _minor(coming * costs.paid_search_share * costs.paid_search_minor)),
        ("paid_social", _minor(coming * costs.paid_social_share * costs.paid_social_minor)),
        ("affiliate", _minor(orders * costs.affiliate_share * costs.affiliate_minor)),
        ("email", customers * costs.mail_minor_a_month),
        ("shipping", _minor(orders * costs.shipping_minor)),
        ("support", _minor(orders * costs.cases_per_order * costs.case_minor)),
        *([("photography", costs.photography_minor_a_month)] if season else []),
    ]


def _campaigns(model: Model, month: str, days: int) -> list[tuple[str, str, int]]:
    amounts = dict(model.costs.campaign_minor)
    return [
        ("email" if one.kind == "mail" else "site", one.id, amounts[one.id])
        for one in model.campaigns.all
        if one.id in amounts and one.first_day < days and date_of(one.first_day).isoformat()[:7] == month
    ]


def _minor(amount: float) -> int:
    return int(amount + 0.5)
