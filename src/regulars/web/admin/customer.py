"""One customer: everything that is held, that is known, that was allowed, that happened, and why."""

from typing import Final

from litestar import Response, get
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
from regulars.service import accounts, customers, purchases, segment_lists, timeline
from regulars.service.customers import Customer, LotView, NextTier
from regulars.service.in_segments import In, ScoreSeen, scores_of, segments_of
from regulars.service.life import life
from regulars.service.people import ANONYMOUS_ID, USER_ID, WEAK
from regulars.service.timeline import LedgerEntry
from regulars.web.admin import telling
from regulars.web.admin.gate import see_other
from regulars.web.admin.knowing import (
    consent_table,
    merged_list,
    order_table,
    trait_table,
    words_said,
)
from regulars.web.admin.life import told
from regulars.web.admin.picture import kind_of, picture
from regulars.web.admin.rendering import Asked, Desk, answer, desk_of, shop_of
from regulars.web.admin.segments import move_told, path_of

A_PAGE: Final = 10
FACTS_A_PAGE: Final = 60
LOTS_SHOWN: Final = 6
NAMES_SHOWN: Final = 4
ACCOUNTS_SHOWN: Final = 20
MOVES_SHOWN: Final = 10


@get("/customers/{id:str}", sync_to_thread=True)
def customer_page(request: Asked, id: FromPath[str]) -> Response[str]:
    """Whoever was merged into somebody else is shown as that."""
    with shop_of(request).store.one_moment():
        desk = desk_of(request)
        one = customer_of(desk, id)
        if one.id != id:
            return see_other(telling.customer_path(one.id))
        return page_of(request, desk, one)


def customer_of(desk: Desk, id: str) -> Customer:
    """404 where there is none, or no program by which to say anything of one."""
    one = customers.customer(desk.shop, id, desk.now) if id.isprintable() and desk.program else None
    if one is None:
        raise NotFoundException
    return one


def name_of(one: Customer) -> str:
    """The shop's own id; else whatever there is."""
    by_kind = {identity.kind: identity.value for identity in reversed(one.identities) if identity.leads}
    told = [by_kind[kind] for kind in (USER_ID, "email", "phone", "card") if kind in by_kind]
    others = [value for kind, value in sorted(by_kind.items()) if kind != ANONYMOUS_ID]
    return next(iter([*told, *others]), f"Visitor {telling.short_id(one.id)}")


def page_of(request: Asked, desk: Desk, one: Customer, *, note: str = "", status: int = 200) -> Response[str]:
    """The page; `note` says why something was not done."""
    assert desk.program is not None, "whoever asked for the customer has seen to it"
    asked = request.query_params
    ledger = timeline.ledger(desk.shop, one.id, asked.get("ledger"), A_PAGE)
    lived = life(desk.shop, one.id, asked.get("steps"), FACTS_A_PAGE)
    bought = purchases.purchases(desk.shop, one.id, asked.get("orders"), A_PAGE)
    merged = accounts.merged_accounts(desk.shop, one.records[1:])
    said = accounts.everything_said(desk.shop, one.id)
    program, calendar, name = desk.program.program, desk.calendar, name_of(one)
    lots = sorted(one.lots, key=lambda lot: (lot.expires_at or FOREVER, lot.earned_at))
    return answer(
        request,
        "customer.html.j2",
        "customers",
        program=desk.program,
        status=status,
        as_of=telling.as_of(one.as_of, calendar),
        path=telling.customer_path(one.id),
        note=note,
        name=name,
        known=one.known,
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
        ledger_first="ledger" not in asked,
        orders=order_table(bought.purchases, desk.program),
        orders_next=bought.next,
        orders_first="orders" not in asked,
        picture=picture(one, name, merged[:ACCOUNTS_SHOWN], calendar) if one.identities else None,
        traits=trait_table(one.traits, calendar) if one.traits else None,
        consents=consent_table(one.consents, calendar),
        said=words_said(said, calendar),
        merged=merged_list(merged[:ACCOUNTS_SHOWN], one, calendar),
        more_merged=max(0, len(merged) - ACCOUNTS_SHOWN),
        steps=told(lived.parts, desk.program),
        steps_next=lived.next,
        steps_first="steps" not in asked,
        points=program.points.name.other,
        has_segments=bool(program.segments or program.scores),
        segments=_segment_table(segments_of(desk.shop, [one.id], desk.now).get(one.id, ()), desk.program),
        moves=[
            move_told(move, desk) for move in segment_lists.moves(desk.shop, None, MOVES_SHOWN, customer=one.id).moves
        ],
        scores=_score_table(scores_of(desk.shop, one.id, desk.now), program) if one.known else None,
    )


# --- the head ------------------------------------------------------------------------------------------------------------


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
    if points.brought:
        worth = cost_minor(left + points.brought, program) - cost_minor(left, program)
        lines.append(("Brought over", points.brought, worth))
        left += points.brought
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
    names = [identity for identity in one.identities if identity.kind != ANONYMOUS_ID]
    facts = [
        (
            words.capitalized(kind_of(identity.kind)),
            identity.value + (" (a browser says so)" if identity.trust == WEAK else ""),
        )
        for identity in sorted(names, key=lambda identity: identity.kind != USER_ID)[:NAMES_SHOWN]
    ]
    if len(names) > NAMES_SHOWN:
        facts.append(("And", f"{words.count(len(names) - NAMES_SHOWN)} other names, below"))
    if one.member_since is not None:
        facts.append(("Member since", telling.day(one.member_since, calendar)))
    return [
        *facts,
        ("First seen", telling.day(one.first_seen_at, calendar)),
        ("Last seen", telling.day(one.last_seen_at, calendar)),
    ]


# --- what is held ---------------------------------------------------------------------------------------------------


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


# --- where they belong -------------------------------------------------------------------------------------------------


def _segment_table(inside: tuple[In, ...], program: Rulebook) -> Table | None:
    if not inside:
        return None
    rows = [
        Row(
            [
                Markup('<a href="{}">{}</a>').format(path_of(one.segment), one.segment),
                telling.day(one.since, program.calendar),
                words.with_spoken_dates(one.why) or "What is known of them changed.",
            ]
        )
        for one in inside
    ]
    columns = [Column("Segment"), Column("Since", words=True), Column("Why", words=True)]
    return Table("Segments that they are in", columns, rows)


def _score_table(scores: tuple[ScoreSeen, ...], program: Program) -> Table | None:
    if not scores:
        return None
    rows = [
        Row([one.id, one.explained.level or words.NOTHING, one.explained.sentence(program.currency)]) for one in scores
    ]
    return Table("Scores", [Column("Score"), Column("Level", words=True), Column("Why", words=True)], rows)


# --- what happened --------------------------------------------------------------------------------------------------


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


handlers: Final = [customer_page]
