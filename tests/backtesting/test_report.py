"""The report as words and figures: what it says of small shops, and what it must never let through."""

import json
import re
import subprocess
import sys
from base64 import b64encode
from fractions import Fraction
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise

import pytest
from msgspec.structs import replace

from regulars.backtesting.comparison import compare
from regulars.backtesting.examples import choose_examples
from regulars.backtesting.report import charts, render, words
from regulars.kernel.experiments import Arm, ForArm, Trial
from regulars.kernel.program import Fixed, Goods, Level, Multiplier, OneOf, PerAmount
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.terms import Currency
from regulars.kernel.trials import drawn
from tests.backtesting.shops import (
    FRESH,
    HOSTILE,
    LONG,
    PURCHASE,
    WEEKEND,
    Till,
    backtest,
    corner_shop,
    many_customers,
    order,
    program,
)


class Seen(HTMLParser):
    """A page as a browser takes it apart."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.ids, self.links, self.style = set(), set(), [], [], ""
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self._inside = tag
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name in ("href", "src")]

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside == "style":
            self.style += data


def report(till, rulebook):
    (outcome,) = backtest(till, rulebook)
    return render(outcome, rulebook, choose_examples(till, rulebook, outcome))


def report_of_two(till, first, second):
    outcomes = backtest(till, first, second)
    examples = choose_examples(till, first, outcomes[0])
    return render(outcomes[0], first, examples, comparison=compare(*outcomes), other=second)


def said(html, what="headline"):
    """A paragraph of the page as plain text, with plain spaces."""
    inside = found(rf'<p class="{what}">(.*?)</p>', html)
    return re.sub(r"\s+", " ", unescape(re.sub("<[^>]*>", "", inside)))


def found(pattern, html):
    match = re.search(pattern, html, flags=re.DOTALL)
    assert match, pattern
    return match[1]


def table(html, caption):
    """The cells of the first table with this caption."""
    inside = found(rf"<caption>{re.escape(caption)}</caption>(.*?)</table>", html)
    rows = re.findall("<tr.*?</tr>", inside, flags=re.DOTALL)[1:]
    cells = [re.findall("<t[hd].*?</t[hd]>", row, flags=re.DOTALL) for row in rows]
    return [[unescape(re.sub("<[^>]*>", "", cell)).strip() for cell in row] for row in cells]


@pytest.fixture(scope="module")
def corner():
    return report(corner_shop(), program())


@pytest.fixture(scope="module")
def pair():
    plain = program("corner-shop, plain weekends", earning=(PURCHASE, FRESH), version="fedcba9876543210")
    return report_of_two(corner_shop(), program(), plain)


# --- one program ---------------------------------------------------------------------------------------------------------


def test_one_sentence_says_what_it_would_have_cost():
    """Two Wednesdays at 100 and 25 dollars: 125 stars at a cent each are one per cent of sales."""
    till = Till(order("ada", "2017-03-08T12:00", 10_000), order("bob", "2017-03-15T12:00", 2_500))

    html = report(till, program(earning=(PURCHASE,)))

    assert said(html) == "In March 2017 this program would have given 125 stars, worth 1.25 USD: 1.0 % of sales."
    assert said(html, "lead") == "None of them had expired by the end: all 1.25 USD were still owed."


def test_the_account_sums_to_the_liability_whatever_a_point_is_worth():
    """At a third of a cent each: 10 stars are 3 cents, 3 of them are left, which is 1 cent, so that 2 cents have expired."""
    till = Till(order("ada", "2017-01-11T12:00", 700), order("ada", "2017-05-10T12:00", 300))

    html = report(till, program(worth=Fraction(1, 3), levels=()))

    assert table(html, "The account at the end") == [
        ["Given", "10", "0.03", "0.3"],
        ["Expired", "−7", "−0.02", "−0.2"],
        ["Outstanding", "3", "0.01", "0.1"],
    ]


def test_every_month_has_its_line(corner):
    months = table(corner, "Month by month")

    assert [row[0] for row in months] == ["Jan 2017", "Feb 2017", "Mar 2017", "Apr 2017", "May 2017", "Jun 2017"]
    given, expired = (sum(int(row[column].replace(",", "")) for row in months) for column in (3, 4))
    assert given - expired == int(months[-1][5].replace(",", ""))


def test_tenths_are_equal_in_number_and_their_shares_are_of_everybody(corner):
    tenths = table(corner, "Customers by what they spent, in tenths: their share of sales and of stars")

    assert [int(row[1]) for row in tenths] == [2, 2, 2, 3, 2, 2, 3, 2, 2, 3]
    assert sum(float(row[3]) for row in tenths) == pytest.approx(100, abs=0.5)
    assert sum(float(row[5]) for row in tenths) == pytest.approx(100, abs=0.5)


def test_tiers_rules_and_top_customers_have_their_tables(corner):
    assert [row[:2] for row in table(corner, "Customers, sales and stars by tier")] == [
        ["gold", "1"],
        ["silver", "2"],
        ["no tier", "20"],
    ]
    assert [row[0] for row in table(corner, "Stars given, by rule")] == ["purchase", "fresh"]
    assert table(corner, "The 10 customers with the most stars")[0][:3] == ["ada", "gold", "25"]


def test_each_arm_of_a_trial_has_its_cost():
    """Ada and Bob are drawn apart: the one gets the weekend's 200 stars, from the other 100 are withheld."""
    half = Fraction(1, 2)
    trial = Trial("weekends", Fraction(1), (Arm("plain", half), Arm("doubled", half)), "weekends")
    weekend = replace(WEEKEND, only_for=ForArm("weekends", "doubled"))
    tried = replace(program(earning=(PURCHASE, weekend), levels=()).program, trials=(trial,))
    names = {drawn(trial, name): name for name in ("ada", "bob", "cyd", "dan", "eve")}
    till = Till(*[order(name, "2017-03-11T12:00", 10_000) for name in sorted(names.values())])

    rows = table(report(till, Rulebook(tried, "0123456789abcdef")), "By arm")

    assert [row[:4] + row[5:] for row in rows] == [
        ["weekends: plain", "1", "100.00", "100", "100"],
        ["weekends: doubled", "1", "100.00", "200", "0"],
    ]


def test_single_orders_tell_their_story(corner):
    assert "The order that reached gold" in corner
    assert "Saturday 25 February 2017, 10:30" in corner
    assert "64 stars by “purchase”: 32 × 1.00 USD in 32.50 USD, 1 star each, times 2 (“weekend”)" in corner
    assert "they last until the end of 25 April 2017." in corner


def test_the_program_stands_there_in_its_own_words(corner):
    for sentence in program().program.describe():
        assert words.with_spoken_dates(sentence) in unescape(corner)


def test_it_says_that_customers_would_have_behaved_differently(corner):
    assert "customers who had known of the program would have bought differently" in corner


def test_orders_that_were_left_out_are_owned_up_to():
    till = Till(order("ada", "2017-03-08T12:00", 10_000), left_out_orders=2)

    assert "2 orders were left out, because a row of each could not be read." in report(till, program())


# --- odd shops -----------------------------------------------------------------------------------------------------------

ONE_ORDER = (order("ada", "2017-03-08T12:00", 10_000),)


@pytest.mark.parametrize(
    ("changes", "orders", "headline"),
    [
        (
            {"levels": ()},
            ONE_ORDER,
            "In March 2017 this program would have given 100 stars, worth 1.00 USD: 1.0 % of sales.",
        ),
        ({"earning": (FRESH,)}, ONE_ORDER, "In March 2017 this program would have given no stars."),
        ({"earning": ()}, ONE_ORDER, "In March 2017 this program would have given no stars."),
        (
            {"worth": Fraction(0)},
            ONE_ORDER,
            "In March 2017 this program would have given 100 stars, which cost the shop nothing.",
        ),
        (
            {"currency": Currency("JPY", 0)},
            ONE_ORDER,
            "In March 2017 this program would have given 100 stars, worth 100 JPY: 1.0 % of sales.",
        ),
        ({}, (order("ada", "2017-03-08T12:00", 0),), "In March 2017 this program would have given no stars."),
        (
            {"earning": (Fixed("any", "Order Completed", Fraction(1)),)},
            (order("ada", "2017-03-08T12:00", -500),),
            "In March 2017 this program would have given 1 star, worth 0.01 USD.",
        ),
        (
            {"points": ("puan", "puan")},
            (order("Şükrü Çağlayan", "2016-12-14T12:00", 10_000), order("Łucja Źdźbło", "2017-03-08T12:00", 1_000)),
            "From December 2016 to March 2017 this program would have given 110 puan, worth 1.10 USD: 1.0 % of sales.",
        ),
    ],
    ids=[
        "no tiers",
        "nothing eligible",
        "no rules",
        "worth nothing",
        "yen",
        "worthless orders",
        "deposits only",
        "Türkçe",
    ],
)
def test_an_odd_shop_has_a_report_too(changes, orders, headline):
    html = report(Till(*orders), program(**changes))

    assert said(html) == headline
    assert "nan" not in re.sub(r"base64,[^)]*", "", html).lower()


def test_six_tiers_with_the_same_customers_are_named_apart():
    levels = tuple(Level(f"level-{number}", 1_000 * number) for number in range(1, 7))
    orders = [order(f"c{number}", f"2017-0{number}-08T12:00", 1_000 * number) for number in range(1, 7)]

    html = report(Till(*orders), program(levels=levels))

    drawing = found(r'(<svg[^>]*aria-label="Stacked columns.*?</svg>)', html)
    names = re.findall(r'translate\(([\d.]+),([\d.-]+)\)"[^>]*>level-\d', drawing)
    heights = sorted(float(y) for _, y in names)
    assert len(heights) == 6
    assert all(lower - upper >= charts.LINE_HEIGHT - 0.1 for upper, lower in pairwise(heights))


def test_a_hundred_thousand_customers_and_ten_years_make_no_larger_page():
    html = render(many_customers(100_000), program(), [])

    assert len(html.encode()) < 250_000


# --- two programs --------------------------------------------------------------------------------------------------------


def test_the_headline_of_two_speaks_of_the_difference():
    """Saturday's 100 dollars are doubled by the first and not by the second: 100 stars, one dollar."""
    till = Till(order("ada", "2017-03-04T15:30", 10_000), order("bob", "2017-03-08T15:30", 10_000))

    html = report_of_two(till, program(levels=()), program("plain", earning=(PURCHASE,), levels=()))

    assert said(html) == (
        "In March 2017 B would have cost 1.00 USD less than A: 2.00 USD instead of 3.00 USD, 1.0 % of sales instead of 1.5 %."
    )
    assert said(html, "lead") == (
        "0 customers would gain by B, 1 would lose, and 1 would get the same. The liability at the end would be 1.00 USD lower."
    )
    assert table(html, "Who loses most by B") == [["ada", "100.00", "200", "100", "−100"]]


def test_side_by_side_the_columns_differ_by_the_third(pair):
    for name, first, second, apart in table(pair, "The account at the end, side by side"):
        if "of sales" not in name and "Breakage" not in name:
            first, second, apart = (float(cell.replace(",", "").replace("−", "-")) for cell in (first, second, apart))
            assert second - first == pytest.approx(apart)


def test_everybody_is_counted_once_among_those_who_gain_lose_or_stay(pair):
    steps = table(pair, "Customers by how many stars more or fewer they get by B")

    assert sum(int(row[1]) for row in steps) == 23
    assert sum(int(row[1]) for row in table(pair, "Who gains and who loses by B")) == 23


def test_the_same_program_twice_changes_nothing():
    html = report_of_two(corner_shop(), program(), program())

    assert "B would have cost the same as A" in said(html)
    assert "Every customer gets as many stars by B as by A." in html


@pytest.mark.parametrize("worths", [(0, 0), (0, 2), (2, 0)])
def test_programs_that_cost_nothing_can_be_compared(worths):
    first, second = (program(worth=Fraction(worth)) for worth in worths)

    html = report_of_two(corner_shop(), first, second)

    assert said(html).startswith("From January to June 2017 B would have")


def test_tiers_of_other_names_stand_in_one_table():
    till = Till(order("ada", "2017-03-08T12:00", 30_000))
    other = program(levels=(Level("silver", 5_000), Level("jade", 10_000), Level("gold", 50_000)))

    html = report_of_two(till, program(), other)

    assert [row[0] for row in table(html, "Customers in each tier")] == ["gold", "jade", "silver", "no tier"]
    assert table(html, "Who ends in another tier") == [["gold", "jade", "1"]]


# --- what must never get through -----------------------------------------------------------------------------------------

OUR_TAGS = re.compile(
    "a|article|bdi|body|caption|dd|details|div|dl|dt|figcaption|figure|footer|g|h1|h2|h3|head|header|html|li|"
    "line|main|meta|nav|p|path|section|span|strong|style|summary|svg|table|tbody|td|text|th|thead|title|tr|"
    "tspan|ul"
)
OUR_ATTRIBUTES = re.compile(
    "aria-label|aria-labelledby|charset|class|content|d|dx|dy|fill|font-size|font-weight|href|http-equiv|id|"
    "lang|name|opacity|role|scope|stroke|stroke-linecap|stroke-linejoin|stroke-width|tabindex|text-anchor|"
    "transform|viewbox|x|x2|y|y2"
)


def hostile_program(name=HOSTILE):
    return program(
        name,
        points=(name, name),
        earning=(
            PerAmount(name, Fraction(1), 100, Goods(excluded=(OneOf(name, (name,)),))),
            Multiplier(f"{name} 2", "Order Completed", Fraction(2)),
        ),
        levels=(Level(name, 1_000, Fraction(2)), Level(f"{name} 2", 2_000)),
    )


def hostile_till(name=HOSTILE):
    orders = [
        order(name, f"2017-{month:02}-08T12:00", 1_500, order_id=f"{name}{month}", category=name)
        for month in range(1, 7)
    ]
    return Till(*orders, order(f"{name} 2", "2017-03-08T12:00", 30))


@pytest.mark.parametrize(
    "name", [HOSTILE, "\0\x08\u202e\ud800{{ name }}{% raw %}", LONG], ids=["mark-up", "controls", "long"]
)
def test_names_are_words_and_never_mark_up(name):
    for html in (
        report(hostile_till(name.replace("\ud800", "")), hostile_program(name)),
        report_of_two(hostile_till(name.replace("\ud800", "")), hostile_program(name), hostile_program(f"{name}3")),
    ):
        seen = Seen(html)
        assert [tag for tag in seen.tags if not OUR_TAGS.fullmatch(tag)] == []
        assert [name for name in seen.attributes if not OUR_ATTRIBUTES.fullmatch(name)] == []
        html.encode()


def test_a_hostile_name_can_be_read_as_it_is():
    assert HOSTILE in unescape(report(hostile_till(), hostile_program()))


@pytest.mark.parametrize("page", ["corner", "pair"])
def test_the_page_loads_nothing_and_its_policy_allows_its_own_style_alone(page, request):
    html = request.getfixturevalue(page)
    seen = Seen(html)

    digest = b64encode(sha256(seen.style.encode()).digest()).decode()
    policy = found(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'; ")
    assert "unsafe" not in policy
    assert all(link.startswith("#") for link in seen.links)
    assert set(re.findall(r"url\((\w+:)", html)) == {"data:"}
    assert "://" not in html


@pytest.mark.parametrize("page", ["corner", "pair"])
def test_ids_are_unique_and_every_link_has_its_place(page, request):
    seen = Seen(request.getfixturevalue(page))

    assert len(seen.ids) == len(set(seen.ids))
    assert {link.removeprefix("#") for link in seen.links} <= set(seen.ids)


# --- type, colour and figures --------------------------------------------------------------------------------------------


def themes():
    css = (files("regulars.backtesting.report") / "report.css").read_text("utf-8")
    blocks = re.findall(r":root \{([^}]*--paper: #\w{6}[^}]*)\}", css)
    return [dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in blocks]


def contrast(one, other):
    lighter, darker = sorted([luminance(one), luminance(other)], reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour):
    """Relative luminance, as WCAG 2.2 defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", themes(), ids=["light", "dark"])
def test_words_have_four_and_a_half_to_one_and_drawings_three(theme):
    for name in ("ink", "soft", "accent", "gain", "loss", "waiting"):
        assert contrast(theme[name], theme["paper"]) >= 4.5, name
    for number in range(1, 6):
        assert contrast(theme[f"rank-{number}"], theme["paper"]) >= 3 or number == 1
    assert contrast(theme["rank-2"], theme["paper"]) >= 3


def test_the_typeface_is_small_and_its_licence_travels_with_it():
    fonts = files("regulars.backtesting.report") / "fonts"

    assert len((fonts / "regulars-sans.woff2").read_bytes()) < 60_000
    assert "SIL OPEN FONT LICENSE Version 1.1" in (fonts / "OFL.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 7, "0.0"),
        (1, 7, "14.3"),
        (1, 2_000, "0.1"),
        (1, 2_001, "<0.1"),
        (-1, 400, "−0.3"),
        (7, 7, "100.0"),
        (123, 1, "12,300.0"),
        (5, 0, "–"),
        (5, -5, "–"),
    ],
)
def test_a_share_is_rounded_once(part, whole, shown):
    assert words.share_figure(part, whole) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0"),
        (999_999, "999,999"),
        (1_000_000, "1.0 million"),
        (6_650_000, "6.7 million"),
        (2_345_678_901, "2.3 billion"),
    ],
)
def test_large_numbers_are_said_in_words(number, shown):
    assert words.about(number) == shown


@pytest.mark.parametrize(
    ("months", "shown"),
    [
        (["2017-03"], "in March 2017"),
        (["2017-01", "2017-12"], "over 2017"),
        (["2017-02", "2017-12"], "from February to December 2017"),
        (["2016-01", "2017-12"], "from 2016 to 2017"),
        (["2016-11", "2017-02"], "from November 2016 to February 2017"),
    ],
)
def test_a_time_is_said_as_one_says_it(months, shown):
    assert words.period(months) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (950, "950"), (1_500, "1.5k"), (-600_000, "−600k"), (2_000_000, "2M"), (3 * 10**9, "3bn")],
)
def test_ticks_are_short(value, shown):
    assert charts.counted(value) == shown


def test_a_command_that_draws_nothing_does_not_load_what_draws():
    code = "import regulars.backtesting.report, sys, json; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)

    assert {"altair", "vl_convert"} & set(loaded) == set()
