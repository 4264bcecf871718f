"""Games and clubs on a customer's page: the goals in reach as bars, and what there is of them."""

from regulars.kernel.calendar import DAY
from regulars.service import programs
from tests.web.admin.shops import CORNER_SHOP, NOW
from tests.web.admin.test_customers import id_of, text_of

GAMES = """
perks: {free-tea: {}}
games:
  milestones:
    many: {title: A hundred, by: orders, at: 100, gives: {points: 500}}
    first: {by: orders, at: 1, gives: {badge: One of us, perk: free-tea}}
clubs: {tea-club: {price: 49.00, term: 1 year}}
"""


def test_goals_in_reach_are_shown_with_their_bars(ada, shop):
    programs.publish(shop, f"{CORNER_SHOP}\n{GAMES}", "ada", NOW - DAY)
    page = ada.opens(f"/customers/{id_of(shop, '1762')}")
    assert page.status_code == 200
    said = text_of(page)
    assert "Games and clubs" in said
    assert "A hundred: 500 stars" in said
    assert 'aria-labelledby="goal-1"' in page.text
    assert " of 100." in said


def test_where_the_program_has_none_there_is_no_such_part(ada, shop):
    assert "Games and clubs" not in text_of(ada.opens(f"/customers/{id_of(shop, '1762')}"))
