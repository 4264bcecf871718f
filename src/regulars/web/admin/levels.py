"""Staff give a customer a level by hand, or take it back; on the customer's page."""

from datetime import date
from http import HTTPStatus
from typing import Final

from litestar import Response, post
from litestar.params import FromPath

from regulars.kernel.calendar import day_of_date
from regulars.kernel.facts import Instant
from regulars.service.commands import Command, NotPossible
from regulars.service.levels import MOST_REASON_CHARACTERS, LevelWord, set_level
from regulars.web.admin import telling
from regulars.web.admin.customer import customer_of, page_of
from regulars.web.admin.gate import see_other
from regulars.web.admin.rendering import Asked, Desk, desk_of, form_of

NO_DAY: Final = "That is no day: write it as 2017-03-31."


@post("/customers/{id:str}/level", status_code=200, sync_to_thread=True)
def give_level(request: Asked, id: FromPath[str]) -> Response[str]:
    """Where it cannot be, the page says why."""
    desk, form = desk_of(request), form_of(request)
    one = customer_of(desk, id)
    try:
        until = _end_of(form.get("until", "").strip(), desk)
    except ValueError:
        return page_of(request, desk, one, note=NO_DAY, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    reason = " ".join(form.get("reason", "").split())[:MOST_REASON_CHARACTERS]
    word = LevelWord(one.id, form.get("level") or None, until, reason)
    try:
        set_level(desk.shop, word, Command("level", None, b"", desk.session.name), desk.now)
    except NotPossible as error:
        return page_of(request, desk, one, note=error.words, status=HTTPStatus.CONFLICT)
    return see_other(f"{telling.customer_path(one.id)}#tier-title")


def _end_of(written: str, desk: Desk) -> Instant | None:
    """The end of that day on the shop's wall; None where nothing is written."""
    if not written:
        return None
    day = date.fromisoformat(written)
    if not 1970 <= day.year < 2200:
        raise ValueError
    return desk.calendar.start_of_day(day_of_date(day) + 1)


handlers: Final = [give_level]
