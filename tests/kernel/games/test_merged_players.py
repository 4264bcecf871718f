"""Two accounts that play turn out to be one person, and part again."""

from regulars.kernel.merging import Owned, merge, part
from regulars.kernel.state import NO_FOOTING, State, rebuilt
from tests.kernel.games.playing import Fair, finished
from tests.shop import Shop

RULES = """
perks: {free: {}}
games:
  stamps: {card: {times: 3, gives: {perk: free}}}
  challenges: {talk: {do: {on: Product Reviewed, times: 2}, within: 10 days, gives: {badge: Talker}}}
clubs: {tea-club: {price: 4.90, term: 1 month}}
"""


def two() -> tuple[Fair, Fair]:
    ada, other = Fair(RULES), Fair(RULES)
    for day in (1, 2, 3, 4):
        ada.buys(f"2017-03-0{day} 10:00", "5.00", id=f"ada-{day}")
    for day in (1, 2):
        other.buys(f"2017-03-0{day} 11:00", "5.00", id=f"other-{day}")
    other.does("Product Reviewed", "2017-03-03 11:00")
    other.tells("Subscription Started", "2017-03-03 12:00")
    return ada, other


def standing(state: State) -> dict[str, int]:
    played = state.consequences.played
    return {id: one.times for id, one in played.games.items()} if played else {}


def test_what_either_did_is_counted_together() -> None:
    ada, other = two()
    at = ada.at("2017-03-05 10:00")
    moved = merge(ada.state, other.state, ada.program, at, at)
    assert standing(moved.into) == {"card": 1}
    assert moved.into.consequences.played is not None
    assert list(moved.into.consequences.played.clubs) == ["tea-club"]
    assert moved.other.consequences.played is not None
    assert not moved.other.consequences.played.clubs
    assert rebuilt([*ada.effects, *moved.into_effects]) == moved.into.consequences
    ada.state = moved.into
    assert finished(ada.does("Product Reviewed", "2017-03-06 10:00")) == ["talk"]
    assert ada.at_present("2017-03-06 12:00")["card"] == "3 of 3", "given at the next order"
    assert finished(ada.buys("2017-03-07 10:00", "5.00")) == ["card"]


def test_whoever_parts_takes_along_what_their_own_facts_had_finished() -> None:
    ada, other = two()
    at = ada.at("2017-03-05 10:00")
    moved = merge(ada.state, other.state, ada.program, at, at)
    shop = Shop(ada.program)
    shop.state = moved.into
    owned = Owned(
        [one.id for one in other.facts],
        10,
        {shop.program.calendar.day_of(shop.at(f"2017-03-0{day}")): 5 for day in (1, 2)},
    )
    apart = part(moved.into, moved.other, owned, ada.facts, other.facts, ada.program, at + 1, at + 1)
    assert standing(apart.into) == {"card": 1}
    assert standing(apart.other) == {}
    assert apart.other.consequences.played is not None
    assert list(apart.other.consequences.played.clubs) == ["tea-club"]
    assert apart.into.consequences.played is not None
    assert not apart.into.consequences.played.clubs
    assert apart.into.observations == ada.state.observations
    assert apart.into.consequences.footing in (None, NO_FOOTING)
