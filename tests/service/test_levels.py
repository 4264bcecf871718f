"""Levels by the shop's own word: given, taken back, refused, told once for each key, and held by the record for ever."""

import msgspec
import pytest

from regulars.service import levels
from regulars.service.audit import deeds
from regulars.service.commands import Command, KeyReused, NotPossible
from regulars.service.doctor import examine
from regulars.service.levels import LevelWord
from regulars.store.facts import facts_of
from tests.service.town import RULES, Town, order
from tests.shop import at

TIERS = """tiers:
  by: spend
  over: calendar_year
  keep: {until: end_of_next_year}
  warn: 30 days
  levels: [{id: silver, at: 40, gives: {points: 7}}, {id: gold, at: 60}]
"""
NOW = "2017-03-05 12:00"


def ada(town: Town, rules: str = RULES + TIERS) -> str:
    town.applies(rules)
    town.hears(order("ada", "1", 10), now="2017-03-01 12:00")
    return town.customer("ada").id


def sets(town: Town, id: str, level: str | None, until: str | None = None, key: str | None = None) -> None:
    word = LevelWord(id, level, at(until) if until else None, "gold elsewhere")
    levels.set_level(town.shop, word, Command("level", key, msgspec.json.encode(word), "eve"), at(NOW))


def test_it_holds_to_its_end_and_what_was_earned_is_left(town: Town) -> None:
    id = ada(town)
    sets(town, id, "gold", "2017-06-01 00:00")
    given = town.customer("ada", NOW).tier
    assert (given.id, given.since) == ("gold", at(NOW))
    assert given.given is not None
    assert (given.given.id, given.given.until) == ("gold", at("2017-06-01 00:00"))
    town.hears(order("ada", "2", 30), now="2017-04-01 12:00")
    town.wakes("2017-06-01 00:00")
    left = town.customer("ada", "2017-06-01 12:00")
    assert (left.tier.id, left.tier.given, left.points.available) == ("silver", None, 47)
    assert {one.what: one.good for one in examine(town.shop, at("2017-06-01 12:00"))}["ledger"]


def test_the_history_says_so_and_so_does_the_audit_trail(town: Town) -> None:
    id = ada(town)
    sets(town, id, "gold", "2017-06-01 00:00")
    sets(town, id, None)
    assert [step.why for step in town.story("ada")][1:] == [
        ("Given by hand: at least gold, until the end of 2017-05-31.", "Is in gold now, by hand."),
        ("No longer gold, by hand: no level is left.", "The level that was given by hand holds no longer."),
    ]
    assert [(one.who, one.what, one.details) for one in deeds(town.shop, None, 10).deeds] == [
        ("eve", "level_set", "no level by hand any more: gold elsewhere"),
        ("eve", "level_set", "level gold: gold elsewhere"),
    ]


def test_the_record_reads_it_again_as_it_was_told(town: Town) -> None:
    id = ada(town)
    sets(town, id, "gold", "2017-06-01 00:00")
    with town.shop.store.reading() as connection:
        fact = facts_of(connection, [id])[id][-1]
    assert (fact.name, fact.level, fact.until, fact.reason, fact.actor) == (  # type: ignore[union-attr]
        "Level Set",
        "gold",
        at("2017-06-01 00:00"),
        "gold elsewhere",
        "eve",
    )


def test_the_same_key_is_the_same_word_and_another_word_is_refused(town: Town) -> None:
    id = ada(town)
    for _ in range(2):
        sets(town, id, "gold", key="k1")
    assert len(town.story("ada")) == 2
    with pytest.raises(KeyReused):
        sets(town, id, "silver", key="k1")


def test_what_cannot_be_is_refused_with_nothing_done(town: Town) -> None:
    id = ada(town)
    for level, until, reason in (
        ("diamond", None, "no_such_level"),
        ("gold", NOW, "over"),
        (None, None, "not_given"),
    ):
        with pytest.raises(NotPossible) as refused:
            sets(town, id, level, until, key="k2")
        assert refused.value.reason == reason
    with pytest.raises(NotPossible) as refused:
        sets(town, "nobody", "gold")
    assert refused.value.reason == "unknown_customer"
    assert len(town.story("ada")) == 1
    sets(town, id, "gold", key="k2")


def test_there_is_none_without_tiers_nor_for_who_has_not_joined(town: Town) -> None:
    id = ada(town, RULES)
    with pytest.raises(NotPossible) as refused:
        sets(town, id, "gold")
    assert refused.value.reason == "no_tiers"
    town.applies(RULES + TIERS + "members: those_who_join\n", "2017-03-02 12:00")
    with pytest.raises(NotPossible) as refused:
        sets(town, id, "gold")
    assert refused.value.reason == "not_a_member"


def test_an_end_is_told_beforehand_by_the_waking_though_nights_were_missed(town: Town) -> None:
    id = ada(town)
    sets(town, id, "gold", "2017-06-01 00:00")
    town.wakes("2017-07-01 12:00")
    assert [step.why for step in town.story("ada")][2:] == [
        (
            "gold ends after 2017-05-31, unless 50.00 USD more come before.",
            "No longer gold at the turn of the year: no level is left.",
            "The level that was given by hand holds no longer.",
        )
    ]
