"""What was refused: each event, as it came or as it was understood, why it was not taken, and how to mend it."""

from typing import Final

from litestar import Response, get

from regulars.backtesting.report import words
from regulars.service import refused as refusals
from regulars.service.refused import RefusedEvent
from regulars.web.admin import telling
from regulars.web.admin.rendering import Asked, Desk, answer, desk_of

A_PAGE: Final = 20
UNDERSTOOD: Final = ("message_id_reused", "order_reused", "failed")
"""Refused only while they were stored: kept is what was understood of them."""


@get("/refused", sync_to_thread=True)
def refused_page(request: Asked) -> Response[str]:
    desk = desk_of(request)
    page = refusals.refused(desk.shop, request.query_params.get("older"), A_PAGE)
    return answer(
        request,
        "refused.html.j2",
        "refused",
        program=desk.program,
        as_of=telling.as_of(desk.now, desk.calendar),
        number=words.count(page.total),
        total=page.total,
        events=[_told(one, desk) for one in page.events],
        next=page.next,
        is_first="older" not in request.query_params,
    )


def _told(one: RefusedEvent, desk: Desk) -> dict[str, object]:
    return {
        "reason": words.capitalized(one.reason.replace("_", " ")),
        "message": one.message,
        "when": telling.moment(one.received_at, desk.calendar),
        "source": one.source,
        "position": words.count(one.position + 1),
        "message_id": one.message_id or "",
        "raw": one.raw,
        "shown": "What was understood of the event" if one.reason in UNDERSTOOD else "The event as it came",
    }


handlers: Final = [refused_page]
