"""What is wrong with the games and clubs of a document is told where it stands, and what was meant."""

import pytest

from regulars.wire.document import DocumentError
from regulars.wire.program import parse_program
from tests.wire.documents import PLAIN

GOOD = """\
perks: {free-tea: {}}
tiers: {by: spend, over: lifetime, levels: [{id: gold, at: 100}]}
games:
  challenges: {talk: {do: {on: Product Reviewed, times: 2}, within: 10 days, gives: {points: 5}}}
  streaks: {daily: {on: Tea Logged, every: day, run: 7, gives: {badge: Steady}}}
  stamps: {card: {only: {category: tea}, counts: items, times: 9, gives: {perk: free-tea, within: 30 days}}}
  milestones: {hundredth: {by: orders, at: 100, gives: {points: 500}}, rich: {by: spend, at: 99.50, gives: {points: 1}}}
clubs: {tea-club: {price: 49.00, term: 1 year, perks: free-tea, earn: 2, level: gold}}
"""


def complaints(before: str, after: str) -> list[str]:
    assert before in GOOD
    with pytest.raises(DocumentError) as refused:
        parse_program(PLAIN + GOOD.replace(before, after))
    return [f"{one.path}: {one.message}" for one in refused.value.problems]


def test_a_good_one_describes_itself() -> None:
    said = parse_program(PLAIN + GOOD).program.describe()
    assert "Challenge “talk”: “Product Reviewed” 2 times within 10 days gives 5 points." in said
    assert "Streak “daily”: “Tea Logged” once each day, 7 days in a row gives the badge “Steady”." in said
    assert "Stamps “card”: every 9 items bought, only category tea gives “free-tea” once within 30 days." in said
    assert "Milestone “rich”: 99.50 USD spent gives 1 point." in said
    assert "Club “tea-club”: 49.00 USD for 1 year, with free-tea, points times 2, at least gold." in said


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("perk: free-tea", "perk: free-te", "there is no perk “free-te” in this program; did you mean “free-tea”?"),
        ("talk: {do", "purchase: {do", "games.challenges.purchase: “purchase” is the name of a rule already"),
        ("daily: {on", "talk: {on", "games.streaks.talk: “talk” is the name of a challenge already"),
        ("tea-club: {price", "card: {price", "clubs.card: “card” is the name of a card of stamps already"),
        ("within: 10 days, gives", "within: 2 years, gives", "games.challenges.talk.within: expected"),
        ("run: 7", "run: 1", "games.streaks.daily.run: expected a whole number from 2 to 366; found “1”"),
        ("on: Tea Logged", "on: Order Refunded", "games.streaks.daily.on: “Order Refunded” takes back"),
        ("on: Tea Logged", "on: Order Complete", "games.streaks.daily.on: “Order Complete” is nearly an event that is known"),
        ("on: Tea Logged", "on: Tea Logged, counts: items", "only “Order Completed” has items and money"),
        ("on: Product Reviewed, times: 2", "on: Member Joined, times: 2", "games.challenges.talk.do.times: nobody joins twice"),
        ("only: {category: tea}", "only: {category: tea}, except: {category: tea}", "this can never be done"),
        ("at: 99.50", "at: 99.505", "games.milestones.rich.at: an amount in USD has at most 2 decimals; found “99.505”"),
        ("at: 100, gives: {points: 500}", "at: 1.5, gives: {points: 500}", "expected a whole number of orders"),
        ("price: 49.00", "price: 49.001", "clubs.tea-club.price: an amount in USD has at most 2 decimals"),
        ("term: 1 year", "term: 5 hours", "clubs.tea-club.term: expected days, weeks, months or years"),
        ("level: gold", "level: golden", "clubs.tea-club.level: there is no level “golden” in this program; did you mean “gold”?"),
        ("perks: free-tea", "perks: tea", "clubs.tea-club.perks: there is no perk “tea” in this program"),
        ("gives: {badge: Steady}", "gives: {badge: Steady, within: 3 days}", "“within” goes with “perk”"),
        ("within: 10 days, gives", "from: 2017-02-01, to: 2017-01-01, gives", "must come after “from”"),
        ("within: 10 days, gives", "within: 10 days, from: 2017-01-01, to: 2017-01-08, gives", "there are only 7 days"),
        ("run: 7", "run: 7, for: {trial: none, arm: a}", "there is no trial “none” in this program"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_where_it_stands(before: str, after: str, said: str) -> None:
    assert any(said in one for one in complaints(before, after)), complaints(before, after)
