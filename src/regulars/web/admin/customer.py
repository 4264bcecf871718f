"""One customer: everything that is held, that is known, that was allowed, that happened, and why."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from markupsafe import Markup

from regulars.backtesting.report import words
from regulars.backtesting.report.parts import Column, Row, Table
from regulars.backtesting.report.shared import cost_minor
from regulars.kernel.calendar import date_of
from regulars.kernel.effects import Account
from regulars.kernel.entitlements import Entitlement, sentence
from regulars.kernel.facts import FOREVER
from regulars.kernel.program import Program
from regulars.kernel.rulebook import Rulebook
from regulars.service import accounts, customers, purchases, segment_lists, timeline
from regulars.service.customers import Customer, KeptTier, LotView, NextTier, Tier
from regulars.service.games import games_of
from regulars.service.in_segments import In, ScoreSeen, scores_of, segments_of
from regulars.service.levels import MOST_REASON_CHARACTERS
from regulars.service.liability import BadDay, moment_of
from regulars.service.life import life
from regulars.service.people import ANONYMOUS_ID, USER_ID, WEAK
from regulars.service.perks import perks_of
from regulars.service.timeline import LedgerEntry
from regulars.web.admin import telling
from regulars.web.admin.games import games_shown
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
        on = request.query_params.get("on")
        return page_of(request, desk, one) if on is None else _page_then(request, desk, one, on)


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
        today=date_of(calendar.day_of(desk.now)).isoformat(),
        note=note,
        name=name,
        known=one.known,
        headline=_headline(one, program),
        lead=_lead(one, desk.program),
        account=_account(one, program),
        facts=_facts(one, desk.program),
        tier=_tier_sentence(one, desk.program),
        progress=_progress(one.tier.next, program) if one.tier.next else None,
        keeping=_keeping(one.tier, one.tier.keep, desk.program) if one.tier.keep else None,
        has_tiers=program.tiers is not None,
        perks=_perk_table(perks_of(desk.shop, one.id, desk.now), desk.program) if program.perks else None,
        games=games_shown(games_of(desk.shop, one.id, desk.now), desk.now),
        levels=[level.id for level in program.tiers.levels] if program.tiers else [],
        given=one.tier.given,
        longest_reason=MOST_REASON_CHARACTERS,
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


def _page_then(request: Asked, desk: Desk, one: Customer, on: str) -> Response[str]:
    """What was held at the end of a past day; a day that is none is said so, on the page as of now."""
    assert desk.program is not None, "whoever asked for the customer has seen to it"
    calendar = desk.calendar
    try:
        moment = moment_of(on, calendar, desk.now)
    except BadDay as bad:
        return page_of(request, desk, one, note=str(bad), status=HTTPStatus.BAD_REQUEST)
    then = customers.customer_as_of(desk.shop, one.id, moment)
    assert then is not None, "it is there"
    lots = sorted(then.lots, key=lambda lot: (lot.expires_at or FOREVER, lot.earned_at))
    told = telling.as_of(moment, calendar)
    return answer(
        request,
        "customer_then.html.j2",
        "customers",
        program=desk.program,
        path=telling.customer_path(one.id),
        name=name_of(one),
        as_of=told,
        on=date_of(calendar.day_of(moment)).isoformat(),
        today=date_of(calendar.day_of(desk.now)).isoformat(),
        headline=_held_then(then, desk.program.program),
        account=_account(then, desk.program.program, "then"),
        has_tiers=desk.program.program.tiers is not None,
        tier=_tier_sentence(then, desk.program) if then.tier.id else "In no tier then.",
        lots=_lot_table(lots, desk.program) if lots else None,
    )


def _held_then(then: Customer, program: Program) -> Markup:
    name, points = program.points.name, then.points
    if not points.available:
        return Markup("<strong>No {}</strong> to spend then.").format(name.other)
    return Markup("<strong>{}</strong> to spend then.").format(name.points(points.available))


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


def _account(one: Customer, program: Program, when: str = "now") -> Table:
    """Earned, less what has gone, is what is held. Money is floored after each line, so that the column sums exactly."""
    points, currency = one.points, program.currency
    moves = (
        ("Earned", points.issued),
        ("Brought over", points.brought),
        ("By hand", points.adjusted),
        ("From and to others", points.transferred),
        ("Taken back", -points.reversed),
        ("Spent", -points.spent),
        ("Expired", -points.expired),
    )
    lines, left = [], 0
    for title, number in moves:
        if number or title in ("Earned", "Expired"):
            lines.append((title, number, cost_minor(left + number, program) - cost_minor(left, program)))
            left += number
    lines.append(("Held", left, cost_minor(left, program)))
    for title, number in (("Of these reserved", points.reserved), ("Of these owed", -points.owed)):
        if number:
            lines.append((title, number, cost_minor(number, program)))
    rows = [
        Row([title, words.count(number), words.amount(worth, currency)], total=title == "Held")
        for title, number, worth in lines
    ]
    columns = [Column("Entry"), Column(words.capitalized(program.points.name.other)), Column("Worth", currency.code)]
    return Table(f"The account as of {when}", columns, rows)


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
    said = Markup("In {}.").format(one.tier.id)
    if since is not None:
        said = Markup("In {} since {}.").format(one.tier.id, telling.day(since, program.calendar))
    given = one.tier.given
    if given is None:
        return said
    if given.until is None:
        return said + Markup(" {} was given by hand, until it is taken back.").format(given.id)
    last = telling.day(given.until - 1, program.calendar)
    return said + Markup(" {} was given by hand, until the end of {}.").format(given.id, last)


def _progress(next: NextTier, program: Program) -> dict[str, str | int]:
    """A bar and what it says in words."""

    left = max(0, next.at - next.have)
    have, at, to_go = (_measured(amount, program) for amount in (next.have, next.at, left))
    return {
        "have": max(0, min(next.have, next.at)),
        "at": max(1, next.at),
        "to": next.id,
        "says": f"{have} of {at}: {to_go} to go.",
    }


def _perk_table(perks: Sequence[Entitlement], program: Rulebook) -> Table:
    rows = [
        Row([one.id, one.perk.what(program.program.holders_of(one.id)) if one.perk else "", sentence(one, program)])
        for one in perks
    ]
    columns = [Column("Perk"), Column("What it is", words=True, extra=True), Column("May they now", words=True)]
    return Table("What they may", columns, rows)


def _keeping(tier: Tier, keep: KeptTier, program: Rulebook) -> dict[str, object]:
    """What keeps the level, as a bar and in words; None where nothing can yet."""
    last = telling.day(keep.until - 1, program.calendar)
    if keep.missing is None:
        says = Markup("It ends after {}; what comes from then on counts for the next time.").format(last)
    else:
        have, at, missing = (_measured(one, program.program) for one in (keep.have, keep.at, keep.missing))
        says = Markup("{} of {}: {} more until the end of {} keep it{}.").format(
            have, at, missing, last, ", or it is lost" if keep.in_grace else ""
        )
    return {
        "have": max(0, min(keep.have, keep.at)),
        "at": max(1, keep.at),
        "level": tier.id,
        "has_bar": keep.missing is not None,
        "says": says,
    }


def _measured(amount: int, program: Program) -> str:
    assert program.tiers is not None
    return (
        words.money(amount, program.currency) if program.tiers.by == "spend" else program.tiers.measure(amount, program)
    )


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
