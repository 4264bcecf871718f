"""The pages of the books: months, what moved in one, closing it and taking it away as a file."""

import csv
import io
from typing import Any

import pytest

from regulars.service.books import entered
from tests.web.admin.shops import PASSWORD
from tests.web.admin.test_liability import words_of


@pytest.fixture
def staff(visit: Any, shop: Any) -> Any:
    visitor = visit(shop)
    visitor.signs_in("ada", PASSWORD)
    return visitor


def test_a_month_is_told_and_taken_away(staff: Any, shop: Any) -> None:
    calendar = shop.rulebooks.in_force().calendar
    listed = words_of(staff.opens("/books"))
    assert "Every posting of the ledger" in listed
    month = "2017-12"
    postings = list(entered(shop, month, calendar))
    said = words_of(staff.opens(f"/books/{month}"))

    assert f"{len(postings):,} posting" in said
    assert "these are its books so far" in said
    file = staff.fills_in(f"/books/{month}", f"/books/{month}/export")
    assert file.headers["content-disposition"] == 'attachment; filename="books-2017-12.csv"'
    assert len(list(csv.reader(io.StringIO(file.text)))) == len(postings) + 1
    assert "Exported the postings of a month" in words_of(staff.opens("/audit"))


def test_a_month_that_goes_on_cannot_be_closed(staff: Any) -> None:
    answer = staff.fills_in("/books/2017-12", "/books/2017-12/close")

    assert answer.status_code == 409
    assert "It is not over" in words_of(answer)


def test_a_month_that_is_none_is_not_there(staff: Any) -> None:
    assert staff.opens("/books/2018-01").status_code == 404
    assert staff.opens("/books/december").status_code == 404
    assert staff.fills_in("/books/2017-12", "/books/december/close").status_code == 404
    assert staff.fills_in("/books/2017-12", "/books/december/export").status_code == 404
