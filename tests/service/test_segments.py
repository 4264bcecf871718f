"""Who is in which segment: over the record, merged accounts as one person, devices as long as they were theirs."""

import pytest

from regulars.service import joining
from regulars.service.segments import NoSuchSegment, members, sizes
from regulars.wire.events import Sender
from tests.service.town import RULES, Town, did, order
from tests.shop import at

SEGMENTS = (
    RULES
    + """
tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 50}]}
segments:
  twice: {did: Order Completed, at_least: 2, within: 30 days}
  lookers: {did: Product Viewed, at_least: 2}
  of-lund: {trait: city, is: Lund}
  silver: {tier: silver}
  rich: {points: {available: {at_least: 40}}}
  by-mail: {consent: email}
"""
)


def in_it(town: Town, segment: str, now: str = "2017-03-15 12:00") -> list[str]:
    return sorted(members(town.shop, segment, at(now)))


def identify(user: str, **more: object) -> dict[str, object]:
    return {"type": "identify", "userId": user, **more}


def test_sizes_are_the_numbers_of_members(town: Town) -> None:
    town.applies(SEGMENTS)
    town.hears(order("ada", "1", 45, at="2017-03-01 12:00"), order("ada", "2", 10, at="2017-03-02 12:00"))
    town.hears(order("ben", "3", 40, at="2017-03-02 12:00"), identify("ben", traits={"city": "Lund"}))
    found = sizes(town.shop, at("2017-03-15 12:00"))

    assert found is not None
    assert found.customers == 2
    assert [(one.id, one.customers) for one in found.segments] == [
        ("twice", 1),
        ("lookers", 0),
        ("of-lund", 1),
        ("silver", 1),
        ("rich", 2),
        ("by-mail", 0),
    ]
    assert found.segments[0].who == "those who did “Order Completed” at least 2 times in the last 30 days"
    assert (in_it(town, "twice"), in_it(town, "rich")) == (["ada"], ["ada", "ben"])


def test_somebody_leaves_because_time_passed(town: Town) -> None:
    town.applies(SEGMENTS)
    town.hears(order("ada", "1", 45, at="2017-03-01 12:00"), order("ada", "2", 10, at="2017-03-02 12:00"))

    assert in_it(town, "twice", "2017-03-31 23:59") == ["ada"]
    assert in_it(town, "twice", "2017-04-01 00:00") == []
    assert in_it(town, "silver", "2018-01-01 00:00") == []


def test_what_was_done_on_a_device_is_its_persons_doing_and_visitors_are_nobody(town: Town) -> None:
    town.applies(SEGMENTS)
    for device in ("tablet", "kiosk"):
        views = [did("Product Viewed", anonymousId=device, at=f"2017-03-0{day} 12:00") for day in (1, 2)]
        town.hears(*views, sender=Sender.SITE, now="2017-03-02 12:00")
    town.hears(identify("ada", anonymousId="tablet"), now="2017-03-03 12:00")
    town.hears(identify("ben"), now="2017-03-03 12:00")

    assert in_it(town, "lookers") == ["ada"]


def test_merged_accounts_are_one_person_once_and_parted_ones_are_two(town: Town) -> None:
    town.applies(SEGMENTS)
    town.hears(order("work", "1", 45, at="2017-03-01 12:00"), order("home", "2", 10, at="2017-03-02 12:00"))
    work, home = town.customer("work").id, town.customer("home").id
    assert in_it(town, "twice") == []

    joining.merge(town.shop, home, work, "staff", "the same person", at("2017-03-03 12:00"))
    assert len(in_it(town, "twice")) == 1
    found = sizes(town.shop, at("2017-03-15 12:00"))
    assert found is not None
    assert found.customers == 1

    joining.part(town.shop, home, "staff", at("2017-03-04 12:00"))
    assert in_it(town, "twice") == []


def test_consent_is_asked_at_the_moment_and_whoever_wants_no_profile_is_in_no_segment(town: Town) -> None:
    town.applies(SEGMENTS)
    town.hears(order("ada", "1", 45), order("ben", "2", 45))
    for purpose in ("email", "profiling"):
        granted = {"purpose": purpose, "wording": "terms-1", "place": "checkout"}
        town.hears({"userId": "ada", "event": "Consent Granted", "properties": granted})
    assert in_it(town, "by-mail") == ["ada"]
    assert in_it(town, "rich") == ["ada", "ben"]

    withdrawn = {"purpose": "profiling", "wording": "terms-1", "place": "preferences"}
    town.hears({"userId": "ada", "event": "Consent Withdrawn", "properties": withdrawn}, now="2017-03-02 12:00")
    assert (in_it(town, "by-mail"), in_it(town, "rich")) == ([], ["ben"])
    found = sizes(town.shop, at("2017-03-15 12:00"))
    assert found is not None
    assert found.without_profiling == 1


def test_everybody_is_looked_at_once_however_many_there_are(town: Town) -> None:
    town.applies(SEGMENTS)
    town.hears(*[order(f"customer-{number:03}", str(number), 45) for number in range(250)])
    seen: list[int] = []
    found = sizes(town.shop, at("2017-03-15 12:00"), lambda done, _of: seen.append(done))

    assert found is not None
    assert found.customers == 250
    assert seen == [100, 200, 250]


def test_a_segment_that_is_not_there_is_refused(town: Town) -> None:
    town.applies(SEGMENTS)
    with pytest.raises(NoSuchSegment):
        members(town.shop, "nobody", at("2017-03-15 12:00"))
