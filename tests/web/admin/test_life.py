"""A customer's page as a life: visits as one sentence, what else happened between them, and why of everything."""

import re
from html import unescape

import pytest
from sqlalchemy import event

from regulars.kernel.calendar import MINUTE, SECOND
from regulars.service import customers
from regulars.service.life import life
from regulars.wire.instants import rfc3339
from tests.web.admin.shops import HOSTILE, NOW, Ids, browse, send

NOON = NOW - 400 * MINUTE


@pytest.fixture
def browser(shop):
    """`browser((after_seconds, name, properties), …)`: what her phone says, so long after noon; `by=None` without a name."""
    ids = Ids(50_000)

    def says(*events, by="eve"):
        told = [(NOON + after * SECOND, name, properties) for after, name, properties in events]
        browse(shop, told, by, ids)

    return says


def eve_is_known(shop):
    send(shop, [{"type": "identify", "userId": "eve", "anonymousId": "phone", "messageId": "eve"}])


def order(after, order_id="H-1", price=13.99):
    products = [{"name": "Sand Mug", "price": price, "quantity": 1, "category": "CUPS"}]
    return {
        "event": "Order Completed",
        "userId": "eve",
        "messageId": f"o-{order_id}",
        "timestamp": rfc3339(NOON + after * SECOND),
        "properties": {"order_id": order_id, "currency": "USD", "products": products},
    }


def path_of(shop, user="eve"):
    return f"/customers/{customers.find(shop, 'user_id', user)}"


def blocks(page):
    """Each thing that happened, as text, the newest first."""
    listed = page.text[page.text.index('id="steps-list"') : page.text.index('id="steps-older"')]
    found = re.split(r"\n<li(?: class=\"on-device\")?>\n<p class=\"when\">", listed)[1:]
    return [" ".join(unescape(re.sub(r"</?bdi>|<[^>]+>", _gap, one)).split()) for one in found]


def _gap(tag):
    return "" if "bdi" in tag[0] else " "


def test_a_visit_is_told_in_one_sentence_and_its_order_says_why(ada, shop, browser):
    eve_is_known(shop)
    send(shop, [order(600)])
    browser(
        (0, "Page Viewed", {"title": "Mugs"}),
        (60, "Page Viewed", {"title": "Sand Mug"}),
        (62, "Product Viewed", {"name": "Sand Mug", "price": "13.99"}),
        (90, "Product Added", {"name": "Sand Mug"}),
        (601, "Order Completed", {"order_id": "H-1", "revenue": "13.99", "currency": "USD"}),
    )
    [visit] = [one for one in blocks(ada.opens(path_of(shop))) if "Came from" in one]
    sentence = "Came from Google (search) on a phone, looked at 2 pages, put one thing into the basket and ordered for 13.99 USD"
    assert sentence in visit
    assert "10 minutes · Chrome on Android" in visit
    assert "Ordered for 13.99 USD (order H-1): “Sand Mug” · the shop’s word" in visit
    assert "26 stars by “purchase”: 13 × 1.00 USD in 13.99 USD, 1 star each, times 2 (“weekend”)" in visit
    assert "Their browser told of order H-1, 13.99 USD" in visit
    assert "No stars by “purchase”: the shop itself has not said so of a customer it knows." in visit
    assert visit.count("Looked at “Sand Mug”") == 1
    assert "Nothing in the program looks at this." not in visit


def test_what_happens_outside_of_visits_stands_between_them_in_order_of_time(ada, shop, browser):
    eve_is_known(shop)
    letter = {"message": "m", "campaign": "spring", "channel": "email"}
    mails = [("Message Sent", 3600), ("Message Delivered", 3602), ("Message Opened", 3700)]
    send(
        shop,
        [
            {
                "event": name,
                "userId": "eve",
                "messageId": name,
                "timestamp": rfc3339(NOON + after * SECOND),
                "properties": letter,
            }
            for name, after in mails
        ],
    )
    browser((0, "Page Viewed", {"title": "Mugs"}), (7200, "Page Viewed", {"title": "Cups"}))
    told = " | ".join(blocks(ada.opens(path_of(shop))))
    wanted = ["“Cups”", "Opened the mail “spring”", "Was sent the mail “spring”, and it arrived", "“Mugs”"]
    assert re.search(".*".join(wanted), told)
    assert told.count("arrived") == 1


def test_a_visit_during_which_a_name_was_told_says_so_and_one_without_is_marked(ada, shop, browser):
    browser((0, "Page Viewed", {"title": "Mugs"}), (7200, "Page Viewed", {"title": "Cups"}), by=None)
    browser((7260, "Signed In", {}))
    eve_is_known(shop)
    page = ada.opens(path_of(shop))
    told = blocks(page)
    assert page.text.count('class="on-device"') == 1
    assert [one for one in told if "on a browser of theirs, without a name" in one and "Mugs" in one]
    assert [one for one in told if "at first without a name" in one and "signed in" in one]


def test_a_long_visit_is_cut_with_a_count_and_goes_on_before(ada, shop, browser):
    eve_is_known(shop)
    browser(*[(10 * n, "Page Viewed", {"title": f"Page {n}"}) for n in range(150)])
    path: str | None = path_of(shop)
    seen: list[str] = []
    pages = []
    while path:
        page = ada.opens(path)
        pages.append(" ".join(blocks(page)))
        seen += re.findall(r"Looked at “<bdi>Page (\d+)<", page.text)
        found = re.search(r'href="([^"]*\?steps=[^"]*)#steps"', page.text)
        path = unescape(found[1]) if found else None
    assert sorted(seen, key=int) == [str(n) for n in range(150)]
    assert "more of what was done in this visit stand on other pages" in pages[0]
    assert "continued on the page before this one" in pages[1]
    assert all(page.count("Looked at") <= 60 for page in pages)


def test_a_visit_at_the_end_of_a_page_goes_over_whole(shop, browser):
    eve_is_known(shop)
    browser(*[(n * 3600 + k, "Page Viewed", {"title": f"{n}"}) for n in range(4) for k in range(4)])
    id = customers.find(shop, "user_id", "eve")
    assert id is not None
    stays, cursor = [], None
    while True:
        page = life(shop, id, cursor, 10)
        stays += [len(one.steps) for one in page.parts if hasattr(one, "steps")]
        cursor = page.next
        if cursor is None:
            break
    assert stays == [4, 4, 4, 4]


def test_whatever_a_browser_says_is_words(ada, shop, browser):
    eve_is_known(shop)
    browser(
        (0, "Page Viewed", {"title": HOSTILE}),
        (5, HOSTILE[:60], {HOSTILE[:50]: HOSTILE}),
        (9, "Products Searched", {"query": HOSTILE}),
    )
    page = ada.opens(path_of(shop)).text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert page.count("{{7*7}}") > 1


def test_a_long_life_is_asked_for_in_as_many_words_as_a_short_one(shop, browser):
    eve_is_known(shop)
    id = customers.find(shop, "user_id", "eve")
    assert id is not None
    browser((0, "Page Viewed", {}))
    asked = [_statements(shop, id)]
    browser(*[(n * 600, "Page Viewed", {"title": f"{n}"}) for n in range(30)])
    asked.append(_statements(shop, id))
    assert asked[0] == asked[1] > 0


def _statements(shop, id):
    statements: list[str] = []

    def heard(_, __, statement, *___):
        statements.append(statement)

    readers = shop.store._readers
    event.listen(readers, "before_cursor_execute", heard)
    try:
        assert life(shop, id, None, 60).parts
    finally:
        event.remove(readers, "before_cursor_execute", heard)
    assert len([one for one in statements if "FROM visits" in one]) == 1
    return len(statements)
