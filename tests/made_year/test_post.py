"""How messages travel: late, twice, out of order, by wrong clocks, beside broken ones. What becomes of each is known beforehand,
and a shop that is told all of it agrees."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest
from msgspec.structs import replace

from regulars.cli.sending import parcels
from regulars.made_year.calendar import SECOND, moment
from regulars.made_year.model import Model, Travel
from regulars.made_year.post import BOTS, Line, post, post_bots, written
from regulars.made_year.saying import Device, Door, Page, Said
from regulars.made_year.truths import Tally
from regulars.wire.sources import parse_instant
from tests.made_year.carrying import carry, happened, recorded

STRAIGHT = Travel(late=0, out_of_order=0, repeated=0, broken=0)
ROUGH = Travel(late=0.15, out_of_order=0.15, repeated=0.2, broken=0.4)
LATE = replace(STRAIGHT, late=1)
SLOW = replace(STRAIGHT, out_of_order=1)
HOUR = 3_600_000
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile Safari/604.1"
)


def device(number: int, wrong_by: int = 0) -> Device:
    return Device(f"device-{number}", SAFARI, f"192.0.2.{number}", "nl-NL", wrong_by)


def looks(at: int, on: Device, parcel: int, user: str = "", agreed: bool = True) -> Iterator[Said]:
    """A visit of three messages in two requests."""
    page = Page("/lamps", "Lamps", "https://www.google.com/")
    yield Said(at, Door.BROWSER, "page", "Lamps", 2 * parcel, user, on, page, agreed=agreed)
    lamp = {"product_id": "lamp"}
    yield Said(
        at + 20 * SECOND, Door.BROWSER, "track", "Product Viewed", 2 * parcel, user, on, page, lamp, agreed=agreed
    )
    added = at + 90 * SECOND
    yield Said(added, Door.BROWSER, "track", "Product Added", 2 * parcel + 1, user, on, page, lamp, agreed=agreed)


def signs_in(at: int, on: Device, user: str) -> Said:
    return Said(at - SECOND, Door.SERVER, "track", "Signed In", user_id=user, device=on)


def buys(at: int, number: int, user: str, **who: str) -> Said:
    properties = {"order_id": f"order-{number}", "subtotal": "12.50", "currency": "EUR"}
    return Said(at, Door.SERVER, "track", "Order Completed", user_id=user, properties=properties, traits=who)


def life(number: int, agreed: bool, withdraws: bool) -> list[Said]:
    """Known before by e-mail and card; three visits on three days, an order, one at the till; some take their consent back."""
    user, mine = f"ada-{number}", device(number, wrong_by=(number % 3 - 1) * 40 * 24 * HOUR * 1_000)
    card = {"email": f"{user}@example.com", "card": f"70010000{number:04d}"}
    said = [Said(moment(0, 1), Door.SERVER, "identify", user_id=user, traits=card)]
    for visit in range(3):
        at = moment(2 + 3 * visit, 600 + number)
        said += [signs_in(at, mine, user), *looks(at, mine, visit, user if visit else "", agreed)]
    said.append(buys(moment(5, 603 + number), 2 * number, user, email=card["email"]))
    said.append(buys(moment(6, 700 + number), 2 * number + 1, "", card=card["card"]))
    if withdraws:
        no = {"purpose": "analytics"}
        said.append(Said(moment(7, 5), Door.SERVER, "track", "Consent Withdrawn", user_id=user, properties=no))
    return said


def guest(number: int) -> list[Said]:
    """Orders as a guest, and confirms the address of an account later."""
    email, user, mine = f"ben-{number}@example.org", f"ben-{number}", device(number)
    at = moment(3, 800 + number)
    naming = Said(at, Door.SERVER, "identify", device=mine, traits={"email": email})
    confirmed = {"email": email}
    return [
        *looks(at, mine, 1),
        naming,
        buys(at + 3 * SECOND, 1_000 + number, "", email=email),
        Said(moment(4, 700), Door.SERVER, "identify", user_id=user, traits={"email": email}),
        Said(moment(4, 720), Door.SERVER, "track", "Email Confirmed", user_id=user, properties=confirmed),
    ]


def lives(travel: Travel, tally: Tally) -> list[Line]:
    model = Model(travel=travel)
    said = [life(number, number % 4 != 0, number % 3 == 0) for number in range(16)]
    said += [guest(number) for number in range(16, 24)]
    lines = [line for number, one in enumerate(said) for line in post(model, 7, number, one, tally)]
    crawls = [one for number in range(60, 66) for one in looks(moment(4, 500), device(number), number)]
    return sorted([*lines, *post_bots(model, 7, crawls, tally)])


def posted(travel: Travel, said: list[Said], shared: str = "") -> list[dict]:
    lines = post(Model(travel=travel), 7, 1, said, Tally(), shared)
    return [json.loads(line.text) for line in sorted(lines)]


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def test_a_shop_that_is_told_all_of_it_says_what_the_truths_say(request, database):
    tally = Tally()
    lines = lives(ROUGH, tally)
    shop = carry(request.getfixturevalue(database), [line.text for line in lines])
    try:
        counts, found = tally.counts(), recorded(shop)
    finally:
        shop.close()

    assert found.pop("accounts") == 24
    assert found == {name: getattr(counts, name) for name in found}
    assert counts.messages == len(lines)
    assert counts.duplicates == counts.messages - counts.facts - counts.unstored - sum(counts.refused.values()) > 0
    assert counts.unstored > 0
    assert len(counts.refused) > 10
    assert counts.merges == 16 + 8, "each card, and each guest"


def test_without_bad_luck_everything_arrives_once_and_as_it_was_said():
    at = moment(40, 600)
    visit = list(looks(at, device(1), 1))
    events = posted(STRAIGHT, visit)

    assert [event["type"] for event in events] == ["page", "track", "track"]
    assert [event.get("event") for event in events] == [None, "Product Viewed", "Product Added"]
    assert events[0]["name"] == "Lamps"
    assert events[0]["properties"]["referrer"] == "https://www.google.com/"
    assert events[0]["originalTimestamp"] == written(at // 1_000)
    for event, said in zip(events, visit, strict=True):
        assert 0 < happened(event) - said.at < 2 * SECOND, "the moment, and the time on the way"


def test_a_wrong_clock_shifts_what_a_device_writes_and_not_when_it_happened():
    visit = list(looks(moment(40, 600), device(1, wrong_by=-90 * 24 * HOUR * 1_000), 1))
    events = posted(STRAIGHT, visit)

    assert events[0]["originalTimestamp"].startswith("2024-11-1")
    assert events[0]["receivedAt"].startswith("2025-02-10")
    assert all(0 < happened(event) - said.at < 2 * SECOND for event, said in zip(events, visit, strict=True))


def test_the_servers_clock_is_right_and_its_word_quick():
    (event,) = posted(STRAIGHT, [signs_in(moment(40, 600), device(1, wrong_by=90 * 24 * HOUR * 1_000), "ada")])

    assert event["timestamp"] == written(moment(40, 600) // 1_000 - 1_000)
    assert (event["userId"], event["anonymousId"]) == ("ada", "device-1")
    assert "ip" not in event["context"]
    assert happened(event) - moment(40, 600) + SECOND < SECOND


def test_what_is_late_comes_before_the_next_visit_and_before_consent_is_taken_back():
    first, second, third = [moment(day, 600) for day in (10, 11, 30)]
    no = Said(
        moment(31, 5), Door.SERVER, "track", "Consent Withdrawn", user_id="a", properties={"purpose": "analytics"}
    )
    said = [*looks(first, device(1), 1), *looks(second, device(1), 2), *looks(third, device(1), 3), no]
    came = {event["messageId"]: parse_instant(event["receivedAt"], "UTC") for event in posted(LATE, said)}
    moments = [*came.values()]

    assert [at for at in moments[:3] if at >= second] == []
    assert [at for at in moments[6:9] if at >= no.at] == []
    assert max(moments[3:6]) - second > HOUR, "nothing stands against its being late"


def test_a_retry_comes_after_what_was_said_later():
    """Requests a minute apart, each of which failed at first."""
    page = Page("/", "Home")
    at = moment(50, 700)
    said = [Said(at + n * 60 * SECOND, Door.BROWSER, "page", f"{n}", n, "", device(1), page) for n in range(30)]
    names = [int(event["name"]) for event in posted(SLOW, said)]

    assert sorted(names) == list(range(30))
    assert any(later < earlier for earlier, later in pairwise(names))


def test_a_device_that_others_use_as_well_is_never_late():
    visit = list(looks(moment(10, 600), device(1), 1))

    assert max(happened(event) for event in posted(LATE, visit, shared="device-1")) < moment(10, 605)
    came = [parse_instant(event["receivedAt"], "UTC") for event in posted(LATE, visit, shared="device-1")]
    assert max(came) < moment(10, 605)


def test_what_comes_twice_bears_the_same_message_ids_and_says_the_same():
    twice = posted(replace(STRAIGHT, repeated=1), list(looks(moment(10, 600), device(1), 1)))
    by_id = Counter(event["messageId"] for event in twice)
    said = {(event["messageId"], event["originalTimestamp"], event.get("event")) for event in twice}

    assert set(by_id.values()) == {2}
    assert len(said) == len(by_id)


def test_lines_of_one_request_stand_together():
    lines = lives(ROUGH, Tally())
    requests = [json.loads(line.text)["request"] for line in lines]
    places = [place for place, (one, other) in enumerate(pairwise(requests)) if one != other]

    assert len(places) + 1 == len(set(requests))
    assert {line.sender for line in lines} >= {0, 23, BOTS}


def test_what_two_say_at_the_same_moment_comes_in_two_requests(tmp_path):
    """A hundred customers buy at the same second: some of what the server says of them arrives at the same millisecond."""
    tally = Tally()
    said = [[buys(moment(40, 600), number, f"ada-{number}")] for number in range(100)]
    lines = sorted(
        [line for number, one in enumerate(said) for line in post(Model(travel=STRAIGHT), 7, number, one, tally)]
    )
    times = {tuple([json.loads(line.text)[name] for name in ("sentAt", "receivedAt")]) for line in lines}
    (tmp_path / "events.jsonl").write_bytes(b"".join([line.text + b"\n" for line in lines]))

    assert len(times) < 100
    assert len(list(parcels(tmp_path / "events.jsonl"))) == tally.counts().requests == 100


def test_shares_are_those_of_the_model():
    tally = Tally()
    said = [one for visit in range(300) for one in looks(moment(visit, 600), device(1), visit)]
    travel = Travel(late=0.05, out_of_order=0.05, repeated=0.05, broken=0.05)
    for number in range(10):
        list(post(Model(travel=travel), 7, number, said, tally))
    counts = tally.counts()

    assert counts.late == pytest.approx(300, abs=4 * 17)
    assert counts.out_of_order == pytest.approx(300, abs=4 * 17)
    assert counts.repeated == pytest.approx(300, abs=4 * 17)
    assert sum(counts.refused.values()) == pytest.approx(450 * 1.05, abs=5 * 22)


def test_a_parcel_number_that_is_used_twice_is_found_out():
    far_apart = [*looks(moment(10, 600), device(1), 1), *looks(moment(20, 600), device(1), 1)]

    with pytest.raises(AssertionError, match="used twice"):
        posted(STRAIGHT, far_apart)
