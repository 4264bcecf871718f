"""The shop's mails: who may be written to, what goes out, and what people and machines do with it.

A mail service tells of each mail that it was sent, delivered or bounced, opened, clicked; it does not tell a person from a
machine. People click only where a visit of theirs follows, so a mail never makes a visit: the visits of a life stay as they are.
"""

from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from regulars.made_year.arms import is_shown
from regulars.made_year.by_server import by_day, day_of, known_from, made_id, says, voice_of
from regulars.made_year.calendar import DAYS, FIRST_MINUTE, LAST_MINUTE, SECOND, YEAR, date_of, midnight
from regulars.made_year.draws import Draws, running
from regulars.made_year.life import Kind, Life, Named
from regulars.made_year.model import Campaign, Mails, Model
from regulars.made_year.plan import Person, Plan
from regulars.made_year.saying import Said
from regulars.made_year.visiting import begins

PARCELS: Final = 3_000_000
WORDING: Final = "newsletter-2"
APPLE: Final = "Mozilla/5.0"
SAFELINKS: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 "
    "BingPreview/1.0b"
)
LIKE_A_BROWSER: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)
GMAIL: Final = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"

_PLACES: Final = {
    Named.FORM: "newsletter form",
    Named.ACCOUNT: "account",
    Named.ORDER: "checkout",
    Named.GUEST: "checkout",
}
_CLICKS_AHEAD: Final = 3 * SECOND
_DELIVERED_AFTER: Final = 3 * SECOND


class Subscription(Struct, frozen=True, gc=False):
    """`place` is where they agreed."""

    at: int
    place: str


class Letter(Struct, frozen=True, gc=False):
    """One mail to one person. `bounced` is "", "soft" or "hard"; `machine` who fetched or clicked it at once: "", "apple_privacy",
    "gateway" (which says so) or "at_once" (which does not). `opened_at` is a person's, which nobody hears of where Apple's proxy
    stands between; `place` is that of the visit which their click began."""

    campaign: str
    message: str
    sent_at: int
    bounced: str
    machine: str
    opened_at: int | None
    place: int | None
    clicked_at: int | None
    left_at: int | None


class MailTruth(Struct, frozen=True):
    """Shares of mails, and of people where it says so in `model.Mails`. `opened_told` is what is told of the opens by people."""

    opened: float
    opened_told: float
    opened_by_machine: float
    clicked_by_machine: float
    bounced_soft: float
    addresses_that_bounce: float
    unsubscribes: float


def subscription(model: Model, seed: int, life: Life, person: Person) -> Subscription | None:
    """Whether and when somebody agreed to mails."""
    known = known_from(seed, life)
    if known is None or not person.email:
        return None
    naming = Named.NOTHING if life.kind is Kind.KNOWN else life.visits[life.named_at or 0].naming
    mails = model.mails
    share = mails.agree_before if naming is Named.NOTHING else 1.0 if naming is Named.FORM else mails.agree_naming
    if not Draws(seed, "subscription", life.number).chance(share):
        return None
    return Subscription(known + SECOND, _PLACES.get(naming, "account"))


def letters(model: Model, seed: int, life: Life, person: Person) -> tuple[Letter, ...]:
    """All mails of the year to somebody, in order of time."""
    agreed = subscription(model, seed, life, person)
    if agreed is None:
        return ()
    draws = Draws(seed, "mails", life.number)
    exists = not draws.chance(model.mails.bounces_hard)
    machine, written = _machine(model.mails, draws), []
    for campaign, sent_at in _mailings(model, seed, life, person):
        if sent_at <= agreed.at:
            continue
        letter = _letter(model.mails, seed, draws, life, campaign, sent_at, machine, exists)
        written.append(letter)
        if letter.bounced == "hard" or letter.left_at is not None:
            break
    return tuple(written)


def may_write(agreed: Subscription | None, written: tuple[Letter, ...], at: int) -> bool:
    """Whether somebody with this subscription, to whom all this was written, may be written to at a moment."""
    if agreed is None or at <= agreed.at:
        return False
    last = written[-1] if written else None
    return (
        last is None or last.sent_at >= at or (last.bounced != "hard" and (last.left_at is None or last.left_at > at))
    )


def clicked_visits(model: Model, seed: int, life: Life, person: Person) -> dict[int, str]:
    """The places of the visits that a click in a mail began, with the campaign's name."""
    written = letters(model, seed, life, person)
    return {letter.place: letter.campaign for letter in written if letter.place is not None}


def said(model: Model, seed: int, plan: Plan, days: int = DAYS) -> Iterator[Said]:
    end, agreed = midnight(days), subscription(model, seed, plan.life, plan.person)
    if agreed is None:
        return
    voice = voice_of(model, seed, plan)
    consent = {"purpose": "email", "wording": WORDING, "place": agreed.place, "ground": "consent"}
    if agreed.at < end:
        yield says(voice, agreed.at, "Consent Granted", consent, by_mail=True)
    for number, letter in enumerate(letters(model, seed, plan.life, plan.person)):
        for at, name, more in _told(model, plan, letter):
            if at < end:
                first = PARCELS + number if at < letter.sent_at + 60 * SECOND else 0
                about = {"message": letter.message, "campaign": letter.campaign, "channel": "email", **more}
                yield says(voice, at, name, about, first, by_mail=True)


def truth(model: Model) -> MailTruth:
    mails = model.mails
    gateways = (1 - mails.apple) * mails.gateway
    return MailTruth(
        mails.opened,
        mails.opened * (1 - mails.apple),
        mails.apple + gateways,
        gateways,
        mails.bounces_soft,
        mails.bounces_hard,
        mails.unsubscribes,
    )


def person_truth(model: Model, seed: int, plan: Plan, days: int = DAYS) -> dict[str, Any] | None:
    """How often each was told of them; None for whoever never agreed to mails. `read` counts what people opened, told or not."""
    agreed, end = subscription(model, seed, plan.life, plan.person), midnight(days)
    if agreed is None or agreed.at >= end:
        return None
    written = [letter for letter in letters(model, seed, plan.life, plan.person) if letter.sent_at < end]
    arrived = [letter for letter in written if not letter.bounced]
    read = [letter for letter in arrived if letter.opened_at is not None and letter.opened_at < end]
    left = [letter.left_at for letter in read if letter.left_at is not None and letter.left_at < end]
    gateway = [letter for letter in arrived if letter.machine in ("gateway", "at_once")]
    return {
        "agreed_on": day_of(agreed.at),
        "left_on": day_of(left[0]) if left else None,
        "sent": len(written),
        "delivered": len(arrived),
        "bounced": len(written) - len(arrived),
        "read": len(read),
        "opened": sum([letter.machine != "apple_privacy" for letter in read]),
        "opened_by_machine": sum([letter.machine != "" for letter in arrived]),
        "clicked": sum([letter.clicked_at is not None and letter.clicked_at < end for letter in read]),
        "clicked_by_machine": len(gateway) * model.mails.links,
    }


def _mailings(model: Model, seed: int, life: Life, person: Person) -> list[tuple[str, int]]:
    """What goes out in the year that is meant for them, by the moment at which it is sent."""
    mails = model.mails
    sent = [(_named(day), _spread(by_day(day, mails.newsletter_minute), life.number)) for day in mails.newsletters]
    sent += [
        (campaign.id, mailed_at(model, campaign, life.number))
        for campaign in model.campaigns.all
        if campaign.kind == "mail" and is_shown(seed, campaign, life.number)
    ]
    birthday = _birthday(person)
    if birthday is not None:
        sent.append(("birthday", _spread(by_day(birthday, mails.birthday_minute), life.number)))
    return sorted(sent, key=lambda one: one[1])


def mailed_at(model: Model, campaign: Campaign, number: int) -> int:
    """When somebody is sent a campaign's mail: on the day before its first."""
    return _spread(by_day(campaign.first_day - 1, model.mails.newsletter_minute), number)


def _spread(at: int, number: int) -> int:
    """No service sends all at once: over twenty minutes."""
    return at + number % 1200 * SECOND


def _named(day: int) -> str:
    return f"newsletter-{YEAR}-{date_of(day).month:02d}"


def _birthday(person: Person) -> int | None:
    """The day of the year; who was born on 29 February has it on the 28th."""
    month_and_day = person.birthday[5:]
    return _BIRTHDAYS.get("02-28" if month_and_day == "02-29" else month_and_day)


def _machine(mails: Mails, draws: Draws) -> str:
    apple, gateway, says_so = draws.chance(mails.apple), draws.chance(mails.gateway), draws.chance(mails.gateway_says)
    if apple:
        return "apple_privacy"
    return ("gateway" if says_so else "at_once") if gateway else ""


def _letter(
    mails: Mails, seed: int, draws: Draws, life: Life, campaign: str, sent_at: int, machine: str, exists: bool
) -> Letter:
    message = made_id("m-", seed, "mail", campaign, life.number)
    soft, opens, leaves = (draws.chance(p) for p in (mails.bounces_soft, mails.opened, mails.unsubscribes))
    if not exists or soft:
        return Letter(campaign, message, sent_at, "soft" if exists else "hard", "", None, None, None, None)
    if not opens:
        return Letter(campaign, message, sent_at, "", machine, None, None, None, None)
    opened_at = _opened_at(mails, draws, sent_at)
    clicks = draws.chance(mails.clicked)
    place = _follows(mails, seed, life, opened_at) if clicks else None
    clicked_at = None if place is None else begins(seed, life)[place] - _CLICKS_AHEAD
    left_at = max(opened_at, clicked_at or 0) + 90 * SECOND if leaves else None
    return Letter(campaign, message, sent_at, "", machine, opened_at, place, clicked_at, left_at)


def _opened_at(mails: Mails, draws: Draws, sent_at: int) -> int:
    """By day, and on the first day after it came."""
    after, share, second = draws.place(running(mails.opened_after)), draws.share(), draws.below(60)
    if after == 0:
        left = by_day(day_of(sent_at), LAST_MINUTE) - sent_at
        return sent_at + 60 * SECOND + int(share * share * (left - 60 * SECOND) / SECOND) * SECOND
    minute = FIRST_MINUTE + int(share * (LAST_MINUTE - FIRST_MINUTE))
    return by_day(day_of(sent_at) + after, minute) + second * SECOND


def _follows(mails: Mails, seed: int, life: Life, opened_at: int) -> int | None:
    """The place of the visit that a click begins: the next one that is the first of its day, if it comes soon."""
    day, before = day_of(opened_at), -1
    for place, visit in enumerate(life.visits):
        if visit.day > day + mails.clicked_within_days:
            break
        is_first = visit.day != before
        if visit.day >= day and is_first and begins(seed, life)[place] - _CLICKS_AHEAD > opened_at:
            return place
        before = visit.day
    return None


def _told(model: Model, plan: Plan, letter: Letter) -> Iterator[tuple[int, str, dict[str, Any]]]:
    yield letter.sent_at, "Message Sent", {}
    delivered = letter.sent_at + _DELIVERED_AFTER
    if letter.bounced:
        yield delivered, "Message Bounced", {"bounce": letter.bounced}
        return
    yield delivered, "Message Delivered", {"links": model.mails.links}
    yield from _by_machine(model.mails, letter, delivered)
    if letter.opened_at is not None and letter.machine != "apple_privacy":
        yield letter.opened_at, "Message Opened", {"user_agent": _reads_with(plan)}
    if letter.clicked_at is not None:
        agent = plan.person.devices[0].user_agent if plan.person.devices else ""
        yield letter.clicked_at, "Message Clicked", {"link": "link-1", "user_agent": agent}
    if letter.left_at is not None:
        yield letter.left_at, "Message Unsubscribed", {}


def _by_machine(mails: Mails, letter: Letter, delivered: int) -> Iterator[tuple[int, str, dict[str, Any]]]:
    if letter.machine == "":
        return
    agent = {"apple_privacy": APPLE, "gateway": SAFELINKS, "at_once": LIKE_A_BROWSER}[letter.machine]
    yield delivered + SECOND, "Message Opened", {"user_agent": agent}
    if letter.machine != "apple_privacy":
        for link in range(mails.links):
            more = {"link": f"link-{link + 1}", "user_agent": agent}
            yield delivered + 2 * SECOND + link * 200_000, "Message Clicked", more


def _reads_with(plan: Plan) -> str:
    """Gmail's proxy fetches when a person reads; so do plain mail programs."""
    if plan.person.number % 2 or not plan.person.devices:
        return GMAIL
    return plan.person.devices[0].user_agent


_BIRTHDAYS: Final = {date_of(day).isoformat()[5:]: day for day in range(DAYS)}
