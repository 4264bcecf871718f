"""What is to be told: written with what happened, sent until it is delivered, and given up after three days.

Time is an input: an attempt is what `take_due` gives, and `settle` is told what came of it.
"""

from typing import NoReturn

import pytest

from regulars.kernel.calendar import DAY, HOUR, MINUTE, SECOND
from regulars.service import outbox, webhooks
from regulars.service.networks import Networks
from regulars.service.outbox import AT_ONCE, LEASE, SCHEDULE, Outcome, Sending, Standing
from regulars.service.telling import Message, enqueue
from regulars.service.timeline import BadCursor
from tests.service.town import Town
from tests.shop import at

NOW = at("2017-03-01 12:00")
ENTERED, LEFT = "segment.entered", "segment.left"


class Post:
    """A town whose outbox is worked by hand."""

    def __init__(self, town: Town) -> None:
        self.shop = town.shop

    def listens(self, name: str, *types: str) -> str:
        return webhooks.register(self.shop, name, f"https://{name}.example/", types, Networks(), "a test", NOW)

    def happens(self, *types: str, now: int = NOW) -> int:
        messages = [Message(type, {"customer": "ada"}, now) for type in types]
        return self.shop.writer.run(lambda tx: enqueue(tx, messages, now, self.shop.new_id))

    def takes(self, now: int = NOW, **under_way: list[str]) -> list[Sending]:
        return self.shop.writer.run(lambda tx: outbox.take_due(tx, now, under_way))

    def settles(self, now: int, *outcomes: Outcome) -> None:
        self.shop.writer.run(lambda tx: outbox.settle(tx, outcomes, now))

    def tries(self, now: int, status: int | None, retry_after: int | None = None) -> int:
        """Sends whatever is due, which is all answered so; how many."""
        taken = self.takes(now)
        self.settles(now, *[Outcome(one, status, "" if status else "Nobody there.", retry_after) for one in taken])
        return len(taken)

    def deliveries(self, name: str, standing: Standing | None = None) -> list[outbox.Delivery]:
        return list(outbox.deliveries(self.shop, self.id(name), None, 100, standing).deliveries)

    def id(self, name: str) -> str:
        return webhooks.endpoint(self.shop, name).id


@pytest.fixture
def post(town: Town) -> Post:
    return Post(town)


# --- written with what happened --------------------------------------------------------------------------------------


def test_it_is_told_to_those_who_asked_for_it(post: Post) -> None:
    post.listens("all")
    post.listens("entered", ENTERED)
    post.listens("left", LEFT)
    assert post.happens(ENTERED) == 2
    assert {one.url for one in post.takes()} == {"https://all.example/", "https://entered.example/"}


def test_where_nobody_listens_nothing_is_written(post: Post) -> None:
    assert post.happens(ENTERED, LEFT) == 0
    assert not outbox.is_any_due(post.shop, NOW)


def test_what_was_rolled_back_is_not_told(post: Post) -> None:
    post.listens("crm")

    def breaks_off(tx: object) -> NoReturn:
        enqueue(tx, [Message(ENTERED, {}, NOW)], NOW, post.shop.new_id)  # type: ignore[arg-type]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        post.shop.writer.run(breaks_off)
    assert post.takes() == []


def test_a_disabled_endpoint_hears_nothing_that_happens_meanwhile_and_what_waited_goes_on(post: Post) -> None:
    post.listens("crm")
    post.happens(ENTERED)
    webhooks.disable(post.shop, "crm", "ada", NOW)
    assert post.happens(LEFT) == 0
    assert post.takes() == []
    webhooks.enable(post.shop, "crm", "ada", NOW)
    assert [b"entered" in one.body for one in post.takes()] == [True]


# --- on the way ------------------------------------------------------------------------------------------------------


def test_a_message_that_nobody_takes_is_tried_ten_times_in_three_days_and_given_up(post: Post) -> None:
    post.listens("crm")
    post.happens(ENTERED)
    now, waits = NOW, []
    assert post.tries(now, 500) == 1
    [told] = post.deliveries("crm")
    id = told.id
    while told.due_at is not None:
        assert post.tries(told.due_at - 1, 500) == 0
        waits.append(told.due_at - now)
        now = told.due_at
        assert post.tries(now, 500) == 1
        [told] = post.deliveries("crm")
    assert told.id == id
    assert len(waits) == len(SCHEDULE) - 1 == 9
    for wait, planned in zip(waits, SCHEDULE[1:], strict=True):
        assert planned <= wait <= planned * 6 // 5
    assert (told.standing, told.attempts, told.status) == (Standing.FAILED, 10, 500)
    assert post.tries(now + 30 * DAY, 500) == 0


def test_two_that_failed_together_do_not_come_again_together(post: Post) -> None:
    post.listens("crm")
    post.happens(ENTERED, ENTERED)
    post.tries(NOW, None)
    first, second = post.deliveries("crm")
    assert first.due_at != second.due_at


def test_an_endpoint_that_is_gone_is_disabled(post: Post) -> None:
    post.listens("crm")
    post.happens(ENTERED, LEFT)
    first, second = post.takes()
    post.settles(NOW, Outcome(first, 410))
    crm = webhooks.endpoint(post.shop, "crm")
    assert (crm.disabled_at, crm.disabled_why) == (NOW, "It answered 410: it wants no more.")
    assert [one.id for one in post.deliveries("crm", Standing.FAILED)] == [first.id]
    assert post.takes(NOW + DAY) == []
    webhooks.enable(post.shop, "crm", "ada", NOW + DAY)
    assert [one.id for one in post.takes(NOW + DAY)] == [second.id]


@pytest.mark.parametrize("status", [429, 502, 504])
def test_an_endpoint_that_says_it_is_too_much_is_left_alone(post: Post, status: int) -> None:
    post.listens("crm")
    post.listens("other")
    post.happens(ENTERED)
    taken = post.takes()
    post.settles(NOW, *[Outcome(one, status if "crm" in one.url else 204) for one in taken])
    post.happens(LEFT, now=NOW + SECOND)
    assert [one.url for one in post.takes(NOW + MINUTE - 1)] == ["https://other.example/"]
    assert {one.url for one in post.takes(NOW + MINUTE)} == {"https://crm.example/"}


def test_so_long_as_it_asks_for_but_no_longer_than_a_day(post: Post) -> None:
    post.listens("crm")
    post.happens(ENTERED)
    post.tries(NOW, 429, 2 * HOUR)
    post.happens(LEFT)
    assert post.tries(NOW + 2 * HOUR - 1, 204) == 0
    assert post.tries(NOW + 2 * HOUR, 429, 300 * DAY) == 2
    assert post.tries(NOW + 2 * HOUR + DAY - 1, 204) == 0
    assert post.tries(NOW + 2 * HOUR + DAY, 204) == 2
    assert {one.standing for one in post.deliveries("crm")} == {Standing.DELIVERED}


def test_a_redirect_is_a_failure(post: Post) -> None:
    post.listens("crm")
    post.happens(ENTERED)
    post.tries(NOW, 302)
    assert post.deliveries("crm")[0].standing is Standing.WAITING


# --- several at once -------------------------------------------------------------------------------------------------


def test_what_one_holds_no_other_takes_until_nothing_is_heard_of_them(post: Post) -> None:
    post.listens("crm")
    post.happens(ENTERED)
    [sending] = post.takes()
    assert post.takes(NOW + LEASE - 1) == []
    [again] = post.takes(NOW + LEASE)
    assert (again.id, again.attempt) == (sending.id, 2)
    post.settles(NOW + LEASE, Outcome(sending, 500))
    assert post.deliveries("crm")[0].status is None
    post.settles(NOW + LEASE, Outcome(sending, 204))
    post.settles(NOW + LEASE, Outcome(again, 500))
    assert post.deliveries("crm")[0].standing is Standing.DELIVERED


def test_a_slow_endpoint_holds_up_only_itself(post: Post) -> None:
    post.listens("slow")
    post.happens(*[ENTERED] * 100)
    taken = post.takes()
    assert len(taken) == AT_ONCE
    post.listens("quick")
    post.happens(ENTERED)
    under_way = {post.id("slow"): [one.id for one in taken]}
    assert [one.url for one in post.takes(NOW, **under_way)] == ["https://quick.example/"]
    assert post.takes(NOW + LEASE, **under_way) != []


def test_what_a_process_is_sending_it_does_not_take_again_however_its_clock_jumps(post: Post) -> None:
    post.listens("crm")
    post.happens(ENTERED)
    [sending] = post.takes()
    assert post.takes(NOW + DAY, **{sending.endpoint: [sending.id]}) == []


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_what_was_given_up_is_sent_once_more_by_hand(post: Post) -> None:
    post.listens("crm")
    post.happens(ENTERED, LEFT)
    first, second = post.takes()
    post.settles(NOW, Outcome(first, 410), Outcome(second, 204))
    webhooks.enable(post.shop, "crm", "ada", NOW)
    assert webhooks.send_again(post.shop, "crm", second.id, "ada", NOW) == 0
    assert webhooks.send_again(post.shop, "crm", None, "ada", NOW) == 1
    assert [(one.id, one.attempt) for one in post.takes()] == [(first.id, 1)]
    assert webhooks.send_again(post.shop, "crm", first.id, "ada", NOW) == 0


def test_what_waits_need_not_wait(post: Post) -> None:
    post.listens("crm")
    post.happens(ENTERED)
    post.tries(NOW, 500)
    post.tries(NOW + 10 * SECOND, 500)
    [waiting] = post.deliveries("crm")
    assert waiting.due_at is not None
    assert waiting.due_at > NOW + 5 * MINUTE
    assert webhooks.send_again(post.shop, "crm", waiting.id, "ada", NOW + MINUTE) == 1
    assert post.tries(NOW + MINUTE, 204) == 1


def test_a_test_message_goes_to_one_alone_whatever_it_asks_for(post: Post) -> None:
    post.listens("crm", ENTERED)
    post.listens("other")
    id = webhooks.send_test(post.shop, "crm", NOW)
    assert [(one.id, one.url) for one in post.takes()] == [(id, "https://crm.example/")]
    webhooks.disable(post.shop, "crm", "ada", NOW)
    with pytest.raises(webhooks.WebhookRefused, match="enable it first"):
        webhooks.send_test(post.shop, "crm", NOW)


# --- afterwards ------------------------------------------------------------------------------------------------------


def test_what_ended_is_forgotten_after_thirty_days(post: Post) -> None:
    post.listens("crm")
    post.happens(ENTERED, LEFT)
    first, second = post.takes()
    post.settles(NOW, Outcome(first, 204))
    post.settles(NOW + DAY, Outcome(second, 410))
    assert outbox.forget_some(post.shop, NOW + 30 * DAY) == 0
    assert outbox.forget_some(post.shop, NOW + 30 * DAY + 1) == 1
    assert [one.id for one in post.deliveries("crm")] == [second.id]
    assert outbox.forget_some(post.shop, NOW + 31 * DAY + 1) == 1
    assert post.deliveries("crm") == []


def test_what_waits_is_kept_however_long_nobody_sent_it_unless_its_endpoint_was_given_up(post: Post) -> None:
    post.listens("crm")
    post.happens(ENTERED)
    assert outbox.forget_some(post.shop, NOW + 90 * DAY) == 0
    webhooks.disable(post.shop, "crm", "ada", NOW + 90 * DAY)
    assert outbox.forget_some(post.shop, NOW + 120 * DAY) == 0
    assert outbox.forget_some(post.shop, NOW + 120 * DAY + 1) == 1


def test_an_endpoint_that_is_removed_takes_what_waited_for_it_along(post: Post) -> None:
    post.listens("crm")
    post.happens(ENTERED)
    webhooks.remove(post.shop, "crm", "ada", NOW)
    assert not outbox.is_any_due(post.shop, NOW)
    post.listens("crm")
    assert post.deliveries("crm") == []
    assert outbox.forget_some(post.shop, NOW) == 1


def test_deliveries_page_by_page(post: Post) -> None:
    post.listens("crm")
    post.happens(*[ENTERED] * 5)
    id = post.id("crm")
    first = outbox.deliveries(post.shop, id, None, 3)
    second = outbox.deliveries(post.shop, id, first.next, 3)
    assert (len(first.deliveries), len(second.deliveries), second.next) == (3, 2, None)
    ids = [one.id for one in (*first.deliveries, *second.deliveries)]
    assert ids == sorted(ids, reverse=True)
    with pytest.raises(BadCursor):
        outbox.deliveries(post.shop, id, "7", 3)


def test_figures_of_an_endpoint(post: Post) -> None:
    post.listens("crm")
    post.happens(ENTERED, LEFT, ENTERED)
    first, second, _ = post.takes()
    post.settles(NOW, Outcome(first, 204), Outcome(second, 410))
    assert webhooks.endpoint(post.shop, "crm").figures == outbox.Figures(1, 1, NOW)
