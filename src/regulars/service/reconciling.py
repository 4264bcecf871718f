"""Reconciling: a platform is asked for the orders that changed, so that what no webhook brought is there as well.

A platform's webhook may be lost: WooCommerce never sends one twice, Shopify gives up after hours. So every connection with
credentials is asked every so often for the orders changed since the last time, less an overlap. What is found goes through the
same reader, bears the same ids, and is stored by the same writer as its webhook: what was heard is known, and only what was
missed is new.

`since` is the newest change that was told, by the platform's own clock, so that the two clocks need not agree. An order
that changed in the last two minutes is left for the next time: its webhook may still be on its way.
"""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from msgspec import Struct
from sqlalchemy import select

from regulars.kernel.calendar import MINUTE, SECOND
from regulars.kernel.facts import Instant
from regulars.kernel.program import Program
from regulars.service.asking import Asker, Unanswered
from regulars.service.connections import (
    Connection,
    Connections,
    Kind,
    begin_asking,
    note_asked,
    note_trouble,
)
from regulars.service.ingest import ingest_told
from regulars.service.shop import Shop
from regulars.service.writer import LONGEST_WAIT_SECONDS, Unready
from regulars.store.schema import quarantine, source_keys
from regulars.wire.events import Arrival, OrderTold
from regulars.wire.instants import rfc3339
from regulars.wire.webhooks import (
    MOST_PAGE_BYTES,
    Page,
    RefusedWebhook,
    WebhookReason,
    understand_shopify_page,
    understand_woocommerce_page,
    with_refunds,
)

OVERLAP: Final = 10 * MINUTE
ON_ITS_WAY: Final = 2 * MINUTE
MOST_PAGES: Final = 2_000
SHOPIFY_VERSION: Final = "2026-07"
SHOPIFY_A_PAGE: Final = 250
WOOCOMMERCE_A_PAGE: Final = 100
MOST_AGAIN: Final = 100
"""Orders that are read one by one in one go; the others have their turn the next time."""

NO_PAGE: Final = frozenset(
    {WebhookReason.NO_ORDERS, WebhookReason.TOO_LARGE, WebhookReason.TOO_MANY_ORDERS, WebhookReason.NOT_JSON}
)


class Found(Struct, frozen=True):
    """`orders` were looked at, of which `missed` were new to us; `read_again` were asked for one by one."""

    orders: int = 0
    missed: int = 0
    read_again: int = 0


class Reconciliations(Struct):
    """Since the process began."""

    asked: int = 0
    failed: int = 0
    missed: int = 0


def due(there: Connections, now: Instant) -> list[str]:
    """The names of those whose turn it is."""
    return [one.name for one in there.all() if one.is_asked() and now >= one.next_asking_at()]


def reconcile(
    shop: Shop, there: Connections, name: str, asker: Asker, now: Instant, *, if_due: bool = True
) -> Found | None:
    """What was found; None where it was not its turn. Unanswered, which is written down, where it did not work: then the next
    time begins where this one did."""
    connection = shop.writer.run(lambda tx: begin_asking(tx, there, name, now, if_due=if_due))
    if connection is None:
        return None
    try:
        return _reconcile(shop, there, connection, asker, now)
    except (Unanswered, Unready, TimeoutError) as error:
        trouble = str(error) if isinstance(error, Unanswered) else "The shop's own record was too busy."
        shop.writer.run(lambda tx: note_trouble(tx, there, name, trouble))
        raise Unanswered(trouble) from None


def _reconcile(shop: Shop, there: Connections, connection: Connection, asker: Asker, now: Instant) -> Found:
    rulebook = shop.rulebooks.in_force()
    if rulebook is None:
        raise Unanswered("The shop has no program yet: run `regulars apply PROGRAM`.")
    program = rulebook.program
    since = connection.asking.since if connection.asking.since is not None else connection.created_at
    newest, orders, missed = since, 0, 0
    for page in _pages(connection, asker, since - OVERLAP, program, now):
        settled = [one for one in page.arrivals if _updated_at(one) <= now - ON_ITS_WAY]
        missed += _stored(shop, connection.kind, Page(tuple(settled), page.refusals), program, now)
        newest = max([newest, *map(_updated_at, settled)])
        orders += len(page.arrivals) + len(page.refusals)
    told = _read_again(shop, connection, asker, program, now)
    shop.writer.run(lambda tx: note_asked(tx, there, connection.name, now, newest, missed, told))
    return Found(orders, missed, len(told))


def _stored(shop: Shop, kind: Kind, page: Page, program: Program, now: Instant) -> int:
    """How many there were of which nobody had told. What was set aside before is not set aside again."""
    new = Page(tuple(_unknown(shop, page.arrivals)), tuple(_unrefused(shop, kind, page.refusals)))
    if not new.arrivals and not new.refusals:
        return 0
    stored = ingest_told(shop, new, kind.sender, now, program.currency.code).result(LONGEST_WAIT_SECONDS)
    return len(new.arrivals) - stored.known


def _unknown(shop: Shop, arrivals: Sequence[Arrival]) -> list[Arrival]:
    asked = select(source_keys.c.key).where(source_keys.c.key.in_([one.id for one in arrivals]))
    with shop.store.reading() as connection:
        known = set(connection.execute(asked).scalars())
    return [one for one in arrivals if one.id not in known]


def _unrefused(shop: Shop, kind: Kind, refusals: Sequence[RefusedWebhook]) -> list[RefusedWebhook]:
    faults = [one for one in refusals if one.reason.is_fault]
    if not faults:
        return []
    raws = [one.raw for one in faults]
    asked = select(quarantine.c.raw).where(quarantine.c.source == kind.sender.value, quarantine.c.raw.in_(raws))
    with shop.store.reading() as connection:
        known = {bytes(raw) for raw in connection.execute(asked).scalars()}
    return [one for one in faults if one.raw not in known]


def _updated_at(one: Arrival) -> Instant:
    assert isinstance(one.deed, OrderTold), "a page is one of orders"
    return one.deed.updated_at


# --- the platforms' APIs -------------------------------------------------------------------------------------------------


def _pages(connection: Connection, asker: Asker, since: Instant, program: Program, now: Instant) -> Iterator[Page]:
    assert connection.kind is not Kind.WEBHOOK, "a system that only sends has no address to be asked at"
    pages = _shopify_pages if connection.kind is Kind.SHOPIFY else _woocommerce_pages
    for number, page in enumerate(pages(connection, asker, since, program, now)):
        if number >= MOST_PAGES:
            message = f"More than {MOST_PAGES:,} pages of orders changed: bring them in with `regulars import orders`."
            raise Unanswered(message)
        yield page


def _shopify_pages(
    connection: Connection, asker: Asker, since: Instant, program: Program, now: Instant
) -> Iterator[Page]:
    """The next page is named by the last one; of its address only the name of the page is taken."""
    at = f"{connection.settings.site}/admin/api/{SHOPIFY_VERSION}/orders.json"
    headers = {"X-Shopify-Access-Token": connection.secrets.api}
    query = {"status": "any", "updated_at_min": rfc3339(since), "limit": str(SHOPIFY_A_PAGE)}
    while True:
        answer = asker.ask(f"{at}?{urlencode(query)}", headers, MOST_PAGE_BYTES)
        if not answer.is_there:
            raise Unanswered(_NO_API)
        yield _whole(understand_shopify_page(answer.body, now, program.till, program.kinds()), answer.body)
        next = _next_page(answer.headers.get("link", ""))
        if next is None:
            return
        query = {"limit": str(SHOPIFY_A_PAGE), "page_info": next}


def _next_page(link: str) -> str | None:
    for part in link.split(","):
        address, _, relation = part.partition(";")
        if relation.replace('"', "").strip() == "rel=next":
            return next(iter(parse_qs(urlsplit(address.strip(" <>")).query).get("page_info", [])), None)
    return None


def _woocommerce_pages(
    connection: Connection, asker: Asker, since: Instant, program: Program, now: Instant
) -> Iterator[Page]:
    """An order that changes meanwhile goes to the end, and all behind it move up: a page counted from the beginning would leave
    one out. So after a full page the beginning moves to the last change it told; pages are counted only within one second."""
    number = 1
    while True:
        body = _woocommerce(connection, asker, "", _woocommerce_query(since, number)) or b""
        body = with_refunds(body, lambda id: _refunds_of(connection, asker, id))
        page = _whole(understand_woocommerce_page(body, now, program.till, program.kinds()), body)
        yield page
        if len(page.arrivals) + len(page.refusals) < WOOCOMMERCE_A_PAGE:
            return
        last = max([_updated_at(one) for one in page.arrivals], default=since) - SECOND
        since, number = (last, 1) if last > since else (since, number + 1)


def _woocommerce_query(since: Instant, number: int) -> dict[str, str]:
    return {
        "modified_after": rfc3339(since // SECOND * SECOND).removesuffix("Z"),
        "dates_are_gmt": "true",
        "orderby": "modified",
        "order": "asc",
        "status": "any",
        "per_page": str(WOOCOMMERCE_A_PAGE),
        "page": str(number),
    }


def _read_again(shop: Shop, connection: Connection, asker: Asker, program: Program, now: Instant) -> tuple[str, ...]:
    """Orders that were named without being told. One that is gone for good says nothing any more: it stands as it stood."""
    told = connection.asking.again[:MOST_AGAIN] if connection.kind is Kind.WOOCOMMERCE else ()
    for id in told:
        body = _woocommerce(connection, asker, f"/{id}", {})
        if body is not None:
            body = with_refunds(b"[" + body + b"]", lambda id: _refunds_of(connection, asker, id))
            page = _whole(understand_woocommerce_page(body, now, program.till, program.kinds()), body)
            _stored(shop, connection.kind, page, program, now)
    return told


def _refunds_of(connection: Connection, asker: Asker, id: int) -> bytes | None:
    """Line by line: an order itself tells only their sums."""
    return _woocommerce(connection, asker, f"/{id}/refunds", {"per_page": str(WOOCOMMERCE_A_PAGE)})


def _woocommerce(connection: Connection, asker: Asker, below: str, query: dict[str, str]) -> bytes | None:
    """None where a single order is not there."""
    shown = b64encode(connection.secrets.api.encode()).decode()
    url = f"{connection.settings.site}/wp-json/wc/v3/orders{below}?{urlencode(query)}"
    answer = asker.ask(url, {"Authorization": f"Basic {shown}"}, MOST_PAGE_BYTES)
    if answer.is_there:
        return answer.body
    if not below:
        raise Unanswered(_NO_API)
    return None


_NO_API: Final = (
    "It has no list of orders: see whether the address is that of the shop, and its permalinks are not “plain”."
)


def _whole(page: Page, body: bytes) -> Page:
    """Unanswered where it is no page at all; what is wrong with one order alone is that order's own."""
    for one in page.refusals:
        if one.reason in NO_PAGE and body.startswith(one.raw):
            raise Unanswered(one.message)
    return page
