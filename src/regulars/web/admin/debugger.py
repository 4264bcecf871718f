"""The debugger: what arrives, as it arrives, accepted and refused, for whoever connects the shop.

With a script the page asks every two seconds for what is newer than what it has, and puts that on top; without one it is loaded
again by hand. It is paused by an address of its own, so that it stands still in any browser. Nothing in its addresses says who
somebody is.
"""

from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from litestar import Response, get
from markupsafe import Markup

from regulars.backtesting.report import words
from regulars.kernel.calendar import SECOND, Calendar
from regulars.kernel.facts import Instant
from regulars.service import arriving as arrivals
from regulars.service.arriving import MOST_SHOWN, TAKEN_WITHOUT, Arrived
from regulars.service.arriving import Asked as Wanted
from regulars.service.refused import readable
from regulars.web.admin import telling
from regulars.web.admin.rendering import HEADERS, Asked, Desk, answer, desk_of

MOST_ON_A_PAGE: Final = 2 * MOST_SHOWN
"""So many stand on a page that adds to itself; then it is begun anew."""
RESULTS: Final = (("", "Everything"), (arrivals.ACCEPTED, "Accepted"), (arrivals.REFUSED, "Refused"))


@get("/debugger", sync_to_thread=True)
def debugger_page(request: Asked) -> Response[str]:
    desk, query = desk_of(request), request.query_params
    wanted = Wanted(_result(query.get("result")), _text(query.get("source")), _text(query.get("name")))
    after = query.get("after")
    found = arrivals.arriving(desk.shop, wanted, after)
    shown = _number(query.get("shown")) + len(found.events)
    if after is not None and not found.events:
        return Response("", status_code=HTTPStatus.NO_CONTENT, headers=HEADERS, media_type="text/html")
    if after is not None and shown > MOST_ON_A_PAGE:
        return Response("", headers={**HEADERS, "HX-Redirect": _address(wanted)}, media_type="text/html")
    return answer(
        request,
        "debugger.html.j2",
        "debugger",
        program=desk.program,
        as_of=telling.as_of(desk.now, desk.calendar),
        events=[_told(one, desk) for one in found.events],
        wanted=wanted,
        results=RESULTS,
        sources=found.sources,
        names=found.names,
        paused="paused" in query,
        is_filtered=wanted != Wanted(),
        newer=_address(wanted, after=found.cursor, shown=str(shown)),
        here=_address(wanted),
        pause=_address(wanted, paused="1"),
        most=words.count(MOST_SHOWN),
        base=str(request.base_url).rstrip("/"),
    )


def _result(value: str | None) -> str:
    return value if value in (arrivals.ACCEPTED, arrivals.REFUSED) else ""


def _text(value: str | None) -> str:
    return (value or "").replace("\0", "")[:200]


def _number(value: str | None) -> int:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) <= 6 else 0


def _address(wanted: Wanted, **more: str) -> str:
    asked = {"result": wanted.result, "source": wanted.source, "name": wanted.name, **more}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/debugger?{query}" if query else "/debugger"


def _told(one: Arrived, desk: Desk) -> dict[str, object]:
    return {
        "when": _second(one.at, desk.now, desk.calendar),
        "source": one.source,
        "name": one.name or "an event without a name",
        "whose": telling.customer_link(one.customer, telling.short_id(one.customer)) if one.customer else "",
        "trust": _TRUSTS[one.trust],
        "is_refused": bool(one.reason),
        "result": _outcome(one),
        "message": one.message,
        "kept": readable(one.kept),
        "shown": "What was kept" if not one.reason else "What came",
    }


def _second(instant: Instant, now: Instant, calendar: Calendar) -> Markup:
    """`14:05:09` today, with the date before."""
    clock = f"{words.clock(instant, calendar)}:{instant // SECOND % 60:02}"
    is_today = calendar.day_of(instant) == calendar.day_of(now)
    spoken = clock if is_today else f"{words.date(instant, calendar)}, {clock}"
    return Markup('<time datetime="{}">{}</time>').format(telling.exact(instant), spoken)


_TRUSTS: Final = {"shop": "the shop’s word", "weak": "a browser’s word", "": ""}


def _outcome(one: Arrived) -> str:
    if not one.reason:
        return "Stored"
    reason = one.reason.replace("_", " ")
    return f"Taken without a part: {reason}" if one.reason in TAKEN_WITHOUT else f"Refused: {reason}"


handlers: Final = [debugger_page]
