"""The page of products: found by words and category, page by page, and how it is filled."""

from collections.abc import Callable

from msgspec.structs import replace

from regulars.service.catalogue import keep
from regulars.service.shop import Shop
from regulars.wire.catalogue import Product
from tests.web.admin.shops import PASSWORD
from tests.web.admin.visitor import Visitor

TEA = Product(
    "tea", "Green <tea>", "Tea & more", "Acme", "https://shop.example/tea?a=1&b=2", "", 12_50, 9_00, False, ""
)


def fill(shop: Shop, *products: Product, source: str = "feed:a.xml") -> None:
    shop.writer.run(lambda tx: keep(tx, products, source, 1_490_000_000_000_000))


def test_an_empty_catalogue_says_how_to_fill_it(ada: Visitor) -> None:
    page = ada.opens("/products").text
    assert "regulars import products feed.xml --format google_xml" in page
    assert 'id="q"' not in page


def test_a_product_is_shown_with_its_prices_and_leads_to_its_page(shop: Shop, ada: Visitor) -> None:
    fill(shop, TEA)
    page = ada.opens("/products").text
    assert '<a href="https://shop.example/tea?a=1&amp;b=2" rel="noreferrer">Green &lt;tea&gt;</a>' in page
    assert "<del>12.50</del> 9.00" in page
    assert ">20 Mar 2017</time>, by feed:a.xml" in page
    assert "All 1 product, by their ids." in page
    assert '<a href="/products" aria-current="page">Products</a>' in page


def test_it_is_found_by_words_and_by_category(shop: Shop, ada: Visitor) -> None:
    fill(shop, TEA, replace(TEA, id="cup", title="A cup", category="Cups"))
    assert "A cup" not in ada.opens("/products?q=green").text
    found = ada.opens("/products?category=Cups").text
    assert "A cup" in found
    assert "Green" not in found
    assert '<option value="Cups" selected>Cups</option>' in found
    nothing = ada.opens("/products?q=nothing%00%20like%20it").text
    assert "Nothing found." in nothing
    assert 'value="nothing like it"' in nothing


def test_page_by_page(shop: Shop, ada: Visitor) -> None:
    fill(shop, *[replace(TEA, id=f"{number:03}&") for number in range(51)])
    first = ada.opens("/products?q=tea").text
    assert "50 to a page" in first
    assert 'href="/products?q=tea&amp;after=049%26">The next ones</a>' in first
    last = ada.opens("/products?q=tea&after=049%26").text
    assert "<bdi>050&amp;</bdi>" in last
    assert 'That is the end.</span> <a href="/products?q=tea">Back to the first</a>' in last


def test_nobody_sees_it_who_is_not_signed_in(shop: Shop, visit: Callable[[Shop], Visitor]) -> None:
    fill(shop, TEA)
    visitor = visit(shop)
    assert visitor.opens("/products").status_code == 303
    visitor.signs_in("ada", PASSWORD)
    assert visitor.opens("/products").status_code == 200
