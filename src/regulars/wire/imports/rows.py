"""A row of each kind, from its cells to arrivals: events of the past, in the words in which the service takes them.

What a row says has an id for ever: the one in its column `id`, else the hash of everything that stands in it. So a file that
is read twice, or again after it broke off, says nothing new.
"""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Final

from msgspec import Struct
from msgspec.json import Encoder

from regulars.kernel.consents import CONFIRMED
from regulars.kernel.facts import BALANCE_BROUGHT_OVER, MEMBER_JOINED, ORDER_COMPLETED, Instant
from regulars.wire.events import Arrival, ConsentSaid, Deed, Did, Joined, texts
from regulars.wire.events.consents import GRANTED, GROUNDS, PURPOSES, WITHDRAWN
from regulars.wire.events.deeds import identified
from regulars.wire.events.traits import traits_in
from regulars.wire.history import fact_id
from regulars.wire.imports.cells import Cells, Who
from regulars.wire.imports.columns import TRAIT_NAMES, Kind
from regulars.wire.imports.refusals import ImportReason, refuse
from regulars.wire.orders.cells import text_of

MOST_POINTS: Final = 1_000_000_000
YES: Final = frozenset({"granted", "given", "yes", "true", "1", "opted_in", "opt_in", "subscribed", "on"})
NO: Final = frozenset(
    {"withdrawn", "revoked", "denied", "refused", "no", "false", "0", "opted_out", "opt_out", "unsubscribed", "off"}
)
ELSEWHERE: Final = frozenset({ORDER_COMPLETED, BALANCE_BROUGHT_OVER, GRANTED, WITHDRAWN})
CONFIRMED_ELSEWHERE: Final = "confirmed, as imported"
"""A confirmation is a click on a link of ours; a file's word for one is kept as what it is."""

_CANONICAL: Final = Encoder(order="deterministic")
_IDENTIFIED: Final = identified({})


class BroughtOver(Did, frozen=True, gc=False):
    """Points held in a former program. No tracking route reads one from an event."""

    points: int
    expires_at: Instant | None


class Said(Struct, frozen=True):
    """What one row says: when, what was done, and what is learned beside it. Where `once`, its id hangs on who and when alone,
    so that a later file in which the row has changed does not say it again.
    """

    happened_at: Instant
    deed: Deed
    traits: Mapping[str, str] = {}
    consents: tuple[ConsentSaid, ...] = ()
    once: bool = False


Read = Callable[[Cells], list[Said]]


def customer(cells: Cells) -> list[Said]:
    """Known since `created_at`; the traits were said at `updated_at`, else then, else now."""
    said = {name: cells.cell(name) for name in TRAIT_NAMES if not cells.is_blank(name)}
    said |= {**cells.mapping("traits"), "address": cells.mapping("address"), **cells.rest()}
    created_at = None if cells.is_blank("created_at") else cells.moment("created_at")
    updated_at = None if cells.is_blank("updated_at") else cells.moment("updated_at")
    if created_at is not None:
        said["created_at"] = cells.text("created_at")
    traits = traits_in(said, [one.kind for one in cells.terms.identities])
    if created_at is None or updated_at is None or updated_at <= created_at:
        at = created_at if created_at is not None else updated_at
        return [Said(cells.terms.now if at is None else at, identified(traits), traits)]
    return [Said(created_at, _IDENTIFIED, once=True), Said(updated_at, identified(traits), traits)]


def consent(cells: Cells) -> list[Said]:
    purpose, state, ground = cells.word("purpose"), cells.word("state"), cells.word("ground") or "consent"
    if purpose not in PURPOSES:
        refuse(ImportReason.BAD_PURPOSE, cells.place("purpose"))
    if state not in YES | NO:
        refuse(ImportReason.BAD_STATE, cells.place("state"))
    if ground not in GROUNDS:
        refuse(ImportReason.BAD_GROUND, cells.place("ground"))
    granted, place = state in YES, cells.text("place")
    if place == CONFIRMED:
        place = CONFIRMED_ELSEWHERE
    word = ConsentSaid(purpose, granted, ground, cells.text("wording"), place, imported=True)
    deed = Did(GRANTED if granted else WITHDRAWN, {"purpose": purpose})
    return [Said(cells.moment("happened_at"), deed, consents=(word,))]


def event(cells: Cells) -> list[Said]:
    if cells.is_blank("event"):
        refuse(ImportReason.MISSING_EVENT, cells.place("event"))
    name = cells.identifier("event", ImportReason.BAD_EVENT, 200)
    if name in ELSEWHERE:
        refuse(ImportReason.NOT_HERE, cells.place("event"))
    if any(_letters(name) == _letters(known) and name != known for known in (*ELSEWHERE, MEMBER_JOINED)):
        refuse(ImportReason.BAD_EVENT, cells.place("event"))
    happened_at = cells.moment("happened_at")
    if name == MEMBER_JOINED:
        return [Said(happened_at, Joined())]
    return [Said(happened_at, Did(name, texts.of_event({**cells.mapping("properties"), **cells.rest()})))]


def balance(cells: Cells) -> list[Said]:
    text = text_of(cells.cell("points")) or ""
    is_number = text.isascii() and text.isdecimal() and len(text) <= 10
    points = int(text) if is_number else 0
    if not 0 < points <= MOST_POINTS:
        refuse(ImportReason.BAD_POINTS, cells.place("points"))
    earned_at = cells.moment("earned_at")
    expires_at = None if cells.is_blank("expires_at") else cells.end("expires_at")
    if expires_at is not None and expires_at <= cells.terms.now:
        refuse(ImportReason.EXPIRED, cells.place("expires_at"))
    if expires_at is None and cells.terms.expires(earned_at) <= cells.terms.now:
        refuse(ImportReason.EXPIRED_BY_RULE, cells.place("earned_at"))
    return [Said(earned_at, BroughtOver(BALANCE_BROUGHT_OVER, {}, points, expires_at))]


READERS: Final[Mapping[Kind, Read]] = {
    Kind.CUSTOMERS: customer,
    Kind.CONSENTS: consent,
    Kind.EVENTS: event,
    Kind.BALANCES: balance,
}


def arrivals(kind: Kind, line: int, cells: Cells, who: Who, said: list[Said]) -> list[Arrival]:
    """The position is the line, counted from 0."""
    content = _content(cells)
    row_id = "" if kind is Kind.CUSTOMERS or cells.is_blank("id") else cells.identifier("id", ImportReason.BAD_ID)
    found = []
    for one in said:
        since = fact_id("created", repr((who.user_id, who.told)), str(one.happened_at)) if one.once else ""
        message_id = since or row_id or content.hex()
        found.append(
            Arrival(
                line - 1,
                fact_id(kind.source, message_id),
                message_id,
                kind.source,
                bytes.fromhex(since) if since else content,
                one.happened_at,
                who.user_id,
                None,
                None,
                who.told,
                one.deed,
                one.traits,
                one.consents,
                None,
                True,
            )
        )
    return found


def _content(cells: Cells) -> bytes:
    """The hash of everything that stands in the row, whatever the order of its columns."""
    said = {}
    for column, cell in zip(cells.layout.columns, cells.cells, strict=False):
        text = text_of(cell)
        if text != "":
            said[column] = cell if text is None else text
    return blake2b(_CANONICAL.encode(said), digest_size=16).digest()


def _letters(name: str) -> str:
    return "".join(filter(str.isalpha, name)).casefold()
