"""A page as an answer: the templates, the policy it stands under, and what every page shows of the shop."""

from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypeAlias, cast

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from litestar import Request, Response
from msgspec import Struct

from regulars.kernel.calendar import Calendar, Zone
from regulars.kernel.facts import Instant
from regulars.kernel.rulebook import Rulebook
from regulars.service import programs
from regulars.service.adjusting import number_waiting
from regulars.service.admins import Session
from regulars.service.shop import Shop
from regulars.web.admin import static, telling
from regulars.web.analytics import Analytics
from regulars.web.signboard import signboard_of

Asked: TypeAlias = Request[Any, Any, Any]

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
LARGEST_FORM: Final = 2_000_000
"""A program document of 200,000 characters, each as three escaped bytes, and a little."""
LARGEST_FORM_AT_THE_DOOR: Final = 16_384
"""Anybody may send it."""

UTC: Final = Calendar(Zone("UTC", (0,), (0,)))
"""What the clock on the wall shows until a program says where the shop is."""

PLACES: Final = (
    ("overview", "Overview"),
    ("customers", "Customers"),
    ("segments", "Segments"),
    ("identification", "Identification"),
    ("liability", "Liability"),
    ("books", "Books"),
    ("trials", "Trials"),
    ("adjustments", "Adjustments"),
    ("products", "Products"),
    ("program", "Program"),
    ("debugger", "Debugger"),
    ("refused", "Refused"),
    ("webhooks", "Webhooks"),
)


GROUPS: Final = (
    ("Customers", ("customers", "identification")),
    ("Points", ("liability", "books", "adjustments")),
    ("Program", ("program", "trials")),
    ("Data", ("debugger", "refused", "products", "webhooks")),
)
"""Pages that stand together: the bar names the group, and on a page of it a second line names its pages. All others stand alone."""


class Entry(Struct, frozen=True):
    """One word of the bar, and the place that it leads to. `pages` are those of a group; `is_here` where one of them is shown."""

    title: str
    place: str
    is_here: bool
    pages: tuple[tuple[str, str], ...] = ()


class Frame(Struct, frozen=True):
    """What stands around every page. `note` is what must be said of the shop, `neighbour` the shop to switch to; "" for neither."""

    shop_name: str
    entries: tuple[Entry, ...]
    place: str
    session: Session | None
    note: str
    neighbour: str


class Desk(Struct, frozen=True):
    """What a page for staff works with: the shop, the moment, who asks, and the program in force."""

    shop: Shop
    now: Instant
    session: Session
    program: Rulebook | None

    @property
    def calendar(self) -> Calendar:
        return self.program.calendar if self.program else UTC


def shop_of(request: Asked) -> Shop:
    return cast("Shop", request.app.state["shop"])


def now_of(request: Asked) -> Instant:
    return cast("Callable[[], Instant]", request.app.state["clock"])()


def analytics_of(request: Asked) -> Analytics:
    return cast("Analytics", request.app.state["analytics"])


def session_of(request: Asked) -> Session | None:
    """Who asks, where the gate let somebody in."""
    return cast("Session | None", getattr(request.state, "session", None))


def desk_of(request: Asked) -> Desk:
    session = session_of(request)
    assert session is not None, "the gate is before every page that asks for a desk"
    shop = shop_of(request)
    signboard_of(request).look()
    return Desk(shop, now_of(request), session, programs.in_force(shop))


def form_of(request: Asked) -> dict[str, str]:
    """What was filled in; the gate has read it and looked at its token."""
    return cast("dict[str, str]", request.state.form)


def answer(
    request: Asked, template: str, place: str = "", *, program: Rulebook | None = None, status: int = 200, **values: Any
) -> Response[str]:
    """The page. `place` is where in the navigation it belongs."""
    board = signboard_of(request)
    name = board.last.name or (program.program.name if program else "Regulars")
    next_door = board.neighbour.name if board.neighbour else ""
    session = session_of(request)
    frame = Frame(name, _entries(request, place) if session else (), place, session, board.last.note, next_door)
    html = _environment().get_template(template).render(frame=frame, **values)
    headers = (
        HEADERS if board.neighbour is None else {**HEADERS, "Content-Security-Policy": _to(board.neighbour.address)}
    )
    return Response(whole(html), status_code=status, media_type="text/html", headers=headers)


def _entries(request: Asked, here: str) -> tuple[Entry, ...]:
    """The bar, with the number of adjustments that wait."""
    number = number_waiting(shop_of(request))
    waiting = f" ({number})" if number else ""
    titles = {place: title + (waiting if place == "adjustments" else "") for place, title in PLACES}
    group_of = {place: group for group in GROUPS for place in group[1]}
    entries: dict[str, Entry] = {}
    for place, title in titles.items():
        if place not in group_of:
            entries[place] = Entry(title, place, place == here)
            continue
        named, places = group_of[place]
        pages = tuple([(one, titles[one]) for one in places])
        marked = named + (waiting if "adjustments" in places else "")
        entries.setdefault(named, Entry(marked, places[0], here in places, pages))
    return tuple(entries.values())


def _to(address: str) -> str:
    """The policy, and leave to go next door: what a form is answered with counts as its target."""
    return POLICY.replace("form-action 'self'", f"form-action 'self' {address}")


def whole(html: str) -> str:
    """Without what no page may hold: NUL, and halves of letters."""
    return "".join("\ufffd" if letter == "\0" or "\ud800" <= letter <= "\udfff" else letter for letter in html)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("regulars.web"), PackageLoader("regulars.backtesting.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = static.address
    environment.filters.update(telling.FILTERS)
    return environment
