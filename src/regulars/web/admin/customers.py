"""Customers: found by a few letters, and one of them with everything that is held, that happened, and why."""

from typing import Final

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from markupsafe import Markup

from regulars.backtesting.report import words
from regulars.backtesting.report.parts import Column, Row, Table
from regulars.backtesting.report.shared import cost_minor
from regulars.kernel.effects import Account
from regulars.kernel.facts import FOREVER
from regulars.kernel.program import Program
from regulars.kernel.rulebook import Rulebook
from regulars.service import customers
from regulars.service.customers import Customer, CustomerBrief, Explained, FactBrief, LedgerEntry, LotView, NextTier
from regulars.web.admin import telling
from regulars.web.admin.rendering import Asked, Desk, answer, desk_of, form_of

FOUND_AT_MOST: Final = 50
A_PAGE: Final = 10
LOTS_SHOWN: Final = 6


@get("/customers", sync_to_thread=True)
def customers_page(request: Asked) -> Response[str]:
    """Those seen last."""
    return _customers(request, "")


@post("/customers", status_code=200, sync_to_thread=True)
def found_page(request: Asked) -> Response[str]:
    """Asked for in a body: an e-mail or a phone number in an address would stand in every log on its way."""
    return _customers(request, form_of(request).get("q", "").replace("\0", "").strip()[:200])


def _customers(request: Asked, asked: str) -> Response[str]:
    desk = desk_of(request)
    found = customers.search(desk.shop, asked, FOUND_AT_MOST)
    return answer(
        request,
        "customers.html.j2",
        "customers",
        program=desk.program,
        as_of=telling.as_of(desk.now, desk.calendar),
        asked=asked,
        says=_found(asked, len(found)),
        table=_table_of(found, desk) if found else None,
    )


@get("/customers/{id:str}", sync_to_thread=True)
def customer_page(request: Asked, id: FromPath[str]) -> Response[str]:
    desk = desk_of(request)
    one = customers.customer(desk.shop, id, desk.now) if id.isprintable() else None
    if one is None or desk.program is None:
        raise NotFoundException
    ledger = customers.ledger(desk.shop, id, request.query_params.get("ledger"), A_PAGE)
    steps = customers.explain(desk.shop, id, request.query_params.get("steps"), A_PAGE)
    program = desk.program.program
    lots = sorted(one.lots, key=lambda lot: (lot.expires_at or FOREVER, lot.earned_at))
    return answer(
        request,
        "customer.html.j2",
        "customers",
        program=desk.program,
        as_of=telling.as_of(one.as_of, desk.calendar),
        path=telling.customer_path(id),
        name=_name(one),
        headline=_headline(one, program),
        lead=_lead(one, desk.program),
        account=_account(one, program),
        facts=_facts(one, desk.program),
        tier=_tier_sentence(one, desk.program),
        progress=_progress(one.tier.next, program) if one.tier.next else None,
        has_tiers=program.tiers is not None,
        first_lots=_lot_table(lots[:LOTS_SHOWN], desk.program) if lots else None,
        more_lots=_lot_table(lots[LOTS_SHOWN:], desk.program) if lots[LOTS_SHOWN:] else None,
        lots=len(lots),
        ledger=_ledger_table(ledger.entries, desk.program),
        ledger_next=ledger.next,
        ledger_first="ledger" not in request.query_params,
        steps=[_step(step, desk.program) for step in steps.steps],
        steps_next=steps.next,
        steps_first="steps" not in request.query_params,
        points=program.points.name.other,
    )


# --- many ----------------------------------------------------------------------------------------------------------------


def _found(asked: str, number: int) -> str:
    if not asked:
        return "The customers seen last." if number else ""
    if number == FOUND_AT_MOST:
        return f"The first {number} that fit; a few more letters would narrow it down."
    return f"{words.customers(number)} found." if number else "Nobody found."


def _table_of(found: tuple[CustomerBrief, ...], desk: Desk) -> Table:
    name = desk.program.program.points.name.other if desk.program else "points"
    tiered = desk.program is not None and desk.program.program.tiers is not None
    columns = [
        Column("Customer"),
        *([Column("Tier", words=True)] if tiered else []),
        Column("Available", name),
        Column("Pending", name, extra=True),
        Column("In all", name, extra=True),
        Column("Last seen"),
    ]
    rows = [
        Row(
            [
                telling.customer_link(one.id, one.shop_id or f"visitor {telling.short_id(one.id)}"),
                *([one.tier or words.NOTHING] if tiered else []),
                words.count(one.available),
                words.count(one.pending),
                words.count(one.lifetime),
                telling.short_day(one.last_seen_at, desk.calendar),
            ]
        )
        for one in found
    ]
    return Table("Customers", columns, rows)


# --- one: the head -------------------------------------------------------------------------------------------------------


def _name(one: Customer) -> str:
    """The shop's own id; else whatever there is."""
    by_kind = {identity.kind: identity.value for identity in reversed(one.identities)}
    return (
        by_kind.get("user_id") or by_kind.get("email") or by_kind.get("phone") or f"Visitor {telling.short_id(one.id)}"
    )


def _headline(one: Customer, program: Program) -> Markup:
    name = program.points.name
    if not one.points.available:
        return Markup("<strong>No {}</strong> to spend now.").format(name.other)
    held = name.points(one.points.available)
    if not program.points.worth_minor:
        return Markup("<strong>{}</strong> to spend.").format(held)
    worth = words.money(cost_minor(one.points.available, program), program.currency)
    return Markup("<strong>{}</strong> to spend, worth <strong>{}</strong>.").format(held, worth)


def _lead(one: Customer, program: Rulebook) -> Markup:
    name, calendar = program.program.points.name, program.calendar
    parts = []
    pending = [lot for lot in one.lots if lot.pending]
    if pending:
        soonest = min(pending, key=lambda lot: lot.active_at)
        more = telling.last_day(soonest.active_at, calendar)
        among = "" if len(pending) == 1 else "the first of them "
        parts.append(
            Markup("{} still pending, {}until the end of {}.").format(name.points(one.points.pending), among, more)
        )
    ending = [lot for lot in one.lots if lot.expires_at is not None]
    if ending:
        first = min([lot.expires_at for lot in ending if lot.expires_at is not None])
        number = sum([lot.points for lot in ending if lot.expires_at == first])
        parts.append(
            Markup("The next to expire: {}, at the end of {}.").format(
                name.points(number), telling.last_day(first, calendar)
            )
        )
    return Markup(" ").join(parts)


def _account(one: Customer, program: Program) -> Table:
    """Earned, less what has gone, is what is held. Money is floored after each line, so that the column sums exactly."""
    points, currency = one.points, program.currency
    lines = [("Earned", points.issued, cost_minor(points.issued, program))]
    left = points.issued
    for title, number in (("Taken back", points.reversed), ("Spent", points.spent), ("Expired", points.expired)):
        if number or title == "Expired":
            lines.append((title, -number, cost_minor(left - number, program) - cost_minor(left, program)))
            left -= number
    lines.append(("Held", left, cost_minor(left, program)))
    rows = [
        Row([title, words.count(number), words.amount(worth, currency)], total=title == "Held")
        for title, number, worth in lines
    ]
    columns = [Column("Entry"), Column(words.capitalized(program.points.name.other)), Column("Worth", currency.code)]
    return Table("The account as of now", columns, rows)


def _facts(one: Customer, program: Rulebook) -> list[tuple[str, str]]:
    calendar = program.calendar
    kinds = {"user_id": "Shop’s id", "anonymous_id": "Browser", "email": "E-mail", "phone": "Phone"}
    facts = [
        (
            kinds.get(identity.kind, identity.kind),
            identity.value + ("" if identity.trust == "shop" else " (a browser says so)"),
        )
        for identity in one.identities[:8]
    ]
    if len(one.identities) > 8:
        facts.append(("And", f"{words.count(len(one.identities) - 8)} other identities"))
    if one.member_since is not None:
        facts.append(("Member since", telling.day(one.member_since, calendar)))
    return [
        *facts,
        ("First seen", telling.day(one.first_seen_at, calendar)),
        ("Last seen", telling.day(one.last_seen_at, calendar)),
    ]


# --- one: what is held ---------------------------------------------------------------------------------------------------


def _tier_sentence(one: Customer, program: Rulebook) -> Markup:
    if one.tier.id is None:
        return Markup("No tier yet.")
    since = one.tier.since
    if since is None:
        return Markup("In {}.").format(one.tier.id)
    return Markup("In {} since {}.").format(one.tier.id, telling.day(since, program.calendar))


def _progress(next: NextTier, program: Program) -> dict[str, str | int]:
    """A bar and what it says in words."""

    def written(measure: int) -> str:
        return program.points.name.points(measure) if next.by == "points" else words.money(measure, program.currency)

    left = max(0, next.at - next.have)
    return {
        "have": max(0, min(next.have, next.at)),
        "at": max(1, next.at),
        "to": next.id,
        "says": f"{written(next.have)} of {written(next.at)}: {written(left)} to go.",
    }


def _lot_table(lots: list[LotView], program: Rulebook) -> Table:
    calendar = program.calendar
    columns = [
        Column("Earned on"),
        Column("Can be spent from", words=True),
        Column("Until the end of", words=True),
        Column("Held", program.program.points.name.other),
    ]
    rows = [
        Row(
            [
                telling.short_day(lot.earned_at, calendar),
                telling.short_day(lot.active_at, calendar) + ("" if not lot.pending else Markup(" <em>pending</em>")),
                "never expires" if lot.expires_at is None else telling.short_day(lot.expires_at - 1, calendar),
                words.count(lot.points),
            ]
        )
        for lot in lots
    ]
    return Table("What is held, the next to expire first", columns, rows)


# --- one: what happened --------------------------------------------------------------------------------------------------


def _ledger_table(entries: tuple[LedgerEntry, ...], program: Rulebook) -> Table:
    """Both accounts of the customer, so that every line says what it did to either."""
    name = program.program.points.name.other
    columns = [Column("Entry"), Column("Pending", name), Column("Available", name)]
    rows = [
        Row(
            [
                Markup('<span class="when">{}</span> {}').format(
                    telling.moment(entry.effective_at, program.calendar), words.with_spoken_dates(entry.sentence)
                ),
                _moved(entry, Account.PENDING),
                _moved(entry, Account.AVAILABLE),
            ]
        )
        for entry in entries
    ]
    return Table("Ledger, newest first", columns, rows)


def _moved(entry: LedgerEntry, account: Account) -> str:
    number = (entry.points if entry.target == account else 0) - (entry.points if entry.source == account else 0)
    return words.signed(number) if number else ""


def _step(step: Explained, program: Rulebook) -> dict[str, object]:
    return {
        "when": telling.moment(step.at, program.calendar),
        "what": words.capitalized(step.what),
        "via": _via(step.fact) if step.fact else "",
        "why": [words.with_spoken_dates(one) for one in step.why],
        "points": words.signed(step.points) if step.points else "",
        "unit": program.program.points.name.one if abs(step.points) == 1 else program.program.points.name.other,
        "version": step.version[:8],
    }


def _via(fact: FactBrief) -> str:
    weak = "" if fact.trust == "shop" else ", which only a browser says"
    return f"by {fact.source}{weak}"


handlers: Final = [customers_page, found_page, customer_page]
