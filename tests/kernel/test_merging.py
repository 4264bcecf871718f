"""Two customers turn out to be one, and perhaps two again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple, replace

from regulars.kernel.effects import Account, Effect, Entry, Lot, Merged, Posted
from regulars.kernel.facts import FOREVER, Fact
from regulars.kernel.merging import Moved, Owned, Spent, merge, part
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import State, copy_of, rebuilt
from regulars.kernel.step import advance, fold
from regulars.kernel.waking import next_due
from regulars.wire.records import Step, decode_effects, decode_posted, encode_effects, encode_posted
from tests.kernel.test_laws import histories, moments, programs
from tests.shop import Shop, moves

HELD = "points: {hold: 2 days, expire: {after: 1 month}}\n"
BY_SPEND = "tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 50}, {id: gold, at: 100}]}\n"
BY_POINTS = BY_SPEND.replace("spend", "points")
JOINERS = """members: those_who_join
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}, {id: welcome, on: Member Joined, points: 5}]
"""


class Pair:
    """Ada, and somebody who turns out to be Ada."""

    def __init__(self, rules: str = HELD) -> None:
        self.ada, self.other = Shop(rules), Shop(rules)
        self.program = self.ada.program

    def merge(self, when: str) -> Moved:
        at = self.ada.at(when)
        return self._take(merge(self.ada.state, self.other.state, self.program, at, at))

    def part(self, when: str) -> Moved:
        at, facts = self.ada.at(when), self.other.facts
        owned = owned_by([one.id for one in facts], self.ada.effects + self.other.effects)
        mine = [one for one in self.ada.facts if one.id not in owned.facts]
        return self._take(part(self.ada.state, self.other.state, owned, mine, facts, self.program, at, at))

    def through_the_other(self, when: str, amount: str, id: str) -> None:
        """A purchase under the other's name, after the two were merged."""
        self.ada.buys(when, amount, id=id)
        self.other.facts.append(self.ada.facts[-1])

    def _take(self, moved: Moved) -> Moved:
        self.ada.state, self.other.state = moved.into, moved.other
        self.ada.effects += moved.into_effects
        self.other.effects += moved.other_effects
        return moved


def owned_by(facts: list[str], effects: list[Effect]) -> Owned:
    """What a store finds in the ledgers of both."""
    theirs = [one for one in posted(effects) if one.lot[0] in facts]
    earned = [one for one in theirs if one.entry is Entry.EARN]
    qualifying: dict[int, int] = {}
    for one in earned:
        if one.qualifies_on is not None:
            qualifying[one.qualifies_on] = qualifying.get(one.qualifies_on, 0) + one.points
    issued = sum([one.points for one in earned])
    expired = sum([one.points for one in theirs if one.entry is Entry.EXPIRE])
    return Owned(frozenset(facts), issued - expired, qualifying)


def held(shop: Shop) -> tuple[int, int]:
    return shop.pending, shop.available


def all_lots(state: State) -> list[Lot]:
    return [*state.consequences.pending, *state.consequences.available]


def posted(effects: list[Effect]) -> list[Posted]:
    return [one for one in effects if isinstance(one, Posted)]


def postings(moved: Moved) -> list[tuple[str, str, str, int]]:
    """Of both ledgers: whose, from, to, how many."""
    sides = (("ada", moved.into_effects), ("other", moved.other_effects))
    return [
        (whose, one.source.value, one.target.value, one.points)
        for whose, effects in sides
        for one in effects
        if isinstance(one, Posted) and one.entry is Entry.MERGE
    ]


# --- merging -----------------------------------------------------------------------------------------------------------


def test_what_one_holds_goes_over_with_its_age_and_its_expiry() -> None:
    pair = Pair()
    pair.ada.buys("2017-03-01 12:00", "10.00")
    pair.other.buys("2017-03-02 12:00", "5.00", id="old")
    pair.other.buys("2017-03-09 12:00", "3.00", id="new")
    before = all_lots(pair.other.state)
    moved = pair.merge("2017-03-10 12:00")
    assert (held(pair.ada), held(pair.other)) == ((3, 15), (0, 0))
    assert {lot.id: lot for lot in all_lots(pair.ada.state)}.items() >= {lot.id: lot for lot in before}.items()
    assert postings(moved) == [
        ("ada", "merged", "pending", 3),
        ("ada", "merged", "available", 5),
        ("other", "pending", "merged", 3),
        ("other", "available", "merged", 5),
    ]
    assert [lot.id[0] for lot in pair.ada.state.consequences.available] == ["order-0", "old"]


def test_what_came_becomes_available_and_expires_as_it_would_have() -> None:
    pair = Pair()
    pair.other.buys("2017-03-09 12:00", "3.00")
    pair.merge("2017-03-10 12:00")
    twin = Shop(HELD)
    twin.buys("2017-03-09 12:00", "3.00")
    activated, expired = (posted(twin.sees(when)) for when in ("2017-04-01 00:00", "2017-06-01 00:00"))
    assert (len(activated), len(expired)) == (1, 1)
    followed = posted(pair.ada.sees("2017-06-01 00:00"))
    assert [one.entry for one in followed] == [Entry.ACTIVATE, Entry.EXPIRE]
    assert [one.effective_at for one in followed] == [activated[0].effective_at, expired[0].effective_at]


def test_who_was_merged_holds_nothing_and_waits_for_nothing() -> None:
    pair = Pair(HELD + BY_SPEND)
    pair.other.buys("2017-03-09 12:00", "60.00")
    pair.merge("2017-03-10 12:00")
    assert all_lots(pair.other.state) == []
    assert (pair.other.state.consequences.issued, pair.other.state.consequences.moved) == (60, -60)
    assert pair.ada.state.due_at == next_due(pair.ada.state, pair.program) < FOREVER


def test_both_are_brought_to_the_later_of_their_clocks_first() -> None:
    """What had expired by then does not go over, and what was pending goes as available."""
    pair = Pair()
    pair.ada.buys("2017-05-01 12:00", "10.00")
    pair.other.buys("2017-03-01 12:00", "4.00")
    pair.other.buys("2017-04-20 12:00", "5.00")
    moved = pair.merge("2017-04-25 12:00")
    assert moved.into.clock == pair.ada.at("2017-05-01 12:00")
    assert postings(moved) == [("ada", "merged", "available", 5), ("other", "available", "merged", 5)]
    assert pair.other.state.consequences.expired == 4


def test_what_both_reach_together_is_given_at_once() -> None:
    for rules in (BY_SPEND, BY_POINTS):
        pair = Pair(rules)
        pair.ada.buys("2017-03-01 12:00", "30.00")
        pair.other.buys("2017-03-02 12:00", "25.00")
        moved = pair.merge("2017-03-10 12:00")
        assert moves(moved.into_effects) == [(None, "silver")]
        assert pair.ada.tier == "silver"


def test_the_higher_level_comes_along_and_no_higher_one_is_lost() -> None:
    pair, back = Pair(BY_SPEND), Pair(BY_SPEND)
    for one in (pair.other, back.ada):
        one.buys("2017-03-02 12:00", "120.00")
    assert moves(pair.merge("2017-03-10 12:00").into_effects) == [(None, "gold")]
    assert moves(back.merge("2017-03-10 12:00").into_effects) == []
    assert (pair.ada.tier, back.ada.tier) == ("gold", "gold")


def test_a_level_that_came_along_is_kept_until_the_next_reset_though_the_sum_does_not_reach_it() -> None:
    pair = Pair(BY_SPEND)
    pair.other.buys("2017-03-02 12:00", "120.00")
    pair.other.buys("2017-03-03 12:00", "-100.00")
    assert pair.other.tier == "gold"
    pair.merge("2017-03-10 12:00")
    assert pair.ada.tier == "gold"
    pair.ada.sees("2018-01-01 00:00")
    assert pair.ada.tier is None


def test_the_earlier_membership_counts() -> None:
    pair = Pair(JOINERS)
    pair.ada.joins("2017-03-05 12:00")
    pair.other.joins("2017-03-02 12:00")
    pair.merge("2017-03-10 12:00")
    assert pair.ada.state.consequences.member_since == pair.ada.at("2017-03-02 12:00")
    assert held(pair.ada) == (0, 10)


def test_who_is_no_member_becomes_one_by_whom_comes() -> None:
    pair = Pair(JOINERS)
    pair.ada.buys("2017-03-01 12:00", "30.00")
    pair.other.joins("2017-03-02 12:00")
    pair.merge("2017-03-10 12:00")
    pair.ada.buys("2017-03-11 12:00", "7.00")
    assert held(pair.ada) == (0, 12)


def test_nobody_else_is_changed_by_a_merge() -> None:
    pair = Pair(HELD + BY_SPEND)
    pair.ada.buys("2017-03-01 12:00", "30.00")
    pair.other.buys("2017-03-02 12:00", "25.00")
    ada, other = copy_of(pair.ada.state), copy_of(pair.other.state)
    at = pair.ada.at("2017-03-10 12:00")
    merge(pair.ada.state, pair.other.state, pair.program, at, at)
    assert (pair.ada.state, pair.other.state) == (ada, other)


def test_both_adopt_the_program_first() -> None:
    with pytest.raises(AssertionError, match="adopt"):
        merge(Shop(HELD).state, Shop().state, Shop(HELD).program, 0, 0)


# --- parting -----------------------------------------------------------------------------------------------------------


def test_parting_gives_each_what_came_through_the_own_name() -> None:
    """Also what was bought under the other's name after the two had been merged."""
    pair = Pair()
    pair.ada.buys("2017-03-01 12:00", "10.00", id="ada-1")
    pair.other.buys("2017-03-02 12:00", "5.00", id="other-1")
    pair.merge("2017-03-03 12:00")
    pair.through_the_other("2017-03-04 12:00", "7.00", id="other-2")
    pair.ada.buys("2017-03-05 12:00", "11.00", id="ada-2")
    pair.part("2017-03-10 12:00")
    assert (held(pair.ada), held(pair.other)) == ((0, 21), (0, 12))
    assert [lot.id[0] for lot in all_lots(pair.ada.state)] == ["ada-1", "ada-2"]
    assert [lot.id[0] for lot in all_lots(pair.other.state)] == ["other-1", "other-2"]


def test_what_expired_in_between_stays_expired() -> None:
    pair = Pair()
    pair.ada.buys("2017-03-20 12:00", "10.00", id="ada-1")
    pair.other.buys("2017-03-02 12:00", "5.00", id="other-1")
    pair.merge("2017-03-20 12:00")
    pair.through_the_other("2017-04-20 12:00", "7.00", id="other-2")
    pair.part("2017-04-21 12:00")
    assert (held(pair.ada), held(pair.other)) == ((0, 0), (7, 0))
    assert pair.ada.state.consequences.expired == 10 + 5
    assert pair.other.state.consequences.expired == 0


def test_points_that_are_gone_cannot_go_back() -> None:
    """Nothing spends points yet, so they are taken away by hand."""
    pair = Pair()
    pair.ada.buys("2017-03-01 12:00", "10.00", id="ada-1")
    pair.other.buys("2017-03-02 12:00", "5.00", id="other-1")
    pair.merge("2017-03-06 12:00")
    available = pair.ada.state.consequences.available
    place = [lot.id[0] for lot in available].index("other-1")
    available[place] = replace_points(available[place], 4)
    ada, other = copy_of(pair.ada.state), copy_of(pair.other.state)
    with pytest.raises(Spent):
        pair.part("2017-03-07 12:00")
    assert (pair.ada.state, pair.other.state) == (ada, other)
    available[place] = replace_points(available[place], 5)
    available[1 - place] = replace_points(available[1 - place], 1)
    pair.part("2017-03-07 12:00")
    assert (held(pair.ada), held(pair.other)) == ((0, 1), (0, 5)), "Ada's own may be gone"


def test_levels_that_each_reaches_alone_are_given_and_one_that_was_held_stays() -> None:
    pair = Pair(BY_SPEND)
    pair.ada.buys("2017-03-01 12:00", "30.00", id="ada-1")
    pair.other.buys("2017-03-02 12:00", "25.00", id="other-1")
    pair.merge("2017-03-03 12:00")
    pair.through_the_other("2017-03-04 12:00", "80.00", id="other-2")
    assert (pair.ada.tier, pair.other.tier) == ("gold", None)
    pair.part("2017-03-05 12:00")
    assert (pair.ada.tier, pair.other.tier) == ("gold", "gold")
    pair.ada.sees("2018-01-01 00:00")
    assert pair.ada.tier is None


def test_each_is_a_member_since_its_own_facts_say_so() -> None:
    pair = Pair(JOINERS)
    pair.ada.joins("2017-03-05 12:00")
    pair.other.buys("2017-03-02 12:00", "25.00", id="other-1")
    pair.merge("2017-03-10 12:00")
    pair.part("2017-03-11 12:00")
    assert pair.ada.state.consequences.member_since == pair.ada.at("2017-03-05 12:00")
    assert pair.other.state.consequences.member_since is None


# --- laws --------------------------------------------------------------------------------------------------------------


@st.composite
def pairs(draw: st.DrawFn) -> tuple[list[Fact], list[Fact], list[Fact], list[Fact], int]:
    """Facts of both before they are merged, facts of both in between, and the moment of the merge."""
    mine, theirs = draw(histories()), [renamed(one, "other") for one in draw(histories())]
    later, through = ([renamed(one, name) for one in draw(histories())][:5] for name in ("later", "through"))
    return mine, theirs, later, through, draw(moments) * 1_000_000


def renamed(fact: Fact, name: str) -> Fact:
    return replace(fact, id=f"{name}-{fact.id}")


def both(program: Rulebook, mine: list[Fact], theirs: list[Fact]) -> tuple[State, State, list[Effect], list[Effect]]:
    into, into_effects = fold(program.new_state(), mine, program)
    other, other_effects = fold(program.new_state(), theirs, program)
    return into, other, into_effects, other_effects


def accounts(effects: list[Effect]) -> dict[Account, int]:
    sums = dict.fromkeys(Account, 0)
    for effect in effects:
        if isinstance(effect, Posted):
            for account, points in effect.postings():
                sums[account] += points
    return sums


def agrees(state: State, effects: list[Effect]) -> bool:
    """Either ledger by itself adds up to its lots."""
    sums, has = accounts(effects), state.consequences
    return (
        sums[Account.PENDING] == sum([lot.points for lot in has.pending])
        and sums[Account.AVAILABLE] == sum([lot.points for lot in has.available])
        and sums[Account.EXPIRED] == has.expired
        and -sums[Account.PROGRAM] == has.issued
        and -sums[Account.MERGED] == has.moved
        and has.outstanding() == sums[Account.PENDING] + sums[Account.AVAILABLE]
    )


@given(programs(), pairs())
def test_nothing_is_lost_or_made_by_merging_and_parting(
    program: Rulebook, pair: tuple[list[Fact], list[Fact], list[Fact], list[Fact], int]
) -> None:
    """Over both ledgers; either by itself adds up at every moment; and effects alone rebuild what both hold."""
    mine, theirs, later, through, at = pair
    into, other, into_effects, other_effects = both(program, mine, theirs)
    moment = max(at, into.clock, other.clock)
    apart = [advance(one, moment, program, at)[0] for one in (into, other)]
    moved = merge(into, other, program, at, at)
    into_effects, other_effects = into_effects + moved.into_effects, other_effects + moved.other_effects
    for state, effects in ((moved.into, into_effects), (moved.other, other_effects)):
        assert agrees(state, effects)
        assert rebuilt(effects) == state.consequences
        assert state.due_at == next_due(state, program)
    assert sorted(map(astuple, all_lots(moved.into))) == sorted(map(astuple, all_lots(apart[0]) + all_lots(apart[1])))
    assert all_lots(moved.other) == []
    assert moved.into.consequences.moved == -moved.other.consequences.moved

    into, more = fold(moved.into, later + through, program)
    into_effects += more
    owned = owned_by([one.id for one in theirs + through], into_effects + other_effects)
    before = into.consequences.outstanding()
    gone = part(into, moved.other, owned, mine + later, theirs + through, program, at, at)
    into_effects, other_effects = into_effects + gone.into_effects, other_effects + gone.other_effects
    for state, effects in ((gone.into, into_effects), (gone.other, other_effects)):
        assert agrees(state, effects)
        assert rebuilt(effects) == state.consequences
        assert state.due_at == next_due(state, program)
    assert gone.into.consequences.outstanding() + gone.other.consequences.outstanding() == before
    assert {lot.id[0] for lot in all_lots(gone.other)} <= set(owned.facts)
    assert not {lot.id[0] for lot in all_lots(gone.into)} & set(owned.facts)


@given(programs(), pairs())
def test_merging_and_parting_at_once_gives_both_back(
    program: Rulebook, pair: tuple[list[Fact], list[Fact], list[Fact], list[Fact], int]
) -> None:
    """Lots, qualifying points, observations and membership; a level, too, where the other's did not lift it."""
    mine, theirs, _, _, at = pair
    into, other, into_effects, other_effects = both(program, mine, theirs)
    moment = max(at, into.clock, other.clock)
    before = [advance(one, moment, program, at)[0] for one in (into, other)]
    moved = merge(into, other, program, at, at)
    effects = [*into_effects, *other_effects, *moved.into_effects, *moved.other_effects]
    owned = owned_by([one.id for one in theirs], effects)
    gone = part(moved.into, moved.other, owned, mine, theirs, program, moment, at)
    for was, now in zip(before, (gone.into, gone.other), strict=True):
        assert now.clock == was.clock
        assert now.consequences.pending == was.consequences.pending
        assert now.consequences.available == was.consequences.available
        assert now.consequences.moved == 0
        assert kept(now.consequences.qualifying, program, now) == kept(was.consequences.qualifying, program, was)
        assert now.consequences.member_since == was.consequences.member_since
        assert now.observations == was.observations
    if moved.into.consequences.tier == before[0].consequences.tier:
        assert gone.into.consequences.tier == before[0].consequences.tier
    assert gone.other.consequences.tier == before[1].consequences.tier


@given(programs(), pairs())
def test_who_is_merged_with_whom_is_one_for_what_counts(
    program: Rulebook, pair: tuple[list[Fact], list[Fact], list[Fact], list[Fact], int]
) -> None:
    """Observations, qualifying points, membership and lots are the same, whoever goes up in whom."""
    mine, theirs, _, _, at = pair
    into, other, _, _ = both(program, mine, theirs)
    one, two = merge(into, other, program, at, at), merge(other, into, program, at, at)
    assert one.into.observations == two.into.observations
    assert one.into.consequences.qualifying == two.into.consequences.qualifying
    assert one.into.consequences.member_since == two.into.consequences.member_since
    assert all_lots(one.into) == all_lots(two.into)
    assert one.into.consequences.tier == two.into.consequences.tier


@given(programs(), pairs())
def test_what_a_merge_says_is_written_down_and_read_again(
    program: Rulebook, pair: tuple[list[Fact], list[Fact], list[Fact], list[Fact], int]
) -> None:
    mine, theirs, _, _, at = pair
    into, other, into_effects, other_effects = both(program, mine, theirs)
    moved = merge(into, other, program, at, at)
    effects = [*into_effects, *other_effects, *moved.into_effects, *moved.other_effects]
    owned = owned_by([one.id for one in theirs], effects)
    gone = part(moved.into, moved.other, owned, mine, theirs, program, at, at)
    for told in (moved.into_effects, moved.other_effects, gone.into_effects, gone.other_effects):
        step = Step(None, at, program.version)
        others = [one for one in told if not isinstance(one, Posted)]
        assert any(isinstance(one, Merged) for one in others)
        assert decode_effects(encode_effects(others), step) == others
        for ordinal, one in enumerate([one for one in told if isinstance(one, Posted)]):
            assert decode_posted(encode_posted("ada", 1, ordinal, one), step) == one


def kept(buckets: dict[int, int], program: Rulebook, state: State) -> dict[int, int]:
    """Those that a level can still hang on: older ones may be dropped at any time."""
    oldest = program.calendar.today(state.clock).day - 2 * 366
    return {day: points for day, points in buckets.items() if points and day > oldest}


def replace_points(lot: Lot, points: int) -> Lot:
    return Lot(lot.id, points, lot.earned_at, lot.active_at, lot.expires_at)
