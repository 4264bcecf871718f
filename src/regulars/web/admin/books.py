"""The books: what was written into the ledger, month by month; months are closed here, and taken away as a file."""

from http import HTTPStatus
from typing import Final

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Stream
from markupsafe import Markup

from regulars.backtesting.report import words
from regulars.backtesting.report.parts import Column, Definition, Definitions, Row, Section, Table
from regulars.backtesting.report.shared import cost_minor
from regulars.kernel.program import Program
from regulars.service import books
from regulars.service.books import BadMonth, Balances, Books, Listed, NotYet
from regulars.web.admin import telling
from regulars.web.admin.rendering import HEADERS, Asked, Desk, answer, desk_of
from regulars.web.exports import month_file

PLACE: Final = "books"
ENTRIES: Final = {
    "earn": "Earned",
    "activate": "Became spendable",
    "expire": "Expired",
    "merge": "Went along with merged customers",
    "earn_reversal": "Taken back with orders that went back",
    "settle": "Filled what was owed",
    "reserve": "Reserved",
    "release": "Released",
    "redeem": "Spent",
    "redeem_reversal": "Spending taken back",
    "adjust": "By hand",
    "transfer_out": "Given to other customers",
    "transfer_in": "Come from other customers",
}


@get("/books", sync_to_thread=True)
def books_page(request: Asked) -> Response[str]:
    desk = desk_of(request)
    as_of = telling.as_of(desk.now, desk.calendar)
    if desk.program is None:
        return answer(request, "no_program.html.j2", PLACE, as_of=as_of)
    there = books.listed(desk.shop, desk.calendar, desk.now)
    table = _months(there) if there else None
    return answer(request, "books.html.j2", PLACE, program=desk.program, as_of=as_of, table=table)


@get("/books/{month:str}", sync_to_thread=True)
def month_page(request: Asked, month: FromPath[str]) -> Response[str]:
    return _month(request, desk_of(request), month)


@post("/books/{month:str}/close", status_code=200, sync_to_thread=True)
def close(request: Asked, month: FromPath[str]) -> Response[str]:
    desk = desk_of(request)
    try:
        books.close(desk.shop, month, desk.calendar, desk.session.name, desk.now)
    except NotYet as no:
        return _month(request, desk, month, note=str(no))
    except BadMonth:
        raise NotFoundException from None
    return _month(request, desk, month)


@post("/books/{month:str}/export", status_code=200, sync_to_thread=True)
def export(request: Asked, month: FromPath[str]) -> Stream:
    """As a file; it stands in the audit trail that somebody took it."""
    desk = desk_of(request)
    try:
        books.period_of(month, desk.calendar)
    except BadMonth:
        raise NotFoundException from None
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="books-{month}.csv"'}
    return month_file(desk.shop, month, desk.calendar, desk.session.name, desk.now, headers)


def _month(request: Asked, desk: Desk, month: str, note: str = "") -> Response[str]:
    as_of = telling.as_of(desk.now, desk.calendar)
    if desk.program is None:
        return answer(request, "no_program.html.j2", PLACE, as_of=as_of)
    try:
        found = books.books(desk.shop, month, desk.calendar, desk.now)
    except BadMonth:
        raise NotFoundException from None
    program = desk.program.program
    return answer(
        request,
        "books_of_month.html.j2",
        PLACE,
        program=desk.program,
        status=HTTPStatus.CONFLICT if note else HTTPStatus.OK,
        as_of=as_of,
        month=found.month,
        title=words.month(found.month),
        headline=_headline(found, program),
        standing=_standing(found, desk),
        can_close=found.closed is None and desk.now >= found.until + books.WAITS,
        note=note,
        sections=[_held(found, program), *([_moved(found, program)] if found.movements else []), _reading()],
    )


def _headline(found: Books, program: Program) -> Markup:
    held = words.points(found.closing.points, program.points.name)
    postings = f"{words.count(found.postings)} posting{'' if found.postings == 1 else 's'}"
    return Markup("<strong>{}</strong> written down; customers held <strong>{}</strong> in the end.").format(
        postings, held
    )


def _standing(found: Books, desk: Desk) -> Markup:
    closed = found.closed
    if closed is None:
        over = found.until <= desk.now
        return Markup("The month is {}.").format(
            "over, and still open" if over else "not over: these are its books so far"
        )
    when = telling.moment(closed.at, desk.calendar)
    if closed.holds:
        return Markup("Closed by <bdi>{}</bdi>, {}; nothing has changed since.").format(closed.who, when)
    changed = "<strong>Changed since it was closed</strong> by <bdi>{}</bdi>, {}: run <code>regulars doctor</code>."
    return Markup(changed).format(closed.who, when)


def _months(there: list[Listed]) -> Table:
    rows = [
        Row(
            [
                Markup('<a href="/books/{}">{}</a>').format(one.month, words.month(one.month)),
                words.count(one.postings),
                "closed" if one.closed else "open",
            ]
        )
        for one in there
    ]
    return Table("Months, the newest first", [Column("Month"), Column("Postings"), Column("Books")], rows)


def _held(found: Books, program: Program) -> Section:
    currency = program.currency

    def row(title: str, held: Balances) -> Row:
        figures = [words.count(one) for one in (held.pending, held.available, held.reserved, held.debt)]
        return Row([title, *figures, words.amount(cost_minor(held.points, program), currency)])

    columns = [
        Column("What"),
        Column("Pending"),
        Column("Can be spent"),
        Column("Reserved"),
        Column("Owed by customers"),
    ]
    columns.append(Column("Worth", currency.code))
    rows = [row("When it began", found.opening), row("When it ended", found.closing)]
    says = [f"What customers held, in {program.points.name.other}, and what that costs by the program in force now."]
    return Section("held", "Balances", says, [Table("What customers held", columns, rows)])


def _moved(found: Books, program: Program) -> Section:
    rows = [
        Row(
            [
                ENTRIES.get(one.entry, one.entry),
                f"{one.source} → {one.target}",
                words.count(one.postings),
                words.count(one.points),
            ]
        )
        for one in found.movements
    ]
    columns = [Column("What"), Column("From, to"), Column("Postings")]
    columns.append(Column(words.capitalized(program.points.name.other)))
    says = ["Every line is a kind of posting; each takes from one account what it gives to another."]
    return Section("moved", "What moved", says, [Table("What moved", columns, rows)])


def _reading() -> Section:
    terms = [
        Definition(
            "written",
            "Written down",
            (
                "A posting counts for the month in which it was written down, whenever it took effect: an order that is told late "
                "stands in the month in which it was told."
            ),
        ),
        Definition(
            "closed",
            "Closed",
            (
                "What the month ended with, and a digest of all its postings, are kept. From then on the ledger is held against "
                "them, here and by “regulars doctor”."
            ),
        ),
    ]
    return Section("reading", "How to read this", ["What the words mean."], [Definitions(terms)])


handlers: Final = [books_page, month_page, close, export]
