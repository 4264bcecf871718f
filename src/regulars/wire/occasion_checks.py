"""What is wrong with what stands under `when`, beside days."""

from msgspec.structs import replace

from regulars.kernel.calendar import WEEKDAYS
from regulars.kernel.facts import MEMBER_JOINED, ORDER_COMPLETED
from regulars.kernel.terms import Currency
from regulars.wire.currency_checks import refuse_fine
from regulars.wire.document import did_you_mean, nearest, quoted
from regulars.wire.recurrences import needs_a_start, never_comes
from regulars.wire.segment_checks import check_where
from regulars.wire.shapes import Given

NO_LEVEL = "none"
OF_ORDERS = ("currency", "at_least")


def check_occasions(program: Given) -> None:
    currency: Currency | None = program["currency"]
    segments = [id for id, _ in program["segments"] or ()]
    levels = [level["id"] for level in (program["tiers"]["levels"] if program["tiers"] else None) or () if level["id"]]
    rates = {code for rule in program["earning"] or () if isinstance(rule["per"], tuple) for code, _ in rule["per"]}
    for rule in program["earning"] or ():
        when: Given | None = rule["when"]
        if when is None:
            continue
        _check_named(when, "segment", segments, "in this program")
        _check_named(when, "tier", [*levels, NO_LEVEL], "among the levels")
        check_where(when, rule["on"], currency)
        _check_event(when, rule["on"])
        if currency is not None:
            _check_money(when, currency, rates)
        if when["recurs"] is not None:
            _check_recurrence(when)


def _check_named(when: Given, key: str, known: list[str], where: str) -> None:
    for name in when[key] or ():
        if name not in known:
            when.at(key).wrong(f"there is no {key} {quoted(name)} {where}{did_you_mean(nearest(name, known))}")


def _check_event(when: Given, event: str | None) -> None:
    if event not in (None, ORDER_COMPLETED):
        for key in OF_ORDERS:
            if when.has(key):
                when.at(key).wrong(f"only {quoted(ORDER_COMPLETED)} brings money; leave {quoted(key)} out")
    if event == MEMBER_JOINED:
        for key in ("where", "channel", "store"):
            if when.has(key):
                when.at(key).wrong(f"{quoted(MEMBER_JOINED)} says nothing else; leave {quoted(key)} out")


def _check_money(when: Given, currency: Currency, rates: set[str]) -> None:
    if when["at_least"] is not None:
        refuse_fine(when["at_least"], when.at("at_least"), currency)
    for one in when["currency"] or ():
        if one.code != currency.code and one.code not in rates:
            when.at("currency").wrong(
                f"no order in {one.code} earns anything: no rule has a rate for it, as in per: "
                f"{{{currency.code}: 1.00, {one.code}: 0.90}}"
            )
    if (
        when["at_least"] is not None
        and when["currency"]
        and currency.code not in [one.code for one in when["currency"]]
    ):
        when.at("at_least").wrong(f"“at_least” is money in {currency.code}; no order in another currency is worth that")


def _check_recurrence(when: Given) -> None:
    recurs, first = when["recurs"], when["from"]
    if needs_a_start(recurs) and first is None:
        if not when.has("from"):
            when.at("recurs").wrong("these days are counted from a first one; say it as “from”")
        return
    weekdays = frozenset([WEEKDAYS.index(day) for day in when["weekday"] or WEEKDAYS])
    if never_comes(replace(recurs, start=first or 0), when["to"], weekdays):
        when.at("recurs").wrong("no day is ever like that, by all that “when” says")
