"""What people may ask for: everything that is known of them, as a file or to read; and to be forgotten."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import islice
from typing import Any, Final

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Stream

from regulars.backtesting.report import words
from regulars.service import rights
from regulars.service.customers import Customer
from regulars.service.rights import Erased, NobodyThere
from regulars.web.admin import telling
from regulars.web.admin.customer import customer_of, name_of
from regulars.web.admin.knowing import GROUNDS, ORIGINS, PURPOSES, STANDINGS, STATUSES
from regulars.web.admin.picture import KINDS, TIES
from regulars.web.admin.rendering import HEADERS, Asked, Desk, answer, desk_of, form_of
from regulars.web.exports import person_file

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MOST_LINES: Final = 500
"""Of one section of the page to read; the file holds all."""
LONGEST_VALUE: Final = 2_000
MOMENT: Final = re.compile(r"at|since|.*_at|.*_since")
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "kind": KINDS,
    "trust": TIES,
    "purpose": PURPOSES,
    "standing": {str(standing): says for standing, says in STANDINGS.items()},
    "ground": GROUNDS,
    "origin": ORIGINS,
    "status": STATUSES,
}
TITLES: Final = {
    "identities": "By what this person is known",
    "traits": "What is known of this person",
    "consents": "What is allowed",
    "consent_history": "What was said about it",
    "visits": "Visits",
    "orders": "Orders as they stand",
    "ledger": "Points",
    "facts": "What happened",
    "points": "Points in all",
}


# --- everything that is known ----------------------------------------------------------------------------------------


@get("/customers/{id:str}/export", sync_to_thread=True)
def export_page(request: Asked, id: FromPath[str]) -> Response[str]:
    desk = desk_of(request)
    one = customer_of(desk, id)
    path, name = telling.customer_path(one.id), name_of(one)
    return answer(request, "export.html.j2", "customers", program=desk.program, path=path, name=name)


@post("/customers/{id:str}/export", status_code=200, sync_to_thread=True)
def export_file(request: Asked, id: FromPath[str]) -> Stream:
    """As a file; it stands in the audit trail that somebody took it."""
    desk = desk_of(request)
    one = customer_of(desk, id)
    name = "".join([letter for letter in one.id if letter.isalnum() or letter == "-"])[:64]
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="customer-{name}.json"'}
    try:
        return person_file(desk.shop, one.id, desk.session.name, desk.now, headers)
    except NobodyThere:
        raise NotFoundException from None


@post("/customers/{id:str}/export/read", status_code=200, sync_to_thread=True)
def export_read(request: Asked, id: FromPath[str]) -> Response[str]:
    """In plain words, to be read or printed."""
    desk = desk_of(request)
    one = customer_of(desk, id)
    facts, sections = _told(desk, one.id)
    return answer(
        request,
        "export_read.html.j2",
        "customers",
        program=desk.program,
        path=telling.customer_path(one.id),
        name=name_of(one),
        as_of=telling.as_of(desk.now, desk.calendar),
        facts=facts,
        sections=sections,
    )


def _told(desk: Desk, id: str) -> tuple[list[tuple[str, str]], list[dict[str, object]]]:
    """What is said in a word, and the sections of what is not."""
    facts, sections = [], []
    try:
        with rights.exporting(desk.shop, id, desk.session.name, desk.now) as said:
            for name, value in said:
                if isinstance(value, Mapping | list | Iterator):
                    sections.append(_section(name, value, desk))
                else:
                    facts.append((_titled(name), _written(name, value, desk)))
    except NobodyThere:
        raise NotFoundException from None
    return facts, sections


def _section(name: str, value: Any, desk: Desk) -> dict[str, object]:
    """Each thing with what is said of it, name by name."""
    things = iter([value] if isinstance(value, Mapping) else value)
    lines = [
        [(_titled(each), _written(each, said, desk)) for each, said in thing.items() if said not in (None, "", [], {})]
        for thing in islice(things, MOST_LINES)
    ]
    left = sum(1 for _ in things)
    return {
        "id": name.replace("_", "-"),
        "title": TITLES.get(name, _titled(name)),
        "lines": lines,
        "number": len(lines) + left,
        "more": words.count(left) if left else "",
    }


def _titled(name: str) -> str:
    return words.capitalized(name.removesuffix("_minor").removesuffix("_at").replace("_", " "))


def _written(name: str, value: Any, desk: Desk) -> str:
    """As one would say it: moments on the shop's wall, money with its currency, and what the other pages call it."""
    if value is None:
        return words.NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join([f"{_titled(one)}: {_written(one, said, desk)}" for one, said in value.items()])[
            :LONGEST_VALUE
        ]
    if isinstance(value, list):
        return " · ".join([_written(name, one, desk) for one in value])[:LONGEST_VALUE]
    if name.endswith("_minor") and desk.program and isinstance(value, int):
        return words.money(value, desk.program.program.currency)
    if MOMENT.fullmatch(name) and isinstance(value, str):
        return _moment(value, desk)
    return str(WORDS.get(name, {}).get(value, value) if isinstance(value, str) else words.count(value))[:LONGEST_VALUE]


def _moment(written: str, desk: Desk) -> str:
    instant = (datetime.fromisoformat(written) - EPOCH) // timedelta(microseconds=1)
    return telling.moment(instant, desk.calendar)


# --- to be forgotten -------------------------------------------------------------------------------------------------


@get("/customers/{id:str}/erase", sync_to_thread=True)
def erase_page(request: Asked, id: FromPath[str]) -> Response[str]:
    desk = desk_of(request)
    return _erasing(request, desk, customer_of(desk, id))


@post("/customers/{id:str}/erase", status_code=200, sync_to_thread=True)
def erase(request: Asked, id: FromPath[str]) -> Response[str]:
    """Done where the customer's name was typed; otherwise nothing is."""
    desk = desk_of(request)
    one = customer_of(desk, id)
    typed = form_of(request).get("confirm", "").strip()
    if typed != name_of(one).strip():
        return _erasing(request, desk, one, typed=typed[:LONGEST_VALUE], is_other=True)
    try:
        erased = rights.erase(desk.shop, one.id, desk.session.name, desk.now)
    except NobodyThere:
        raise NotFoundException from None
    return answer(
        request,
        "erased.html.j2",
        "customers",
        program=desk.program,
        as_of=telling.as_of(desk.now, desk.calendar),
        path=telling.customer_path(one.id),
        went=_went(erased),
    )


def _erasing(request: Asked, desk: Desk, one: Customer, typed: str = "", *, is_other: bool = False) -> Response[str]:
    return answer(
        request,
        "erase.html.j2",
        "customers",
        program=desk.program,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if is_other else HTTPStatus.OK,
        path=telling.customer_path(one.id),
        name=name_of(one),
        accounts=len(one.records),
        names=len(one.identities),
        traits=len(one.traits),
        typed=typed,
        is_other=is_other,
        points=desk.program.program.points.name.other if desk.program else "points",
    )


def _went(erased: Erased) -> list[str]:
    counted = (
        (erased.identities, "name or browser was forgotten", "names and browsers were forgotten"),
        (erased.facts, "entry of the history lost its details", "entries of the history lost their details"),
        (erased.refusals, "refused event was thrown away", "refused events were thrown away"),
    )
    return [f"{words.count(number)} {one if number == 1 else many}." for number, one, many in counted if number]


handlers: Final = [export_page, export_file, export_read, erase_page, erase]
