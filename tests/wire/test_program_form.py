"""Pieces of a program as fields, and fields as pieces: every section that the vocabulary has, without a word about it."""

from pathlib import Path
from typing import Any

import pytest

from regulars.wire.document_writing import plain_of
from regulars.wire.program import parse_program
from regulars.wire.program_form import Draft, drafted, leaves, pieces, section_named, sections, taken_out, tried, whole
from regulars.wire.vocabulary.program import PROGRAM

CORNER_SHOP = Path("programs/corner-shop/program.yaml").read_text("utf-8")
EVERY = sorted(Path("programs").glob("*/program.yaml"))


def filled(section: str, was: str = "", **fields: str) -> Draft:
    found = section_named(section)
    known = dict(pieces(plain_of(CORNER_SHOP), found))
    before = drafted(found, was, known[was]).fields if was else {}
    return Draft(found, was, {**before, **{name.replace("__", "."): text for name, text in fields.items()}})


def test_what_comes_to_the_vocabulary_has_its_form() -> None:
    ids = [one.id for one in sections()]

    assert {"points", "earning", "tiers", "levels", "perks", "holdout", "trials"} <= set(ids)
    for section in sections():
        paths = [leaf.path for leaf in leaves(section)]
        assert len(set(paths)) == len(paths) > 0, section.id
    assert {one.path[0] for one in sections()} <= set(PROGRAM.keys)


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.parent.name)
def test_a_form_that_is_sent_as_it_came_changes_nothing(path: Path) -> None:
    document = path.read_text("utf-8")
    said = plain_of(document)
    for section in sections():
        for name, piece in pieces(said, section):
            found = tried(document, drafted(section, name, piece))
            assert found.document == document, (section.id, name)
            assert found.program is not None


def test_a_rule_is_changed_and_nothing_around_it() -> None:
    found = tried(CORNER_SHOP, filled("earning", "purchase", points="2", when__weekday="monday, tuesday"))

    assert found.program is not None
    assert (
        "per: 1.00                      # whole dollars only, rounded down, per order\n    points: 2\n"
        in found.document
    )
    assert "    when: {weekday: [monday, tuesday]}\n  - id: weekend" in found.document
    assert found.program.program.earning[0].when.weekdays == (0, 1)


def test_a_challenge_is_changed_within_the_games() -> None:
    document = Path("programs/tea-club/program.yaml").read_text("utf-8")
    section = section_named("challenges")
    [(name, piece), *_] = pieces(plain_of(document), section)
    draft = drafted(section, name, piece)

    found = tried(document, Draft(section, name, {**draft.fields, "gives.points": "30"}))

    assert found.program is not None
    assert found.program.program.games.every[0].gives.points == 30
    assert found.document.count("\n") == document.count("\n")
    games = section_named("games")
    zones = tried(document, Draft(games, "", {"time_zones": "Asia/Tokyo, Europe/Paris"}))
    assert zones.program is not None
    assert [zone.name for zone in zones.program.program.games.zones] == ["Asia/Tokyo", "Europe/Paris"]
    without = taken_out(zones.document, games, "games")
    assert without.program is not None
    assert without.program.version == parse_program(document).version


def test_the_first_tiers_come_with_their_levels() -> None:
    document = CORNER_SHOP[: CORNER_SHOP.index("tiers:")]
    fields = {"by": "spend", "over": "calendar_year", "levels": "{id: silver, at: 500}, {id: gold, at: 1500}"}

    found = tried(document, Draft(whole(section_named("tiers")), "", fields))

    assert found.program is not None
    assert [level.id for level in found.program.program.tiers.levels] == ["silver", "gold"]  # type: ignore[union-attr]
    assert "missing" in tried(document, Draft(whole(section_named("tiers")), "", {"by": "spend"})).troubles["levels"]


def test_a_level_is_put_where_its_height_says() -> None:
    found = tried(CORNER_SHOP, filled("levels", id="middle", at="700"))

    assert found.program is not None
    assert [level.id for level in found.program.program.tiers.levels] == ["silver", "middle", "gold", "platinum"]  # type: ignore[union-attr]


def test_a_perk_goes_by_its_name_and_may_be_called_something_else() -> None:
    opens = {"opens__at": "2026-11-27T09:00", "opens__before_others": "4 hours"}
    found = tried(
        CORNER_SHOP,
        filled("perks", id="early", title="Early access", **opens),
    )
    assert found.program is not None
    section = section_named("perks")
    [(name, piece)] = pieces(plain_of(found.document), section)
    draft = drafted(section, name, piece)

    renamed = tried(found.document, Draft(section, name, {**draft.fields, "id": "first-look"}))

    assert renamed.program is not None
    assert [perk.id for perk in renamed.program.program.perks] == ["first-look"]
    assert renamed.document.startswith(CORNER_SHOP.rstrip("\n"))


MISTAKES: list[tuple[str, dict[str, Any], str, str]] = [
    ("earning", {"id": "x", "on": "Order Completed", "points": "1,5", "per": "1"}, "points", "did you mean “1.5”?"),
    ("earning", {"id": "x", "on": "Order Completed", "points": "1", "per": "1,5"}, "per", "did you mean “1.5”?"),
    ("earning", {"id": "purchase", "on": "Order Completed", "points": "1"}, "id", "purchase"),
    ("earning", {"id": "x", "points": "1"}, "on", "“on” is missing"),
    ("earning", {"id": "x", "on": "Order Completed", "points": "1", "when__from": "1 May"}, "when.from", "a date such as"),
    ("levels", {"id": "x"}, "at", "“at” is missing"),
    ("perks", {"title": "Early"}, "id", "a name is missing"),
    ("perks", {"id": "Early Access"}, "id", "did you mean “early-access”?"),
    ("perks", {"id": "x", "opens__before_others": "4 hours"}, "opens.at", "“at” is missing"),
    ("trials", {"id": "x", "arms": "only-one"}, "arms", "arm"),
    ("levels", {"id": "x", "at": "700", "points_expire": "never", "points_expire__after": "2 days"}, "points_expire", "either"),
]  # fmt: skip


@pytest.mark.parametrize(("section", "fields", "field", "says"), MISTAKES)
def test_a_mistake_is_told_at_its_field_in_the_words_of_the_document(
    section: str, fields: dict[str, Any], field: str, says: str
) -> None:
    found = tried(CORNER_SHOP, filled(section, **fields))

    assert found.program is None
    assert says in found.troubles.get(field, ""), (found.troubles, found.elsewhere)


def test_a_piece_is_taken_out_and_what_still_names_it_is_told() -> None:
    without = taken_out(CORNER_SHOP, section_named("earning"), "weekend")
    assert without.program is not None
    assert [rule.id for rule in without.program.program.earning] == ["purchase", "welcome"]

    named = CORNER_SHOP.replace("earn: 1.2}", "earn: 1.2, perks: [early]}") + "\nperks: {early: {title: Early}}\n"
    assert "early" in " ".join(taken_out(named, section_named("perks"), "early").elsewhere)
    with pytest.raises(KeyError):
        taken_out(CORNER_SHOP, section_named("earning"), "never")
