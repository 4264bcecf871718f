"""The forms of the program's page: the same document, its own words about mistakes, the difference, and no way around the plan."""

import re
from typing import Any

import pytest

from regulars.service import programs
from tests.web.admin.shops import CORNER_SHOP, HOSTILE, PASSWORD
from tests.web.admin.visitor import hidden

WEEKEND = {"f.id": "weekend", "f.on": "Order Completed", "f.multiply": "3", "f.when.weekday:sunday": "yes"}


def words_of(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", answer.text).split())


@pytest.fixture
def staff(visit: Any, shop: Any) -> Any:
    visitor = visit(shop)
    visitor.signs_in("ada", PASSWORD)
    return visitor


def in_force(shop: Any) -> str:
    return programs.document(shop, programs.publications(shop)[0].version)


def test_every_piece_says_its_sentence_and_can_be_changed(staff: Any) -> None:
    page = staff.opens("/program")

    said = words_of(page)
    assert "2 times the stars on Saturdays and Sundays. Change" in said
    assert "Gold from 1,500.00 USD, 1.2 times the stars. Change" in said
    assert "It could also have: a perk" in said
    for link in re.findall(r'href="(/program/(?:change|add)/[^"]*)"', page.text):
        assert staff.opens(link).status_code == 200, link


def test_a_rule_is_planned_and_applied_and_its_comments_stay(staff: Any, shop: Any) -> None:
    plan = staff.fills_in("/program/change/earning/weekend", "/program/piece/plan", **WEEKEND)
    said = words_of(plan)
    assert "What would change" in said
    assert "+ multiply: 3" in said
    assert in_force(shop) == CORNER_SHOP

    assert staff.sends("/program/apply", hidden(plan.text)).status_code == 303

    changed = CORNER_SHOP.replace("multiply: 2", "multiply: 3").replace("[saturday, sunday]", "[sunday]")
    assert in_force(shop) == changed
    assert programs.publications(shop)[0].published_by == "ada"


def test_the_difference_is_told_with_the_number_of_customers(staff: Any) -> None:
    said = words_of(staff.fills_in("/program/change/earning/weekend", "/program/piece", **WEEKEND))

    assert re.search(r"[\d,]+ stars (more|fewer) would have been given, [\d.,]+.USD\.", said)
    assert re.search(r"Over the \d+ customers who were here last, with \d+ orders", said)
    assert re.search(r"Liability, USD [\d.]+ [\d.]+ [+−]?[\d.]+", said)
    assert "In silver" in said


def test_a_mistake_stands_at_its_field_in_the_words_of_the_document(staff: Any) -> None:
    form = {**WEEKEND, "f.multiply": "1,5", "f.when.from": "yesterday"}

    page = staff.fills_in("/program/change/earning/weekend", "/program/piece/plan", **form).text

    assert 'id="f-multiply-trouble">Expected a number above 0, such as 1.5; found “1,5”; did you mean “1.5”?' in page
    assert 'id="f-when-from-trouble">Expected a date such as 2017-11-01; found “yesterday”.' in page
    assert 'value="1,5"' in page


def test_a_rule_is_added_and_taken_out_again(staff: Any, shop: Any) -> None:
    form = {"f.id": "review", "f.on": "Product Reviewed", "f.points": "50"}
    plan = staff.fills_in("/program/add/earning", "/program/piece/plan", **form)
    staff.sends("/program/apply", hidden(plan.text))
    assert "  - id: review\n    on: Product Reviewed\n    points: 50\n" in in_force(shop)

    plan = staff.fills_in("/program/change/earning/review", "/program/piece/plan", do="remove")
    assert "Take out review" in words_of(plan)
    staff.sends("/program/apply", hidden(plan.text))
    assert in_force(shop) == CORNER_SHOP


def test_a_first_perk_and_a_first_trial_find_their_place(staff: Any, shop: Any) -> None:
    perk = {
        "f.id": "early",
        "f.title": "Early access",
        "f.opens.at": "2018-11-23T09:00",
        "f.opens.before_others": "4 hours",
    }
    staff.sends("/program/apply", hidden(staff.fills_in("/program/add/perks", "/program/piece/plan", **perk).text))
    trial = {"f.id": "weekend-doubles", "f.share": "50%", "f.arms": "plain, doubled"}
    staff.sends("/program/apply", hidden(staff.fills_in("/program/add/trials", "/program/piece/plan", **trial).text))

    rulebook = programs.in_force(shop)
    assert rulebook is not None
    assert [perk.title for perk in rulebook.program.perks] == ["Early access"]
    assert [one.id for one in rulebook.program.trials[0].arms] == ["plain", "doubled"]
    assert "“Early access”" in words_of(staff.opens("/program"))


def test_what_is_in_force_already_is_said_and_nothing_is_lost_on_the_way_back(staff: Any) -> None:
    weekend = {**WEEKEND, "f.multiply": "2", "f.when.weekday:saturday": "yes"}
    plan = staff.fills_in("/program/change/earning/weekend", "/program/piece/plan", **weekend)
    assert "Nothing would change" in words_of(plan)

    back = staff.sends("/program/piece", hidden(plan.text)).text

    assert 'name="f.when.weekday:saturday" value="yes" checked' in back
    assert 'name="f.multiply" value="2"' in back


def test_somebody_who_was_quicker_is_told_of(staff: Any, shop: Any, clock: Any) -> None:
    plan = staff.fills_in("/program/change/earning/weekend", "/program/piece/plan", **WEEKEND)
    programs.publish(shop, CORNER_SHOP.replace("points: 100", "points: 50"), "bob", clock.now)

    answer = staff.sends("/program/apply", hidden(plan.text))

    assert "Somebody else has applied a program in the meantime" in words_of(answer)
    assert programs.publications(shop)[0].published_by == "bob"


@pytest.mark.parametrize("path", ["add/nothing", "change/earning/nobody", "change/nothing/x", "change/perks/weekend"])
def test_what_is_not_there_is_not_found(staff: Any, path: str) -> None:
    assert staff.opens(f"/program/{path}").status_code == 404


def test_nonsense_stays_text(staff: Any, shop: Any) -> None:
    form = dict.fromkeys(["f.id", "f.on", "f.points", "f.only", "f.when.from"], HOSTILE)
    for action in ("/program/piece", "/program/piece/plan"):
        page = staff.fills_in("/program/add/earning", action, **form)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
    assert staff.sends("/program/piece", {**form, "section": "earning"}).status_code == 403
    assert in_force(shop) == CORNER_SHOP


def test_whoever_is_not_signed_in_sees_the_door(visit: Any, shop: Any) -> None:
    assert visit(shop).opens("/program/change/earning/weekend").status_code == 303
