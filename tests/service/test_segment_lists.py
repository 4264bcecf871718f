"""Segments as pages and the interface see them: sizes that add up, who since when, in which segments somebody is."""

from regulars.kernel.calendar import date_of
from regulars.service import segment_lists
from regulars.service.customers import find
from regulars.service.in_segments import scores_of, segments_of
from regulars.service.segment_lists import DaySize
from tests.service.town import RULES, Town, order
from tests.shop import at

SEGMENTS = (
    RULES
    + """
scores: {zeal: {adds: {Order Completed: 50}, levels: [{id: keen, at: 80}]}}
segments:
  buyers: {did: Order Completed}
  fresh: {did: Order Completed, within: 3 days}
"""
)


def sizes(town: Town, segment: str, now: str, days: int = 6) -> list[int]:
    rulebook = town.shop.rulebooks.in_force()
    assert rulebook is not None
    found = segment_lists.sizes_by_day(town.shop, [segment], rulebook.calendar, days, at(now))[segment]
    assert [one.day for one in found] == list(range(found[-1].day - days + 1, found[-1].day + 1))
    return [one.members for one in found]


def test_sizes_by_day_add_up_to_those_who_are_in_it_now(town: Town) -> None:
    town.applies(SEGMENTS)
    town.hears(order("ada", "1", 45), now="2017-03-01 23:59")
    town.hears(order("bea", "2", 45), now="2017-03-02 00:00")
    town.hears(order("cal", "3", 45), now="2017-03-04 12:00")
    town.wakes("2017-03-05 12:00")
    assert sizes(town, "buyers", "2017-03-05 12:00") == [0, 1, 2, 2, 3, 3]
    assert sizes(town, "fresh", "2017-03-05 12:00") == [0, 1, 2, 2, 3, 2]
    assert sizes(town, "fresh", "2017-03-05 12:00", days=2) == [3, 2]
    standing = segment_lists.standing(town.shop, "fresh", at("2017-03-03 00:00"))
    assert (standing.members, standing.entered, standing.left) == (2, 1, 1)


def test_a_back_fill_counts_in_the_size_and_not_among_those_who_entered(town: Town) -> None:
    town.applies()
    town.hears(order("ada", "1", 45), now="2017-03-01 12:00")
    town.applies(SEGMENTS, "2017-03-02 12:00")
    town.adopts("2017-03-02 12:00")
    assert sizes(town, "buyers", "2017-03-02 12:00", days=2) == [0, 1]
    standing = segment_lists.standing(town.shop, "buyers", at("2017-03-01 00:00"))
    assert (standing.members, standing.entered, standing.left) == (1, 0, 0)
    [move] = segment_lists.moves(town.shop, None, 10, segment="buyers").moves
    assert (move.name, move.entered, move.is_quiet) == ("ada", True, True)


def test_moves_come_newest_first_page_by_page(town: Town) -> None:
    town.applies(SEGMENTS)
    for number, name in enumerate(["ada", "bea", "cal"]):
        town.hears(order(name, f"{number}", 45), now=f"2017-03-01 12:0{number}")
    names, cursor = [], None
    while True:
        page = segment_lists.moves(town.shop, cursor, 2, segment="buyers")
        names += [one.name for one in page.moves]
        cursor = page.next
        if cursor is None:
            break
    assert names == ["cal", "bea", "ada"]


def test_somebody_is_where_they_would_be_had_they_been_woken(town: Town) -> None:
    town.applies(SEGMENTS)
    town.hears(order("ada", "1", 45), now="2017-03-01 12:00")
    id = find(town.shop, "user_id", "ada")
    assert id is not None
    theirs = segments_of(town.shop, [id, "nobody"], at("2017-03-02 12:00"))
    assert {one.segment: one.since for one in theirs[id]} == dict.fromkeys(["buyers", "fresh"], at("2017-03-01 12:00"))
    assert "nobody" not in theirs
    later = segments_of(town.shop, [id], at("2017-03-06 12:00"))[id]
    assert [(one.segment, one.why) for one in later] == [("buyers", "They did “Order Completed”.")]


def test_a_score_is_explained(town: Town) -> None:
    town.applies(SEGMENTS)
    town.hears(order("ada", "1", 45), order("ada", "2", 45), now="2017-03-01 12:00")
    id = find(town.shop, "user_id", "ada")
    assert id is not None
    [score] = scores_of(town.shop, id, at("2017-03-02 12:00"))
    assert (score.explained.level, score.explained.value) == ("keen", 100_000)


def test_a_days_size_says_which_day(town: Town) -> None:
    town.applies(SEGMENTS)
    rulebook = town.shop.rulebooks.in_force()
    assert rulebook is not None
    [today] = segment_lists.sizes_by_day(town.shop, ["buyers"], rulebook.calendar, 1, at("2017-03-05 23:59"))["buyers"]
    assert (today, date_of(today.day).isoformat()) == (DaySize(today.day, 0), "2017-03-05")
