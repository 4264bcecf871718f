"""What was refused: each event, as it came or as it was understood, why, how to mend it, and once more from here."""

from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.exceptions import ClientException

from regulars.backtesting.report import words
from regulars.service import refused as refusals
from regulars.service import replaying
from regulars.service.group import NoProgram
from regulars.service.refused import RefusedEvent
from regulars.service.replaying import Replay, Replayed, Result
from regulars.web.admin import telling
from regulars.web.admin.rendering import Asked, Desk, answer, desk_of, form_of

A_PAGE: Final = 20
SAID_AT_MOST: Final = 20
"""Of what was refused again, how many are told one by one."""
UNDERSTOOD: Final = ("message_id_reused", "order_reused", "failed")
"""Refused only while they were stored: kept is what was understood of them."""
COUNTS: Final = {
    Result.STORED: "stored",
    Result.KNOWN: "known already",
    Result.COUNTED: "counted without a name",
    Result.REFUSED: "refused again",
    Result.NOT_REPLAYABLE: "not to be replayed",
    Result.BUSY: "left for want of time: try again",
}


@get("/refused", sync_to_thread=True)
def refused_page(request: Asked) -> Response[str]:
    query = request.query_params
    return _page(request, _asked(query.get("reason")), _asked(query.get("source")), query.get("older"), None)


@post("/refused", status_code=200, sync_to_thread=True)
def replay_page(request: Asked) -> Response[str]:
    """Replays one, or all that fit the filter, and says what became of them."""
    desk, form = desk_of(request), form_of(request)
    reason, source = _asked(form.get("reason")), _asked(form.get("source"))
    id, after = form.get("id", ""), form.get("after", "") or "0"
    if not all(one.isascii() and one.isdigit() and len(one) <= 18 for one in (id or "0", after)):
        raise ClientException
    try:
        if id:
            replay = replaying.replay_one(desk.shop, int(id), desk.now)
        else:
            replay = replaying.replay_all(desk.shop, reason, source, int(after), desk.now)
    except NoProgram:
        return _page(request, reason, source, None, None, HTTPStatus.CONFLICT)
    return _page(request, reason, source, None, replay)


def _page(
    request: Asked,
    reason: str | None,
    source: str | None,
    older: str | None,
    replay: Replay | None,
    status: int = HTTPStatus.OK,
) -> Response[str]:
    desk = desk_of(request)
    page = refusals.refused(desk.shop, older, A_PAGE, reason, source)
    kinds = refusals.kinds(desk.shop)
    kept = refusals.kept_for(desk.shop).refused
    return answer(
        request,
        "refused.html.j2",
        "refused",
        program=desk.program,
        status=status,
        as_of=telling.as_of(desk.now, desk.calendar),
        number=words.count(page.total),
        total=page.total,
        events=[_told(one, desk) for one in page.events],
        next=page.next,
        older=_address(reason, source, page.next) if page.next else "",
        newest=_address(reason, source),
        is_first=older is None,
        reason=reason or "",
        source=source or "",
        reasons=[(one, _spoken(one)) for one in kinds.reasons],
        sources=kinds.sources,
        is_filtered=reason is not None or source is not None,
        kept=f"{kept.describe()}" if kept else "as long as there is room",
        most=words.count(refusals.MOST_KEPT),
        replay=_outcome(replay) if replay else None,
        has_program=desk.program is not None,
    )


def _asked(value: str | None) -> str | None:
    return value.replace("\0", "")[:100] or None if value else None


def _address(reason: str | None, source: str | None, older: str | None = None) -> str:
    asked = {"reason": reason, "source": source, "older": older}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/refused?{query}" if query else "/refused"


def _told(one: RefusedEvent, desk: Desk) -> dict[str, object]:
    return {
        "id": one.id,
        "reason": _spoken(one.reason),
        "message": one.message,
        "when": telling.moment(one.received_at, desk.calendar),
        "source": one.source,
        "position": words.count(one.position + 1),
        "message_id": one.message_id or "",
        "raw": refusals.readable(one.raw),
        "shown": "What was understood of the event" if one.reason in UNDERSTOOD else "The event as it came",
        "why_not": replaying.why_not(one.reason, one.source, len(one.raw.encode("utf-8", "replace"))) or "",
    }


def _spoken(reason: str) -> str:
    return words.capitalized(reason.replace("_", " "))


def _outcome(replay: Replay) -> dict[str, object]:
    counts = [f"{words.count(replay.number(one))} {said}" for one, said in COUNTS.items() if replay.number(one)]
    told = [one for one in replay.done if one.message]
    return {
        "says": f"{', '.join(counts)}." if counts else "There was nothing to replay.",
        "whys": _whys(told),
        "next": replay.next,
    }


def _whys(told: list[Replayed]) -> list[str]:
    """Each sentence once, with how often it was said."""
    numbers: dict[str, int] = {}
    for one in told:
        numbers[one.message] = numbers.get(one.message, 0) + 1
    often = sorted(numbers.items(), key=lambda one: (-one[1], one[0]))
    return [f"{message} ({words.count(number)} times)" if number > 1 else message for message, number in often][
        :SAID_AT_MOST
    ]


handlers: Final = [refused_page, replay_page]
