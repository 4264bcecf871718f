"""Program documents for tests: drawn at random, and written down in whatever layout."""

import json
from typing import Any

from hypothesis import strategies as st

EVENTS = ("Order Completed", "Member Joined", "Product Reviewed")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

PLAIN = """\
program: corner-shop
currency: USD
time_zone: America/New_York
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
"""


def a_number(least: int, most: int, decimals: int) -> st.SearchStrategy[str]:
    scale = 10**decimals
    return st.integers(least * scale + 1, most * scale).map(lambda scaled: f"{scaled / scale:.{decimals}f}")


NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,7}", fullmatch=True).filter(lambda name: name != "none")
WORDS = st.text("abcdefg ÅÄÖ&/'#:", min_size=1, max_size=12).map(str.strip).filter(bool)
DURATIONS = st.builds(lambda count, unit: f"{count} {unit}", st.integers(30, 90), st.sampled_from(["months", "years"]))
EXPIRY = st.one_of(
    st.just("never"),
    st.just({"on": ["12-31", "02-29"], "at_least": "90 days"}),
    st.fixed_dictionaries(
        {"after": DURATIONS}, optional={"until": st.sampled_from(["end_of_week", "end_of_month", "end_of_half_year"])}
    ),
)
GOODS = st.dictionaries(NAMES, st.lists(WORDS, min_size=1, max_size=3, unique=True), min_size=1, max_size=3)
WHEN = st.one_of(
    st.fixed_dictionaries({"weekday": st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3, unique=True)}),
    st.fixed_dictionaries({"from": st.dates().filter(lambda day: 1970 <= day.year < 2200).map(str)}),
    st.just({"from": "2017-03-01", "to": "2017-04-01"}),
)
LIMITS: list[Any] = [
    {"times": "3", "per": "month"},
    [{"times": "1", "per": "day"}, {"points": "500", "per": "order", "over": "clamp"}],
    {"points": "90", "per": "lifetime", "over": "refuse"},
]
PER_AMOUNT = st.fixed_dictionaries(
    {"on": st.just("Order Completed"), "per": a_number(0, 20, 2), "points": a_number(0, 9, 1)},
    optional={
        "only": GOODS,
        "when": WHEN,
        "limit": st.sampled_from(LIMITS),
        "stack": st.sampled_from(["best", "exclusive"]),
        "basis": st.just({"of": "items", "tax": "no"}),
    },
)
FIXED = st.fixed_dictionaries(
    {"on": st.sampled_from(EVENTS), "points": st.integers(1, 500).map(str)}, optional={"when": WHEN}
)
MULTIPLIER = st.fixed_dictionaries(
    {"on": st.just("Order Completed"), "multiply": a_number(0, 4, 2)},
    optional={"when": WHEN, "stack": st.sampled_from(["adds", "multiplies", "best", "exclusive"])},
)
POINTS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.fixed_dictionaries({"one": WORDS, "other": WORDS}),
        "worth": a_number(0, 1, 3),
        "hold": st.integers(1, 60).map(lambda days: f"{days} days"),
        "expire": EXPIRY,
        "limit": st.just({"points": "5000", "per": "month", "over": "clamp"}),
    },
)
LEVEL = st.fixed_dictionaries({}, optional={"earn": a_number(1, 3, 2), "points_expire": EXPIRY})

SCORES: list[Any] = [
    {"pulse": {"half_life": "30 days", "adds": {"Order Completed": "50", "Product Viewed": {"points": "1", "at_most": "20"}}}},
    {"a": {"adds": {"Order Completed": ["5", {"points": "0.125", "where": {"category": ["tea"], "amount": {"at_least": "5"}}}]}}},
    {"b": {"half_life": "PT12H", "adds": {"Viewed": "-2.5", "Added": "3"}, "levels": [{"id": "x", "at": "9.5"}]}},
]  # fmt: skip
INTERESTS: list[Any] = [
    {"tastes": {"of": "category", "half_life": "1 week", "adds": {"Order Completed": "10", "Product Viewed": "1"}}},
    {
        "looks": {
            "of": "products.colour",
            "adds": {"Order Completed": [{"points": "2", "where": {"size": "XL"}}, "0.5"]},
        }
    },
]


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A whole program as a tree; every scalar is text."""
    first = draw(PER_AMOUNT)
    rules = [first, *draw(st.lists(st.one_of(PER_AMOUNT, FIXED, MULTIPLIER), max_size=4))]
    ids = draw(st.lists(NAMES, min_size=len(rules), max_size=len(rules), unique=True))
    document: dict[str, Any] = {
        "program": draw(WORDS),
        "currency": draw(st.sampled_from(["USD", "SEK", "EUR", "BHD"])),
        "time_zone": draw(st.sampled_from(["America/New_York", "Europe/Stockholm", "UTC"])),
        "earning": [{"id": id, **rule} for id, rule in zip(ids, rules, strict=True)],
    }
    if draw(st.booleans()):
        document["members"] = draw(st.sampled_from(["everyone", "those_who_join"]))
    if draw(st.booleans()):
        document["points"] = draw(POINTS)
    if draw(st.booleans()):
        document["pauses"] = [
            {"from": "2026-04-01", "to": "2026-09-01", "stops": ["expiry", "streaks"], "why": "Gone: away"}
        ]
    if draw(st.booleans()):
        document["tiers"] = draw(tiers())
    if draw(st.booleans()):
        document["scores"] = draw(st.sampled_from(SCORES))
        document["interests"] = draw(st.sampled_from(INTERESTS))
    return document


@st.composite
def tiers(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    steps = draw(st.lists(st.integers(0, 5000), min_size=len(names), max_size=len(names), unique=True))
    levels = [{"id": id, "at": str(at), **draw(LEVEL)} for id, at in zip(names, sorted(steps), strict=True)]
    years: list[Any] = ["calendar_year", {"year_from": "02-29"}]
    over = draw(
        st.sampled_from([*years, "rolling 1 month", "rolling 12 months", {"since_entry": "1 year"}, "lifetime"])
    )
    by = draw(st.sampled_from(["spend", "points", "orders", "visits", "referrals", {"times": "Yoga Done"}]))
    document: dict[str, Any] = {"by": by, "over": over, "levels": levels}
    if over in years:
        document |= draw(st.sampled_from([{}, {"keep": {"until": "end_of_next_year"}}, {"down": {"by": "one"}}]))
    if over != "lifetime":
        document |= draw(st.sampled_from([{}, {"grace": "2 weeks"}, {"warn": "10 days"}, {"down": "never"}]))
        if document.get("down") == "never" and ("grace" in document or "warn" in document):
            del document["down"]
    if draw(st.booleans()):
        levels[0]["gives"] = draw(st.sampled_from([{"points": "5"}, {"points": "5", "again": "yes"}]))
    return document


@st.composite
def layouts(draw: st.DrawFn, tree: Any) -> str:
    """The tree as YAML: keys in any order, tables in any style, quotation marks or none, comments anywhere."""
    return "# a program\n" + _block(draw, tree, 0) + draw(st.sampled_from(["", "\n", "\n# the end"]))


def _block(draw: st.DrawFn, tree: Any, indent: int) -> str:
    if not isinstance(tree, dict | list) or not tree or draw(st.integers(0, 3)) == 0:
        return " " + _flow(draw, tree)
    pad = " " * indent
    if isinstance(tree, dict):
        lines = [f"{pad}{key}:{_block(draw, tree[key], indent + 2)}" for key in draw(st.permutations(list(tree)))]
    else:
        lines = [f"{pad}-{_block(draw, item, indent + 2)}" for item in tree]
    comment = draw(st.sampled_from(["", " # why not"]))
    return f"{comment}\n" + "\n".join(lines)


def _flow(draw: st.DrawFn, tree: Any) -> str:
    if isinstance(tree, dict):
        keys = draw(st.permutations(list(tree)))
        return "{" + ", ".join([f"{key}: {_flow(draw, tree[key])}" for key in keys]) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join([_flow(draw, item) for item in tree]) + "]"
    quote = any(sign in tree for sign in "#:&'/,") or draw(st.booleans())
    return json.dumps(tree, ensure_ascii=False) if quote else tree
