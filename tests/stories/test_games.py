"""Games and clubs, as the shop's server, its checkout and its staff meet them."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from regulars.backtesting.replay import replay
from regulars.backtesting.run import open_history
from regulars.service import webhooks
from regulars.service.networks import Networks
from regulars.store.history import Recorded
from regulars.store.schema import customers, outbox
from regulars.wire.records import decode_state
from tests.service.town import did, order
from tests.shop import at
from tests.stories.corner import Corner
from tests.stories.test_perks import asks

RULES = """
points: {name: {one: star, other: stars}, worth: 0.01}
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]
perks: {free-coffee: {title: A free coffee}, free-shipping: {}}
games:
  challenges:
    talk: {title: Tell us, do: [{times: 2}, {on: Product Reviewed}], within: 14 days, gives: {points: 50, badge: Talker}}
  stamps: {coffee: {times: 3, gives: {perk: free-coffee, within: 30 days}}}
clubs: {tea-club: {title: The tea club, price: 49.00, term: 1 year, perks: [free-shipping], earn: 2}}
"""


def deed(user: str, name: str, **properties: str) -> dict[str, Any]:
    return did(name, userId=user, properties=properties)


@pytest.fixture
def corner(tmp_path: Path) -> Any:
    with Corner(f"sqlite:///{tmp_path}/corner.db", RULES) as shop:
        shop.now = "2017-03-01 12:00"
        shop.tells(order("ada", "1", 10))
        yield shop


def progress(corner: Corner, user: str) -> Any:
    answer = corner.client.get(f"/v1/customers/{user}/progress", auth=(corner.secret, ""))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_how_far_somebody_is(corner: Corner) -> None:
    found = progress(corner, "ada")
    assert {one["game"]: one["says"] for one in found["progress"]} == {
        "talk": "1 of 2, 0 of 1, 14 days left",
        "coffee": "1 of 3",
    }
    corner.now = "2017-03-03 12:00"
    corner.tells(order("ada", "2", 10), deed("ada", "Product Reviewed"))
    found = progress(corner, "ada")
    assert found["badges"] == ["Talker"]
    (talk, _) = found["progress"]
    assert (talk["says"], talk["times"], talk["over"], talk["gives"]) == (
        "finished",
        1,
        True,
        "50 stars and the badge “Talker”",
    )
    said = corner.client.get("/v1/customers/ada/explain", auth=(corner.secret, "")).text
    assert "Challenge “talk” finished. The badge “Talker” is theirs." in said
    assert "50 stars for “talk”; they never expire; they do not count for a level." in said
    assert corner.client.get("/v1/customers/nobody/progress", auth=(corner.secret, "")).status_code == 404
    assert corner.client.get("/v1/customers/ada/progress", auth=(corner.public, "")).status_code == 403


def test_the_tenth_coffee_is_free_once(corner: Corner) -> None:
    assert asks(corner, "ada", "free-coffee")["reason"] == "not_earned"
    corner.tells(order("ada", "2", 10), order("ada", "3", 10))
    said = asks(corner, "ada", "free-coffee")
    assert (said["entitled"], said["until"]) == (True, "2017-04-01T04:00:00Z")
    assert progress(corner, "ada")["to_use"] == [{"perk": "free-coffee", "until": "2017-04-01T04:00:00Z"}]
    corner.tells(deed("ada", "Perk Used", perk="free-coffee"))
    assert asks(corner, "ada", "free-coffee")["reason"] == "not_earned"


def test_a_club_is_honoured_at_the_checkout_to_its_end(corner: Corner) -> None:
    assert asks(corner, "ada", "free-shipping")["reason"] == "not_in_the_club"
    corner.tells(deed("ada", "Subscription Started", club="tea-club"))
    said = asks(corner, "ada", "free-shipping")
    assert (said["entitled"], said["until"]) == (True, "2018-03-02T05:00:00Z")
    assert [one["club"] for one in progress(corner, "ada")["clubs"]] == ["tea-club"]
    corner.tells(deed("ada", "Subscription Cancelled"))
    assert progress(corner, "ada")["clubs"][0]["ends"] is True
    corner.now = "2018-03-02 00:00"
    assert asks(corner, "ada", "free-shipping")["reason"] == "not_in_the_club"
    assert progress(corner, "ada")["clubs"] == []


def test_a_browser_buys_no_club_and_wins_no_game(corner: Corner) -> None:
    corner.browses(deed("ada", "Subscription Started", club="tea-club"), deed("ada", "Product Reviewed"))
    assert asks(corner, "ada", "free-shipping")["reason"] == "not_in_the_club"
    assert progress(corner, "ada")["progress"][0]["parts"][1]["done"] == 0


def test_whoever_asked_is_told_first_when_it_opens(tmp_path: Path) -> None:
    offered = RULES.replace("title: The tea club", "interest_only: yes, title: The tea club")
    with Corner(f"sqlite:///{tmp_path}/corner.db", offered) as corner:
        corner.tells(order("ada", "1", 10), order("ben", "2", 10), deed("ada", "Interest Shown", perk="tea-club"))
        assert asks(corner, "ada", "tea-club")["reason"] == "interest_only"
        crm = webhooks.register(corner.shop, "crm", "https://crm.example/", (), Networks(), "a test", at(corner.now))
        assert crm
        corner.applies(RULES, "2017-03-02 10:00")
        corner.adopts("2017-03-02 10:00")
        with corner.shop.store.reading() as connection:
            rows = connection.execute(select(outbox.c.type, outbox.c.body)).all()
    told = [json.loads(row.body)["data"] for row in rows if row.type == "perk.opened"]
    assert [(one["user_id"], one["perk"]) for one in told] == [("ada", "tea-club")]


def test_a_backtest_over_the_record_finds_what_happened(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/corner.db"
    with Corner(url, RULES) as corner:
        corner.tells(*[order("ada", str(number), 10) for number in range(1, 5)], deed("ada", "Product Reviewed"))
        corner.tells(deed("ada", "Subscription Started", club="tea-club"), order("ada", "5", 10))
        corner.tells({"event": "Order Cancelled", "userId": "ada", "properties": {"order_id": "4"}})
        corner.tells(deed("ada", "Subscription Refunded", club="tea-club"), order("ada", "6", 10))
        rulebook = corner.shop.rulebooks.latest()
        assert rulebook is not None
        with corner.shop.store.reading() as connection:
            (written,) = connection.execute(select(customers.c.state)).scalars()
    live = decode_state(written).consequences
    history = open_history(Recorded(url), [rulebook])
    ((_, facts),) = history.customers()
    state, _ = replay(facts, rulebook, at("2017-03-01 12:01"))
    found = state.consequences
    assert live.played is not None
    assert found.played is not None
    assert {name: one.times for name, one in found.played.games.items()} == {
        name: one.times for name, one in live.played.games.items()
    }
    assert len(found.played.grants) == len(live.played.grants)
    assert (found.played.clubs, found.outstanding()) == (live.played.clubs, live.outstanding())
    assert live.played.games["coffee"].times == 1
