"""Points by hand and from customer to customer: reasons, a second pair of eyes, and lots that stay what they are."""

import msgspec
import pytest

from regulars.service.adjusting import Adjustment, adjust, decide, waiting
from regulars.service.audit import deeds
from regulars.service.commands import Command, Done, KeyReused, NotPossible
from regulars.service.spending import spend
from regulars.service.transfers import transfer
from regulars.wire.answers import AdjustmentAnswer, TransferAnswer
from tests.service.town import Town, order
from tests.shop import at

NOON = at("2017-03-01 12:00")
RULES = """
points: {name: {one: star, other: stars}, worth: 0.01, expire: {after: 1 month}, second_look_above: 100}
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]
"""


def asked(key: str, who: str = "ann", name: str = "adjust") -> Command:
    return Command(name, key, key.encode(), who, "staff")


def adjusts(town: Town, points: int, who: str = "ann", key: str = "") -> AdjustmentAnswer:
    adjustment = Adjustment(town.customer("ada").id, points, "for your patience", "the parcel was lost")
    done = adjust(town.shop, adjustment, asked(key or f"{points}-{who}", who), NOON)
    return msgspec.json.decode(done.answer, type=AdjustmentAnswer)


def decides(town: Town, id: str, approved: bool, who: str) -> AdjustmentAnswer:
    done = decide(town.shop, id, approved, asked(f"{id}-{approved}-{who}", who, "decide"), NOON)
    return msgspec.json.decode(done.answer, type=AdjustmentAnswer)


def given(town: Town) -> None:
    town.applies(RULES)
    town.hears(order("ada", "1", 50, at="2017-02-20 12:00"), order("bob", "2", 10))


def test_points_by_hand_are_a_lot_with_a_reason(town: Town) -> None:
    given(town)
    answer = adjusts(town, 40)
    assert (answer.status, answer.movement is not None and answer.movement.points) == ("done", 40)
    ada = town.customer("ada")
    assert (ada.points.available, ada.points.adjusted, ada.points.issued, ada.points.lifetime) == (90, 40, 50, 50)
    assert [(lot.points, lot.expires_at) for lot in ada.lots] == [
        (50, at("2017-03-21 00:00")),
        (40, at("2017-04-02 00:00")),
    ]
    assert town.story("ada")[-1].what == "Points Adjusted"
    assert deeds(town.shop, None, 1).deeds[0].who == "ann"


def test_taking_goes_by_what_expires_first_and_never_below_nothing(town: Town) -> None:
    given(town)
    adjusts(town, 40)
    adjusts(town, -60)
    assert [(lot.points, lot.expires_at) for lot in town.customer("ada").lots] == [(30, at("2017-04-02 00:00"))]
    with pytest.raises(NotPossible, match="not_enough_points"):
        adjusts(town, -31)
    assert town.points("ada") == 30


def test_much_by_hand_waits_for_somebody_else(town: Town) -> None:
    given(town)
    answer = adjusts(town, 101)
    assert (answer.status, town.points("ada")) == ("waiting", 50)
    assert [(one.id, one.points, one.asked_by, one.note) for one in waiting(town.shop)] == [
        (answer.id, 101, "ann", "the parcel was lost")
    ]
    with pytest.raises(NotPossible, match="same_person"):
        decides(town, answer.id, True, "ann")
    assert decides(town, answer.id, True, "ben").status == "approved"
    assert (town.points("ada"), waiting(town.shop)) == (151, [])
    for approved in (True, False):
        with pytest.raises(NotPossible, match="decided_already"):
            decides(town, answer.id, approved, "cleo")
    assert town.points("ada") == 151


def test_what_is_refused_gives_nothing(town: Town) -> None:
    given(town)
    answer = adjusts(town, -101)
    assert decides(town, answer.id, False, "ben").status == "refused"
    assert (town.points("ada"), waiting(town.shop)) == (50, [])
    with pytest.raises(NotPossible, match="unknown_adjustment"):
        decides(town, "nobody", True, "ben")


def test_what_cannot_be_approved_still_waits(town: Town) -> None:
    given(town)
    answer = adjusts(town, -101)
    with pytest.raises(NotPossible, match="not_enough_points"):
        decides(town, answer.id, True, "ben")
    assert [one.id for one in waiting(town.shop)] == [answer.id]


def test_a_key_is_for_one_thing(town: Town) -> None:
    given(town)
    first = adjusts(town, 5, key="k")
    assert adjusts(town, 5, key="k") == first
    with pytest.raises(KeyReused):
        adjust(town.shop, Adjustment(town.customer("ada").id, 6, "x"), Command("adjust", "k", b"other", "ann"), NOON)
    assert town.points("ada") == 55


def gives(town: Town, points: int, key: str = "t") -> Done:
    one, other = town.customer("ada").id, town.customer("bob").id
    return transfer(town.shop, one, other, points, "a present", asked(key, name="transfer"), NOON)


def test_what_goes_to_another_customer_keeps_its_expiry(town: Town) -> None:
    given(town)
    answer = msgspec.json.decode(gives(town, 20).answer, type=TransferAnswer)
    assert (answer.sender.points, answer.receiver.points) == (-20, 20)
    ada, bob = town.customer("ada"), town.customer("bob")
    assert (ada.points.available, ada.points.transferred) == (30, -20)
    assert (bob.points.available, bob.points.transferred, bob.points.lifetime) == (30, 20, 10)
    assert [(lot.points, lot.expires_at) for lot in bob.lots] == [
        (20, at("2017-03-21 00:00")),
        (10, at("2017-04-02 00:00")),
    ]
    assert town.customer("bob", "2017-03-25 12:00").points.expired == 20


def test_what_comes_back_is_the_lot_that_it_was(town: Town) -> None:
    given(town)
    gives(town, 20)
    one, other = town.customer("bob").id, town.customer("ada").id
    transfer(town.shop, one, other, 20, "", asked("back", name="transfer"), NOON)
    assert [lot.points for lot in town.customer("ada").lots] == [50]


def test_nobody_gives_what_they_cannot_spend_or_to_themselves(town: Town) -> None:
    given(town)
    with pytest.raises(NotPossible, match="not_enough_points"):
        gives(town, 51)
    id = town.customer("ada").id
    with pytest.raises(NotPossible, match="same_customer"):
        transfer(town.shop, id, id, 1, "", asked("self", name="transfer"), NOON)
    with pytest.raises(NotPossible, match="unknown_customer"):
        transfer(town.shop, id, "nobody", 1, "", asked("none", name="transfer"), NOON)
    spend(town.shop, id, 50, "tea", None, asked("s", name="spend"), NOON)
    assert (town.points("ada"), town.points("bob")) == (0, 10)


TIERED = RULES + "tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 20}]}\n"


def test_what_a_newer_program_brings_about_is_kept_though_the_command_itself_changes_nothing(town: Town) -> None:
    given(town)
    town.applies(TIERED)

    for key in ("first", "second"):
        assert adjusts(town, 101, key=key).status == "waiting"

    assert [step.what for step in town.story("ada")].count("a new program") == 1
    assert town.customer("ada").tier.id == "silver"
    assert adjusts(town, 10).status == "done"
