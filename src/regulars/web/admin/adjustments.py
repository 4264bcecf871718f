"""Points by hand that wait for a second look: whoever did not ask for them approves or refuses."""

from http import HTTPStatus
from typing import Final

from litestar import Response, get, post

from regulars.service import adjusting
from regulars.service.adjusting import Waiting
from regulars.service.commands import Command, NotPossible
from regulars.web.admin import telling
from regulars.web.admin.rendering import Asked, Desk, answer, desk_of, form_of

SHOWN: Final = 100


@get("/adjustments", sync_to_thread=True)
def adjustments_page(request: Asked) -> Response[str]:
    return _page(request, desk_of(request))


@post("/adjustments", status_code=200, sync_to_thread=True)
def decide(request: Asked) -> Response[str]:
    desk, form = desk_of(request), form_of(request)
    approved = form.get("decision") == "approve"
    command = Command("page decide", None, b"", desk.session.name, "staff")
    try:
        adjusting.decide(desk.shop, form.get("id", ""), approved, command, desk.now)
    except NotPossible as no:
        return _page(request, desk, note=no.words)
    return _page(
        request, desk, said="Approved: the customer has them." if approved else "Refused: nothing has changed."
    )


def _page(request: Asked, desk: Desk, *, said: str = "", note: str = "") -> Response[str]:
    if desk.program is None:
        as_of = telling.as_of(desk.now, desk.calendar)
        return answer(request, "no_program.html.j2", "adjustments", as_of=as_of)
    waiting = adjusting.waiting(desk.shop)
    return answer(
        request,
        "adjustments.html.j2",
        "adjustments",
        program=desk.program,
        status=HTTPStatus.CONFLICT if note else HTTPStatus.OK,
        as_of=telling.as_of(desk.now, desk.calendar),
        said=said,
        note=note,
        waiting=[_told(one, desk) for one in waiting[:SHOWN]],
        more=max(0, len(waiting) - SHOWN),
        number=len(waiting),
        threshold=desk.program.program.points.second_look_above,
        points=desk.program.program.points.name.other,
    )


def _told(one: Waiting, desk: Desk) -> dict[str, object]:
    assert desk.program is not None
    name = desk.program.program.points.name
    return {
        "id": one.id,
        "what": f"{'Give' if one.points > 0 else 'Take'} {name.points(abs(one.points))}",
        "customer": telling.customer_link(one.customer, f"account {telling.short_id(one.customer)}"),
        "reason": one.reason,
        "note": one.note,
        "who": one.asked_by,
        "when": telling.moment(one.asked_at, desk.calendar),
        "is_own": one.asked_by == desk.session.name,
    }


handlers: Final = [adjustments_page, decide]
