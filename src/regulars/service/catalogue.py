"""The catalogue: what the shop sells, as far as it has told. From feeds, and from the lines of orders.

Of two words about one product the later one holds; but a feed's word goes before an order's, whichever came later: an order
knows an id, perhaps a category and a brand, and nothing of titles, pictures or prices.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, TypeAlias

from msgspec import Struct
from sqlalchemy import Connection, Select, and_, bindparam, func, or_, select, update
from sqlalchemy import text as sql

from regulars.kernel.calendar import DAY, MINUTE
from regulars.kernel.facts import DAWN, FOREVER, ORDER_COMPLETED, Instant, Line, OrderCompleted
from regulars.service.shop import Shop
from regulars.store.schema import journal, products
from regulars.store.transaction import Transaction
from regulars.wire.catalogue import Product, Refusal
from regulars.wire.events.texts import text
from regulars.wire.records import decode_fact

FROM_ORDERS: Final = "orders"
PORTION: Final = 400
MOST_CATEGORIES: Final = 200
ORDERS_AT_ONCE: Final = 1_000
A_WHILE: Final = DAY
"""Orders say the same of a product all day long; when it was seen last is written down no more often."""
OVERLAP: Final = 10 * MINUTE
"""So much of the record is read again each time: what was recorded first may be committed last."""

TOLD: Final = (
    "title",
    "category",
    "brand",
    "url",
    "image_url",
    "price_minor",
    "sale_price_minor",
    "available",
    "group_id",
)
LEARNT: Final = ("title", "category", "brand")
"""What an order may say of a product."""

ADD: Final = sql(
    f"INSERT INTO products (id, {', '.join(TOLD)}, source, seen_at) "
    f"VALUES (:id, {', '.join([f':{name}' for name in TOLD])}, :source, :seen_at) ON CONFLICT (id) DO NOTHING"
)


class Kept(Struct):
    """What became of products, or would become. An id that a feed has twice counts twice."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0

    def add(self, other: "Kept") -> None:
        self.new += other.new
        self.changed += other.changed
        self.unchanged += other.unchanged


class ProductView(Struct, frozen=True):
    """A product as it was last told of. `price_minor` is None where only orders told of it."""

    id: str
    title: str
    category: str
    brand: str
    url: str
    image_url: str
    price_minor: int | None
    sale_price_minor: int | None
    available: bool
    group_id: str
    source: str
    seen_at: Instant


class ProductPage(Struct, frozen=True):
    """By id. `next` is what to go on after, None on the last page; `total` is how many there are in the whole catalogue."""

    products: tuple[ProductView, ...]
    next: str | None
    total: int


SAY_ANEW: Final = (
    update(products)
    .where(products.c.id == bindparam("which"))
    .values({name: bindparam(name) for name in (*TOLD, "source", "seen_at")})
)


# --- keeping ---------------------------------------------------------------------------------------------------------


def keep(tx: Transaction, told: Sequence[Product], source: str, now: Instant) -> Kept:
    """Of several with one id the last. Any source but FROM_ORDERS is a feed's."""
    return _keep(tx, _rows(told, source, now))


def keep_feed(
    shop: Shop,
    read: Callable[[], Iterable[Product | Refusal]],
    source: str,
    now: Instant,
    *,
    dry_run: bool = False,
    refused: Callable[[Refusal], None] = lambda _: None,
    progress: Callable[[int, int], None] = lambda _, __: None,
) -> Kept:
    """A whole feed or nothing: it is read to its end before anything of it is kept, and then again, a portion at a time.

    Whatever `read` raises where the feed breaks off is raised before anything is kept.
    """
    kept, done, total = Kept(), 0, 0
    for one in read():
        total += 1
        if isinstance(one, Refusal):
            kept.refused += 1
            refused(one)
    for portion in _portions(one for one in read() if isinstance(one, Product)):
        kept.add(_judge(shop, portion, source, now) if dry_run else _store(shop, portion, source, now))
        done += len(portion)
        progress(done, total - kept.refused)
    return kept


def learn(shop: Shop, since: Instant | None = None, stopping: Callable[[], bool] = lambda: False) -> Instant:
    """Products of orders recorded from `since` on; None is since an order last taught one. Answers from when to go on.

    It reads behind the record's back and never while events come in; what is known already is not written again.
    """
    start = _last_learnt(shop) if since is None else since
    if not _has_orders_after(shop, start):
        return start
    place = start - OVERLAP, 0
    while not stopping():
        with shop.store.reading() as connection:
            rows = connection.execute(_orders_after(place)).all()
        if not rows:
            break
        taught = _taught(rows)
        if taught:
            _teach(shop, taught)
        place = rows[-1].recorded_at, rows[-1].id
    return place[0] if place[1] else place[0] + OVERLAP


# --- asking ----------------------------------------------------------------------------------------------------------


def page(shop: Shop, words: str, category: str, after: str | None, limit: int) -> ProductPage:
    """Those in whose title, brand or id the words stand, in that category; both empty for all."""
    columns = products.c
    asked = select(products).order_by(columns.id).limit(limit + 1)
    if words := words.strip():
        asked = asked.where(
            or_(*[column.icontains(words, autoescape=True) for column in (columns.title, columns.brand, columns.id)])
        )
    if category:
        asked = asked.where(columns.category == category)
    if after is not None:
        asked = asked.where(columns.id > after)
    with shop.store.reading() as connection:
        rows = connection.execute(asked).all()
        total = connection.execute(select(func.count()).select_from(products)).scalar_one()
    found = tuple([_view(row) for row in rows[:limit]])
    return ProductPage(found, found[-1].id if len(rows) > limit else None, total)


def categories(shop: Shop) -> tuple[str, ...]:
    """The first 200 by name."""
    asked = select(products.c.category).where(products.c.category != "").distinct()
    with shop.store.reading() as connection:
        found = connection.execute(asked.order_by(products.c.category).limit(MOST_CATEGORIES)).scalars()
        return tuple(found)


# --- rows ------------------------------------------------------------------------------------------------------------


Row: TypeAlias = dict[str, Any]


class Compared(Struct):
    """Rows beside what is held: those to add, those to write anew, and what that amounts to."""

    kept: Kept
    new: list[Row]
    later: list[Row]


def _store(shop: Shop, told: Sequence[Product], source: str, now: Instant) -> Kept:
    return shop.writer.run(lambda tx: keep(tx, told, source, now))


def _judge(shop: Shop, told: Sequence[Product], source: str, now: Instant) -> Kept:
    with shop.store.reading() as connection:
        return _compared(connection, _rows(told, source, now)).kept


def _teach(shop: Shop, taught: dict[str, Row]) -> None:
    shop.writer.run(lambda tx: _keep(tx, taught))


def _keep(tx: Transaction, rows: dict[str, Row]) -> Kept:
    compared = _compared(tx.core, rows, lock=tx.shared)
    if compared.new:
        tx.core.execute(ADD, compared.new)
    if compared.later:
        tx.core.execute(SAY_ANEW, [row | {"which": row["id"]} for row in compared.later])
    return compared.kept


def _compared(connection: Connection, rows: dict[str, Row], *, lock: bool = False) -> Compared:
    asked = select(products).where(products.c.id.in_(sorted(rows))).order_by(products.c.id)
    held = {row.id: row._asdict() for row in connection.execute(asked.with_for_update() if lock else asked)}
    compared = Compared(Kept(), [], [])
    for id in sorted(rows):
        row, known = rows[id], held.get(id)
        if known is None:
            compared.kept.new += 1
            compared.new.append(row)
            continue
        if row["source"] == FROM_ORDERS:
            if known["source"] != FROM_ORDERS:
                compared.kept.unchanged += 1
                continue
            row = _over(row, known)
        differs = any(row[name] != known[name] for name in TOLD)
        compared.kept.changed += differs
        compared.kept.unchanged += not differs
        seen = row["seen_at"] - known["seen_at"]
        if differs or row["source"] != known["source"] or seen > (A_WHILE if row["source"] == FROM_ORDERS else 0):
            compared.later.append(row)
    return compared


def _over(row: Row, known: Mapping[str, Any]) -> Row:
    """What an order leaves unsaid stays as an earlier one said it."""
    return row | {name: known[name] for name in LEARNT if row[name] in ("", row["id"]) and known[name]}


def _rows(told: Iterable[Product], source: str, now: Instant) -> dict[str, Row]:
    return {one.id: _row(one, source, now) for one in told}


def _row(one: Product, source: str, now: Instant) -> Row:
    return {"id": one.id, **{name: getattr(one, name) for name in TOLD}, "source": source, "seen_at": now}


def _view(row: Any) -> ProductView:
    told = {**row._asdict(), "available": bool(row.available)}
    return ProductView(**told)


def _portions(told: Iterable[Product]) -> Iterator[list[Product]]:
    waiting = iter(told)
    while portion := list(islice(waiting, PORTION)):
        yield portion


# --- orders ----------------------------------------------------------------------------------------------------------


def _last_learnt(shop: Shop) -> Instant:
    asked = select(func.max(products.c.seen_at)).where(products.c.source == FROM_ORDERS)
    with shop.store.reading() as connection:
        found = connection.execute(asked).scalar()
    return DAWN if found is None else found


def _has_orders_after(shop: Shop, moment: Instant) -> bool:
    with shop.store.reading() as connection:
        return connection.execute(_orders_after((moment, FOREVER)).limit(1)).first() is not None


def _orders_after(place: tuple[Instant, int]) -> Select[Any]:
    columns = journal.c
    recorded_at, id = place
    later = or_(columns.recorded_at > recorded_at, and_(columns.recorded_at == recorded_at, columns.id > id))
    orders = and_(columns.name == ORDER_COMPLETED, columns.amount_minor.is_not(None))
    return select(journal).where(later, orders).order_by(columns.recorded_at, columns.id).limit(ORDERS_AT_ONCE)


def _taught(rows: Sequence[Any]) -> dict[str, Row]:
    """What the lines of these orders say of their products; of several with one id the last."""
    heard: dict[SaidOf, Instant] = {}
    for row in rows:
        fact = decode_fact(row.fact_id, row.customer, row.name, row.source, row.happened_at, row.recorded_at, row.fact)
        if isinstance(fact, OrderCompleted):
            heard |= dict.fromkeys([_said_of(line) for line in fact.lines], row.recorded_at)
    taught: dict[str, Row] = {}
    for said, recorded_at in sorted(heard.items(), key=lambda one: one[1]):
        product = _product_of(said)
        if product is not None:
            row = _row(product, FROM_ORDERS, recorded_at) | {"price_minor": None}
            taught[product.id] = _over(row, taught.get(product.id, row))
    return taught


SaidOf: TypeAlias = tuple[str, str, str, str]
"""id, name, category, brand"""


def _said_of(line: Line) -> SaidOf:
    get = line.properties.get
    return (
        get("product") or get("product_id") or get("sku") or "",
        get("name", ""),
        get("category", ""),
        get("brand", ""),
    )


def _product_of(said: SaidOf) -> Product | None:
    """None for a line without a product."""
    id, title, category, brand = map(text, said)
    return Product(id, title or id, category, brand, "", "", 0, None, True, "") if id else None
