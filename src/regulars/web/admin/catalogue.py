"""What the shop sells: found by a few letters or by category, page by page."""

from typing import Final
from urllib.parse import urlencode

from litestar import Response, get
from markupsafe import Markup

from regulars.backtesting.report import words
from regulars.backtesting.report.parts import Column, Row, Table
from regulars.kernel.program import Program
from regulars.service import catalogue
from regulars.service.catalogue import FROM_ORDERS, ProductPage, ProductView
from regulars.web.admin import telling
from regulars.web.admin.rendering import Asked, Desk, answer, desk_of

A_PAGE: Final = 50
LONGEST_ASKED: Final = 200


@get("/products", sync_to_thread=True)
def products_page(request: Asked) -> Response[str]:
    desk = desk_of(request)
    asked, category, after = [_asked(request, name) for name in ("q", "category", "after")]
    found = catalogue.page(desk.shop, asked, category, after or None, A_PAGE)
    return answer(
        request,
        "products.html.j2",
        "products",
        program=desk.program,
        as_of=telling.as_of(desk.now, desk.calendar),
        asked=asked,
        category=category,
        categories=_categories(desk, category),
        total=found.total,
        says=_says(found, asked or category, is_first=not after),
        table=_table(found, desk) if found.products else None,
        next=_address(asked, category, found.next) if found.next else None,
        first=None if not after else _address(asked, category, None),
    )


def _asked(request: Asked, name: str) -> str:
    said = request.query_params.get(name, "")
    return "".join([sign for sign in said if sign.isprintable()]).strip()[:LONGEST_ASKED]


def _categories(desk: Desk, category: str) -> list[str]:
    found = list(catalogue.categories(desk.shop))
    return found if not category or category in found else [category, *found]


def _says(found: ProductPage, asked: str, *, is_first: bool) -> str:
    if not found.total:
        return ""
    if not found.products:
        return "Nothing found." if is_first else "No more."
    number = words.count(len(found.products))
    if found.next:
        return f"{number} to a page, by their ids."
    if not is_first:
        return f"The last {number}."
    noun = "product" if len(found.products) == 1 else "products"
    return f"{number} {noun} found." if asked else f"All {number} {noun}, by their ids."


def _table(found: ProductPage, desk: Desk) -> Table:
    program = desk.program.program if desk.program else None
    columns = [
        Column("Product"),
        Column("Id", words=True),
        Column("Category", words=True),
        Column("Brand", words=True, extra=True),
        Column("Price", program.currency.code if program else ""),
        Column("In stock", words=True, extra=True),
        Column("Told of", words=True, extra=True),
    ]
    return Table("Products", columns, [_row(one, program, desk) for one in found.products])


def _row(one: ProductView, program: Program | None, desk: Desk) -> Row:
    by = "an order" if one.source == FROM_ORDERS else one.source
    return Row(
        [
            _title(one),
            one.id,
            one.category or words.NOTHING,
            one.brand or words.NOTHING,
            _price(one, program),
            "not known" if one.source == FROM_ORDERS else "yes" if one.available else "no",
            Markup("{}, by {}").format(telling.short_day(one.seen_at, desk.calendar), by),
        ]
    )


def _title(one: ProductView) -> str:
    if not one.url:
        return one.title
    return Markup('<a href="{}" rel="noreferrer">{}</a>').format(one.url, one.title)


def _price(one: ProductView, program: Program | None) -> str:
    if one.price_minor is None or program is None:
        return words.NOTHING
    price = words.amount(one.price_minor, program.currency)
    if one.sale_price_minor is None:
        return price
    return Markup("<del>{}</del> {}").format(price, words.amount(one.sale_price_minor, program.currency))


def _address(asked: str, category: str, after: str | None) -> str:
    said = {"q": asked, "category": category, "after": after or ""}
    told = urlencode({name: value for name, value in said.items() if value})
    return f"/products?{told}" if told else "/products"


handlers: Final = [products_page]
