"""What a shop is called, and what must be said of it."""

import pytest

from regulars.boot import new_id
from regulars.service import made
from regulars.service.made import MadeRefused, TakenIn
from regulars.service.shop import open_shop
from regulars.service.sign import LONGEST_NOTE, MADE, Sign, SignRefused, put_up, sign_of
from tests.web.admin.shops import fill


@pytest.fixture
def shop(database):
    shop = open_shop(database, new_id)
    yield shop
    shop.close()


def test_a_shop_has_no_sign_until_somebody_puts_one_up(shop):
    assert sign_of(shop) == Sign()

    put_up(shop, " Hearth & Hem ", "Opened on Monday.")

    assert sign_of(shop) == Sign("Hearth & Hem", "Opened on Monday.")


def test_name_and_note_are_changed_one_by_one_and_taken_down(shop):
    put_up(shop, "Hearth & Hem", "Opened on Monday.")
    put_up(shop, "Hem & Hearth", None)
    put_up(shop, None, "")

    assert sign_of(shop) == Sign("Hem & Hearth", "")


@pytest.mark.parametrize(("name", "note"), [("x" * 61, None), (None, "x" * (LONGEST_NOTE + 1)), ("two\nlines", None)])
def test_a_sign_that_no_page_can_show_is_refused_and_the_old_one_stays(shop, name, note):
    put_up(shop, "Hearth & Hem", "Opened on Monday.")

    with pytest.raises(SignRefused, match="on one line"):
        put_up(shop, name, note)
    assert sign_of(shop) == Sign("Hearth & Hem", "Opened on Monday.")


def test_a_made_year_says_so_whatever_else_the_sign_says(shop):
    made.begin(shop, "year 1")
    put_up(shop, "Hearth & Hem", "Opened on Monday.")
    assert sign_of(shop).note == f"{MADE} Opened on Monday."

    put_up(shop, "", "")

    assert sign_of(shop) == Sign("", MADE)


def test_how_far_it_came_is_found_again(shop):
    assert made.taken_in(shop) is None
    begun = made.begin(shop, "year 1")
    further = TakenIn("year 1", 4_000, 17, 3, 9, 8, {"missing_event": 1})
    made.keep(shop, further)

    assert begun == TakenIn("year 1")
    assert made.begin(shop, "year 1") == made.taken_in(shop) == further


def test_a_shop_holds_one_made_year(shop):
    made.begin(shop, "year 1")

    with pytest.raises(MadeRefused, match="another made year"):
        made.begin(shop, "year 2")


def test_a_made_year_does_not_go_among_real_people(shop):
    fill(shop, customers=1)

    with pytest.raises(MadeRefused, match="customers of its own"):
        made.begin(shop, "year 1")
    assert sign_of(shop) == Sign()
