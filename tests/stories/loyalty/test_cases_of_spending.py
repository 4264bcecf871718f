"""Edge cases of spending: who comes first, what is sent twice, what is held while somebody pays.

Every test bears the number of its case and says in its docstring what Regulars does; `docs/loyalty-cases.md` is written from that.
"""

import msgspec
import pytest

from regulars.kernel.calendar import HOUR, MINUTE
from regulars.service.commands import Command, KeyReused, NotPossible
from regulars.service.returns import Return, take_back
from regulars.service.rights import erase
from regulars.service.spending import bring_back, release, reserve, spend
from regulars.wire.answers import MovementAnswer
from tests.service.town import order
from tests.shop import at
from tests.stories.corner import Corner

NOON = "2017-03-01 12:00"
LASTING_A_MONTH = """
points: {name: {one: star, other: stars}, worth: 0.01, expire: {after: 1 month}}
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]
"""


def asked(name: str, key: str, body: object = None) -> Command:
    return Command(name, key, msgspec.json.encode(body), "the shop's server")


def holds(corner: Corner, points: int, minutes: int, when: str = NOON, key: str = "hold") -> MovementAnswer:
    command = asked("reserve", key, [points, minutes])
    done = reserve(corner.shop, ada(corner), points, at(when) + minutes * MINUTE, command, at(when))
    return msgspec.json.decode(done.answer, type=MovementAnswer)


def spends(corner: Corner, points: int, when: str = NOON, *, of: str | None = None, key: str = "") -> MovementAnswer:
    command = asked("spend", key or f"spend-{points}-{when}-{of}", [points, of])
    done = spend(corner.shop, ada(corner), points, "coffee", of, command, at(when))
    return msgspec.json.decode(done.answer, type=MovementAnswer)


def ada(corner: Corner) -> str:
    return corner.customer("ada").id


def stands(corner: Corner, when: str = NOON) -> tuple[int, int, int, int]:
    points = corner.customer("ada", when).points
    return points.available, points.reserved, points.spent, points.expired


def test_case_12_two_tabs_spend_the_last_hundred_points(corner: Corner) -> None:
    """The customer is locked, one of both spends, and the other is told that there is not enough. Nothing goes below 0. A thousand
    at once, from several processes, are in tests/storms/test_points.py.
    """
    corner.tells(order("ada", "1", 100))
    spends(corner, 100, key="one tab")
    with pytest.raises(NotPossible, match="not_enough_points"):
        spends(corner, 100, key="the other tab")
    assert stands(corner) == (0, 0, 100, 0)


def test_case_13_the_same_request_after_a_time_out(corner: Corner) -> None:
    """The same key is answered as it was, whatever the balance is by now, for ever; the same key for something else is refused."""
    corner.tells(order("ada", "1", 100))
    first = spends(corner, 60, key="till-7")
    spends(corner, 40, key="till-8")
    assert spends(corner, 60, when="2018-03-01 12:00", key="till-7") == first
    assert (first.points, first.balance.available) == (-60, 40)
    with pytest.raises(KeyReused):
        spends(corner, 61, key="till-7")
    assert stands(corner) == (0, 0, 100, 0)


def test_case_14_the_payment_fails_after_points_were_spent(corner: Corner) -> None:
    """Points are held before the customer pays, and released when the payment fails; if nobody says anything, time does it."""
    corner.tells(order("ada", "1", 100))
    held = holds(corner, 80, minutes=15)
    assert stands(corner) == (20, 80, 0, 0)
    release(corner.shop, ada(corner), held.id, asked("release", "r"), at(NOON))
    assert stands(corner) == (100, 0, 0, 0)
    holds(corner, 80, minutes=15, key="again")
    assert stands(corner, "2017-03-01 12:14") == (20, 80, 0, 0)
    assert stands(corner, "2017-03-01 12:15") == (100, 0, 0, 0)
    assert corner.wakes("2017-03-01 12:15") == 1


def test_case_15_a_reservation_that_runs_out_while_the_customer_pays(corner: Corner) -> None:
    """Spending out of it afterwards takes what is there by then, and is refused where that is not enough: so before the money is
    captured, the shop knows.
    """
    corner.tells(order("ada", "1", 100))
    held = holds(corner, 80, minutes=15)
    spends(corner, 80, "2017-03-01 13:00", of=held.id)
    assert stands(corner, "2017-03-01 13:00") == (20, 0, 80, 0)
    other = holds(corner, 20, minutes=15, when="2017-03-01 14:00", key="late")
    spends(corner, 20, "2017-03-01 15:00", key="somebody else")
    with pytest.raises(NotPossible, match="not_enough_points"):
        spends(corner, 20, "2017-03-01 16:00", of=other.id)


def test_case_16_points_that_expire_while_they_are_held(database: str) -> None:
    """What is held does not expire: it can be spent until the reservation ends. What is released after its time expires at once."""
    with Corner(database, LASTING_A_MONTH) as corner:
        corner.tells(order("ada", "1", 100))
        last = "2017-04-01 23:55"
        assert stands(corner, last)[0] == 100
        held = holds(corner, 60, minutes=30, when=last)
        assert stands(corner, "2017-04-02 00:10") == (0, 60, 0, 40)
        spends(corner, 50, "2017-04-02 00:20", of=held.id)
        assert stands(corner, "2017-04-02 00:20") == (0, 0, 50, 50)


def test_case_17_a_spending_that_is_taken_back_after_its_points_expired(database: str) -> None:
    """The points come back to the very lot that they came from, with the expiry that they had: what is over lapses at once."""
    with Corner(database, LASTING_A_MONTH) as corner:
        corner.tells(order("ada", "1", 100))
        spent = spends(corner, 70)
        back = bring_back(corner.shop, ada(corner), spent.id, 30, asked("back", "a"), at("2017-03-20 12:00"))
        assert msgspec.json.decode(back.answer, type=MovementAnswer).points == 30
        assert [lot.expires_at for lot in corner.customer("ada", "2017-03-20 12:00").lots] == [at("2017-04-02 00:00")]
        bring_back(corner.shop, ada(corner), spent.id, None, asked("back", "b"), at("2017-05-01 12:00"))
        assert stands(corner, "2017-05-01 12:00") == (0, 0, 0, 100)
        with pytest.raises(NotPossible, match="reversed_already"):
            bring_back(corner.shop, ada(corner), spent.id, None, asked("back", "c"), at("2017-05-01 12:00"))


def test_case_26_an_order_that_was_partly_paid_with_points_goes_back(corner: Corner) -> None:
    """Money and points go back apart: a return takes back what the order had earned, and what was paid with points is brought back
    by a command that says how much. So the shop decides which comes first; the points go to the lots that they came from, the
    last to expire first.
    """
    corner.tells(order("ada", "1", 100))
    spent = spends(corner, 50)
    corner.tells(order("ada", "2", 30))
    take_back(corner.shop, Return("2", amount_minor=1_500), asked("return", "x"), at(NOON))
    bring_back(corner.shop, ada(corner), spent.id, 25, asked("back", "x"), at(NOON))
    assert stands(corner) == (50 + 15 + 25, 0, 25, 0)


def test_case_36_a_member_is_erased(corner: Corner) -> None:
    """The ledger keeps its lines under an id that says nothing; what was held is forfeited, in entries that say why, and what was
    held for a payment is released first. The words of adjustments and spendings are gone.
    """
    corner.tells(order("ada", "1", 100))
    holds(corner, 30, minutes=60)
    spends(corner, 20)
    id = ada(corner)
    erase(corner.shop, id, "root", at(NOON) + HOUR // 4)
    last = corner.story(id, "id")[-1]
    assert last.what == "the account was erased"
    assert sum(step.points for step in corner.story(id, "id")) == 0
    assert corner.wakes("2017-04-01 12:00") == 0
