"""Products from a feed: Google's XML and TSV, and CSV; what is refused in which words; and that no feed is held."""

import gzip
import io
import re
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.kernel.terms import Currency
from regulars.wire.catalogue import COLUMNS, CatalogueError, Product, ProductReason, Refusal, read_products
from regulars.wire.catalogue.products import MOST_CHARACTERS, MOST_URL_CHARACTERS

PAGE = (Path(__file__).parents[2] / "docs/sources.md").read_text(encoding="utf-8")
SEK, JPY = Currency("SEK", 2), Currency("JPY", 0)
ESPRESSO = Product(
    id="E1",
    title="Espresso",
    category="Coffee > Beans",
    brand="Acme",
    url="https://shop.example/e1",
    image_url="https://shop.example/e1.jpg",
    price_minor=15_00,
    sale_price_minor=12_50,
    available=True,
    group_id="E",
)
BARE = Product("T1", "Tea", "", "", "", "", 4_00, None, True, "")

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">
<channel>
<title>Corner shop</title>
<link>https://shop.example</link>
{items}
</channel>
</rss>
"""
ITEM = """<item>
  <title>Espresso</title>
  <link>https://shop.example/e1</link>
  <g:id>E1</g:id>
  <g:image_link>https://shop.example/e1.jpg</g:image_link>
  <g:google_product_category>1868</g:google_product_category>
  <g:product_type>Coffee &gt; Beans</g:product_type>
  <g:product_type>Offers</g:product_type>
  <g:brand><![CDATA[Acme]]></g:brand>
  <g:price>15.00 SEK</g:price>
  <g:sale_price>12.50 SEK</g:sale_price>
  <g:shipping><g:country>SE</g:country><g:price>49.00 SEK</g:price></g:shipping>
  <g:availability>in stock</g:availability>
  <g:item_group_id>E</g:item_group_id>
</item>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">
<title>Corner shop</title>
<entry>
  <id>tag:shop.example,2026:e1</id>
  <g:id>E1</g:id>
  <title>Espresso</title>
  <link rel="self" href="https://shop.example/feed/e1"/>
  <link href="https://shop.example/e1"/>
  <g:image_link>https://shop.example/e1.jpg</g:image_link>
  <g:product_type>Coffee &gt; Beans</g:product_type>
  <g:brand>Acme</g:brand>
  <g:price>SEK 15.00</g:price>
  <g:sale_price>12.50SEK</g:sale_price>
  <g:availability>in_stock</g:availability>
  <g:item_group_id>E</g:item_group_id>
</entry>
</feed>
"""
TSV = (
    "id\ttitle\tlink\timage link\tproduct type\tbrand\tprice\tsale price\tavailability\titem group id\n"
    "E1\tEspresso\thttps://shop.example/e1\thttps://shop.example/e1.jpg\tCoffee > Beans\tAcme\t15.00 SEK\t12.50 SEK\tin stock\tE\n"
)
CSV = (
    "SKU;Name;product_url;image;product_category;Manufacturer;price;special_price;in_stock;parent_id\n"
    'E1;"Espresso";https://shop.example/e1;https://shop.example/e1.jpg;Coffee > Beans;Acme;15.00;12.5;yes;E\n'
)


def read(feed: str | bytes, format: Any = "csv", currency: Currency = SEK, **given: Any) -> list[Product | Refusal]:
    file = io.BytesIO(feed if isinstance(feed, bytes) else feed.encode())
    return list(read_products(file, format, currency, **given))


def table_of(**cells: str) -> str:
    """A table with one product, the bare tea with other cells."""
    said = {"id": "T1", "title": "Tea", "price": "4.00", **cells}
    return "\t".join(said) + "\n" + "\t".join(said.values()) + "\n"


def refused(**cells: str) -> Refusal:
    (one,) = read(table_of(**cells), "google_tsv")
    assert isinstance(one, Refusal)
    assert one.line == 2
    return one


def broken(feed: str | bytes, format: str = "google_xml", **given: Any) -> str:
    with pytest.raises(CatalogueError) as error:
        read(feed, format, **given)
    return str(error.value)


# --- one product, four ways ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("format", "feed"),
    [
        ("google_xml", RSS.format(items=ITEM)),
        ("google_xml", ATOM),
        ("google_tsv", TSV),
        ("csv", CSV),
        ("csv", CSV.replace(";", ",")),
        ("csv", "\ufeff" + CSV.replace("\n", "\r\n")),
    ],
    ids=["rss", "atom", "tsv", "semicolons", "commas", "from a spreadsheet"],
)
def test_one_product_reads_the_same_from_every_feed(format, feed):
    assert read(feed, format) == [ESPRESSO]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_xml_says_itself_how_it_is_written(encoding):
    feed = RSS.format(items=ITEM.replace("Espresso", "Kaffeböna")).replace("UTF-8", encoding).encode(encoding)
    (product,) = read(feed, "google_xml")

    assert isinstance(product, Product)
    assert product.title == "Kaffeböna"


def test_what_google_calls_its_own_goes_before_what_rss_has_anyway():
    both = ITEM.replace("<title>Espresso</title>", "<title>Buy now!</title><g:title>Espresso</g:title>")
    other_way = ITEM.replace("<title>Espresso</title>", "<g:title>Espresso</g:title><title>Buy now!</title>")

    assert read(RSS.format(items=both + other_way), "google_xml") == [ESPRESSO, ESPRESSO]


def test_a_product_needs_an_id_a_title_and_a_price():
    assert read(table_of(), "google_tsv") == [BARE]


def test_columns_of_any_name_can_be_mapped():
    feed = "nr,label,cost,price,id\nT1,Tea,4.00,9.00,x\n"
    assert read(feed, mapping={"id": "nr", "title": "label", "price": "cost"}) == [BARE]


def test_a_packed_file_is_unpacked(tmp_path):
    (tmp_path / "feed.xml").write_text(RSS.format(items=ITEM))
    (tmp_path / "feed.xml.GZ").write_bytes(gzip.compress(RSS.format(items=ITEM).encode()))

    for name in ("feed.xml", "feed.xml.GZ"):
        assert list(read_products(tmp_path / name, "google_xml", SEK)) == [ESPRESSO]
    assert list(read_products(str(tmp_path / "feed.xml"), "google_xml", SEK)) == [ESPRESSO]


# --- cells ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "available"),
    [
        ("in_stock", True),
        ("In Stock", True),
        ("limited_availability", True),
        ("", True),
        ("true", True),
        ("1", True),
        ("out of stock", False),
        ("preorder", False),
        ("back-order", False),
        ("no", False),
    ],
)
def test_available_is_what_is_in_stock_now(said, available):
    (product,) = read(table_of(availability=said), "google_tsv")
    assert isinstance(product, Product)
    assert product.available is available


@pytest.mark.parametrize(
    ("currency", "said", "minor"),
    [
        (SEK, "15", 15_00),
        (SEK, "15.5 sek", 15_50),
        (SEK, "0.00 SEK", 0),
        (JPY, "1200 JPY", 1200),
        (SEK, " SEK 7 ", 7_00),
    ],
)
def test_a_price_is_kept_in_minor_units(currency, said, minor):
    (product,) = read(table_of(price=said), "google_tsv", currency)
    assert isinstance(product, Product)
    assert product.price_minor == minor


@pytest.mark.parametrize(
    ("cells", "reason", "message"),
    [
        ({"id": " "}, "missing_id", "The product has no id. Give it the one of its orders."),
        ({"id": "x" * 201}, "bad_id", "`id` has more than 200 characters, or control characters. Correct it."),
        ({"item_group_id": "a\x07"}, "bad_id", "`group_id` has more than 200 characters, or control characters. Correct it."),
        ({"title": ""}, "missing_title", "The product has no title. Fill it in."),
        ({"price": ""}, "bad_price", "“” is not a price. Write a plain decimal number and the currency: 15.00 SEK."),
        ({"price": "free"}, "bad_price", "“free” is not a price. Write a plain decimal number and the currency: 15.00 SEK."),
        ({"price": "15,00 SEK"}, "bad_price", "“15,00” has a comma in it. Write a point before the decimals: 15.00."),
        ({"price": "15.005 SEK"}, "bad_price", "“15.005” is finer than the currency's smallest unit. Write at most 2 decimals."),
        ({"price": "-1 SEK"}, "bad_price", "“-1 SEK” is below 0. Write what the product costs."),
        ({"price": "9" * 13}, "bad_price",
         f"“{'9' * 13}” is out of bounds: an amount has at most 12 digits, those behind the point included."),
        ({"price": "15.00 USD"}, "wrong_currency", "“15.00 USD” is not in the shop's currency, SEK. Give the price in SEK."),
        ({"sale_price": "USD 1"}, "wrong_currency", "“USD 1” is not in the shop's currency, SEK. Give the price in SEK."),
        ({"sale_price": "cheap"}, "bad_sale_price",
         "“cheap” is not a price. Write a plain decimal number and the currency: 15.00 SEK."),
        ({"availability": "maybe"}, "bad_availability",
         "“maybe” does not say whether it is in stock. Write in_stock, out_of_stock, preorder or backorder."),
    ],
)  # fmt: skip
def test_each_bad_cell_is_refused_with_its_reason(cells, reason, message):
    one = refused(**cells)
    assert (one.reason.value, one.message) == (reason, message)


ADDRESSES = (
    "javascript:alert(1)",
    "ftp://shop.example/a",
    "//shop.example/a",
    "/a",
    "https://",
    "https:///a",
    "https://a b",
    "https://user:word@shop.example/",
    "data:text/html,x",
    "https://shop.example/\u2028a",
    "https://shop.example/" + "x" * MOST_URL_CHARACTERS,
)


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address[:30])
def test_an_address_is_http_or_https(address):
    page, picture = refused(link=address), refused(image_link=address)
    assert (page.reason, page.column) == (ProductReason.BAD_URL, "url")
    assert (picture.reason, picture.column) == (ProductReason.BAD_IMAGE_URL, "image_url")
    assert page.value == picture.value == (address if len(address) <= 80 else address[:79] + "…")


@pytest.mark.parametrize("address", ["HTTPS://shop.example", "http://127.0.0.1:8000/?a=b#c", "https://kött.example/å"])
def test_what_is_an_address_stays_as_it_is(address):
    (product,) = read(table_of(link=address), "google_tsv")
    assert isinstance(product, Product)
    assert product.url == address


def test_the_longest_address_and_the_longest_id_are_taken():
    address = "https://shop.example/".ljust(MOST_URL_CHARACTERS, "x")
    (product,) = read(table_of(link=address, id="x" * MOST_CHARACTERS), "google_tsv")
    assert isinstance(product, Product)
    assert (len(product.url), len(product.id)) == (2_000, 200)


def test_a_long_text_is_cut_and_stands_in_one_line():
    (product,) = read(RSS.format(items=ITEM.replace("Espresso", "  Dark\n\troast " + "x" * 300)), "google_xml")
    assert isinstance(product, Product)
    assert product.title == ("Dark roast " + "x" * 300)[:MOST_CHARACTERS]


# --- rows ----------------------------------------------------------------------------------------------------------------


def test_one_bad_row_does_not_sink_the_others():
    """Lines count from 1, the header's among them; a quote that is never closed takes only its own line along."""
    feed = (
        b"id,title,price\n"
        b"T1,Tea,4.00\n"
        b"\n"
        b"T2,Tea\n"
        b'T3,"Tea,4.00\n'
        b"T4,T\xe9,4.00\n"
        b'T5,"Tea\nof the house",4.00\n'
        b'T6,12" record,4.00\n' + b"T7," + b"x" * 1_000_001 + b",4.00\n"
        b"T8,Tea,4.00"
    )
    found = read(feed)

    assert [(one.id, one.title) for one in found if isinstance(one, Product)] == [
        ("T1", "Tea"),
        ("T5", "Tea of the house"),
        ("T6", '12" record'),
        ("T8", "Tea"),
    ]
    assert [(one.line, one.reason.value, one.value[:10]) for one in found if isinstance(one, Refusal)] == [
        (4, "wrong_number_of_cells", "T2,Tea"),
        (5, "bad_quotes", 'T3,"Tea,4.'),
        (6, "bad_encoding", "T4,T�,4.00"),
        (10, "line_too_long", "T7," + "x" * 7),
    ]


def test_a_bad_item_of_xml_is_refused_on_the_line_where_it_begins():
    worse = ITEM.replace("SEK", "USD")
    found = read(RSS.format(items=f"{worse}\n{ITEM}\n{worse}"), "google_xml")

    assert found[1] == ESPRESSO
    assert [one.line for one in found if isinstance(one, Refusal)] == [6, 36]


@given(st.text(alphabet='T1,;"\n\r\tx4. é', max_size=80))
def test_whatever_a_table_holds_every_row_is_a_product_or_a_refusal(rows):
    for one in read(f"id,title,price\n{rows}"):
        assert isinstance(one, Product) or 2 <= one.line <= 2 + rows.count("\n")


# --- feeds that cannot be read -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("feed", "message"),
    [
        ("", "The feed is empty."),
        ("<html></html>", "The feed is XML, but neither RSS nor Atom: it begins with <html>."),
        ("id,title", "The feed is not XML from line 1 on (syntax error). Mend it there."),
        (RSS.partition("</channel>")[0], "The feed is not XML from line 7 on (no element found). Mend it there."),
        (RSS.format(items="<item><title>a & b</title></item>"),
         "The feed is not XML from line 6 on (not well-formed (invalid token)). Mend it there."),
        (RSS.format(items="<item><title>a&nbsp;b</title></item>"),
         "The feed is not XML from line 6 on (undefined entity). Mend it there."),
        (RSS.replace("UTF-8", "klingon"), "The feed's encoding is not known. Write it in UTF-8."),
        ("<rss>" + "<a>" * 100, "The feed cannot be read at line 1: elements are nested deeper than 100 levels."),
        (f"<rss><!--{'x' * 2_000_000}--></rss>", "The feed cannot be read at line 1: one tag or comment is longer than 1 MB."),
        (f"<rss a='{'x' * 2_000_000}'/>", "The feed cannot be read at line 1: one tag or comment is longer than 1 MB."),
    ],
    ids=["empty", "html", "csv", "cut off", "bare ampersand", "entity", "encoding", "deep", "comment", "attribute"],
)  # fmt: skip
def test_a_feed_that_is_no_feed_is_told_so(feed, message):
    assert broken(feed) == message


NO_TYPES = "it declares a document type, and so perhaps entities. Take “<!DOCTYPE …>” out."


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">]>',
        '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/rss.dtd">',
        '<!DOCTYPE rss [<!ENTITY % a SYSTEM "http://127.0.0.1:9/a.dtd"> %a;]>',
        "<!DOCTYPE rss>",
    ],
)
def test_nothing_in_xml_is_expanded_or_fetched(declared):
    feed = RSS.format(items=ITEM).replace("<rss", f"{declared}\n<rss")
    assert broken(feed) == f"The feed cannot be read at line 2: {NO_TYPES}"


@pytest.mark.parametrize(
    ("feed", "given", "message"),
    [
        ("", {}, "The feed is empty. It needs a header that names its columns."),
        ("\n \n", {}, "The feed is empty. It needs a header that names its columns."),
        (b"id,titl\xe9\n", {}, "The header is not UTF-8. Save the feed as UTF-8."),
        ("id;label\n", {}, "There is no column for `title` and `price`; map one to it. The columns are: id, label."),
        ("id,title,price\n", {"mapping": {"titel": "title"}},
         ("There is no “titel” to map. There is id, title, category, brand, url, image_url, price, sale_price,"
          " available, group_id.")),
        ("id,title,price\n", {"mapping": {"title": "label"}},
         "There is no column “label” to be `title`. The columns are: id, title, price."),
    ],
    ids=repr,
)  # fmt: skip
def test_a_table_without_a_header_to_go_by_is_told_so(feed, given, message):
    assert broken(feed, "csv", **given) == message


def test_what_cannot_be_opened_or_unpacked_is_told(tmp_path):
    with pytest.raises(CatalogueError, match=r"cannot be opened: No such file or directory\.$"):
        list(read_products(tmp_path / "none.csv", "csv", SEK))
    packed = gzip.compress(CSV.encode() * 100)
    for name, content in (("cut.csv.gz", packed[:-20]), ("plain.csv.gz", CSV.encode())):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CatalogueError, match=r"^The feed cannot be unpacked: "):
            list(read_products(tmp_path / name, "csv", SEK))


# --- size ----------------------------------------------------------------------------------------------------------------


class Endless(io.RawIOBase):
    """A feed of so many items, which is nowhere whole."""

    def __init__(self, head: str, item: str, tail: str, times: int) -> None:
        self._parts = iter([head.encode(), *[item.encode()] * times, tail.encode()])
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest and (part := next(self._parts, None)) is not None:
            self._rest = part
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


@pytest.mark.parametrize("format", ["google_xml", "google_tsv"])
def test_a_feed_is_never_held(format):
    """Thirty megabytes of it take less than two of memory."""
    before, after = RSS.split("{items}")
    header, row = TSV.splitlines(keepends=True)
    head, item, tail = (before, ITEM, after) if format == "google_xml" else (header, row, "")
    item = item.replace("Espresso", "Espresso" + " " * 2_000 + "!")
    times = 30_000_000 // len(item)
    feed = io.BufferedReader(Endless(head, item, tail, times))
    tracemalloc.start()
    try:
        count = sum(isinstance(one, Product) for one in read_products(feed, format, SEK))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert count == times
    assert peak < 2_000_000


# --- the page ------------------------------------------------------------------------------------------------------------


def rows_of(first: str) -> list[list[str]]:
    _, _, rest = PAGE.partition(f"\n| {first}")
    return [re.split(r" *\| *", line)[1:-1] for line in rest.partition("\n\n")[0].splitlines()[2:]]


def test_the_page_shows_every_column():
    assert rows_of("column |") == [
        [
            f"`{column.name}`",
            "yes" if column.needed else "",
            ", ".join([f"`{name}`" for name in column.attributes]),
            ", ".join([f"`{name}`" for name in column.synonyms]),
            column.holds,
        ]
        for column in COLUMNS
    ]


def test_the_page_shows_every_reason():
    assert rows_of("reason |") == [
        [f"`{one.value}`", f"`{one.column}`" if one.column else "", one.means] for one in ProductReason
    ]
