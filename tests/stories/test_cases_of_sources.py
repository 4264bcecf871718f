"""Edge cases of sources: what comes twice, in pieces, out of order, too large, or from a machine.

Every test bears the number of its case and says in its docstring what Regulars does; `docs/cases.md` is written from that.
"""

import json
from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy import func, select

from regulars.service.purchases import purchases
from regulars.service.visits import enrichment_of
from regulars.store.schema import journal, orders
from regulars.wire.enrichment import machine_open
from tests.service.town import did, order
from tests.stories.corner import ADA_AT_SHOPIFY, DESK, GOOGLEBOT, ORDER_AT_SHOPIFY, Corner, payload
from tools.made_up_places import database as places_of

ALBANY, LUND = "192.0.2.10", "198.51.100.7"
AFTER_THE_PLATFORM = "2026-04-01 12:00"
"""When what the platforms tell in these stories has happened."""


def facts(corner: Corner, name: str = "Order Completed") -> int:
    """Of that name that count: a browser's words do not."""
    asked = select(func.count()).where(journal.c.name == name, journal.c.source != "site")
    with corner.shop.store.reading() as connection:
        return connection.execute(asked).scalar_one()


def stand(corner: Corner, order_id: str) -> tuple[str, int, int]:
    """Status, amount, and what went back of it."""
    asked = select(orders.c.status, orders.c.amount_minor, orders.c.refunded_minor).where(orders.c.order_id == order_id)
    with corner.shop.store.reading() as connection:
        status, amount, refunded = connection.execute(asked).one()
    return status, amount, refunded


# --- what comes again ----------------------------------------------------------------------------------------------------


def test_case_10_a_message_that_comes_twice(corner: Corner) -> None:
    """A message id is remembered for ever, for each kind of sender. The second is answered as the first and changes nothing. Where
    it says something else the first word stands, and the shop is told.
    """
    bought = order("ada", "1", 45, messageId="m-1")
    answers = [corner.tells(bought), corner.tells(bought)]
    corner.now = "2018-03-01 12:00"
    answers.append(corner.tells(bought))
    assert answers == [{"success": True, "accepted": 1, "rejected": []}] * 3
    assert (corner.points("ada"), corner.set_aside()) == (45, [])

    answer = corner.tells(order("ada", "2", 500, messageId="m-1"))
    assert [one["reason"] for one in answer["rejected"]] == ["message_id_reused"]
    assert (corner.points("ada"), corner.set_aside()) == (45, ["message_id_reused"])


def test_case_11_a_message_without_an_id(corner: Corner) -> None:
    """Its content is its id: the sender, the type, who it is about, the event, the time and the properties. So a client may try
    again; and two guests who do the same at the same moment are two. Without a time each is a message of its own.
    """
    review = {"event": "Product Reviewed", "userId": "ada", "messageId": None, "properties": {"stars": 5}}
    timed = review | {"timestamp": "2017-02-01T12:00:00Z"}
    for event in (timed, timed, timed | {"properties": {"stars": 4}}, review, review):
        corner.tells(event)
    assert corner.points("ada") == 4 * 50

    guest = {"event": "Newsletter Wanted", "messageId": None, "timestamp": "2017-02-01T12:00:00Z"}
    corner.tells(*[guest | {"context": {"traits": {"email": f"{name}@example.com"}}} for name in ("ben", "eve", "ben")])
    assert [corner.customer(f"{name}@example.com", kind="email").facts for name in ("ben", "eve")] == [1, 1]


# --- orders --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["browser", "webhook", "server"])
def test_case_12_webhook_server_and_browser_tell_of_one_order(corner: Corner, first: str) -> None:
    """There is one order per id, whoever tells it first. Of the shop's server and the platform's webhook the first word counts,
    once; a browser's is kept beside it as behaviour, for the visit and the campaign, and never earns.
    """
    corner.now = AFTER_THE_PLATFORM
    ways = {
        "browser": lambda: corner.browses(
            order(ADA_AT_SHOPIFY, ORDER_AT_SHOPIFY, 999, anonymousId="laptop", context={"campaign": {"name": "spring"}})
        ),
        "webhook": lambda: corner.shopify("orders/paid", payload("shopify/orders_paid")),
        "server": lambda: corner.tells(order(ADA_AT_SHOPIFY, ORDER_AT_SHOPIFY, 124.63)),
    }
    for way in sorted(ways, key=lambda way: way != first):
        ways[way]()

    assert (facts(corner), corner.points(ADA_AT_SHOPIFY)) == (1, 124)
    assert len(purchases(corner.shop, corner.customer(ADA_AT_SHOPIFY).id, None, 10).purchases) == 1
    assert [one.campaign for one in corner.visits("laptop")] == ["spring"]


def test_case_13_an_order_that_is_changed_and_told_out_of_order(corner: Corner) -> None:
    """How an order stands is the newest word by the platform's own `updated_at`, in whatever order the words come; an older one
    that comes late changes nothing. The order earns once, and what goes back of it takes its share of the points with it.
    """
    corner.now = AFTER_THE_PLATFORM
    life = [
        ("orders/create", "orders_create"),
        ("orders/paid", "orders_paid"),
        ("orders/updated", "orders_updated_partly_refunded"),
    ]
    for number, words in enumerate(permutations(life), 1):
        customer = {**payload("shopify/orders_create")["customer"], "id": number, "email": f"c{number}@example.com"}
        for topic, name in words:
            corner.shopify(topic, payload(f"shopify/{name}", id=number, customer=customer))
        assert stand(corner, str(number)) == ("partly_refunded", 12463, 5399)
        assert corner.points(str(number)) == 124 - 124 * 5399 // 12463

    assert facts(corner) == 6


def test_case_13_an_order_that_was_cancelled_before_it_was_paid(corner: Corner) -> None:
    """An order that was cancelled before it was paid earns nothing, also where the cancellation overtakes it."""
    corner.now = AFTER_THE_PLATFORM
    corner.shopify("orders/cancelled", payload("shopify/orders_cancelled"))
    corner.shopify("orders/create", payload("shopify/orders_create"))

    assert stand(corner, ORDER_AT_SHOPIFY)[0] == "cancelled"
    assert (facts(corner), corner.points(ADA_AT_SHOPIFY)) == (0, 0)


def test_case_13_an_order_that_grows_after_it_was_paid(corner: Corner) -> None:
    """What is added to an order earns by the program that judged it, once, and what goes back of a line takes back that line's
    share; in whatever order the words come, and however often, the points are those of the order as it stands.
    """
    corner.now = AFTER_THE_PLATFORM
    paid = payload("shopify/orders_paid")
    cup = {"id": 77, "price": "20.00", "quantity": 1, "product_id": 7, "title": "Cup"}
    grown = paid | {"line_items": [*paid["line_items"], cup], "updated_at": "2026-03-12T10:00:00-05:00"}
    back = {"refund_line_items": [{"line_item_id": 77, "quantity": 1}]}
    exchanged = grown | {"refunds": [back], "updated_at": "2026-03-13T10:00:00-05:00"}
    beans = {"refund_line_items": [{"line_item_id": paid["line_items"][0]["id"], "quantity": 1}]}
    less = exchanged | {"refunds": [back, beans], "updated_at": "2026-03-14T10:00:00-05:00"}
    for number, words in enumerate(permutations([paid, grown, exchanged, less]), 1):
        customer = {**paid["customer"], "id": number, "email": f"c{number}@example.com"}
        for said in [*words, words[0]]:
            corner.shopify("orders/updated", said | {"id": number, "customer": customer})
        assert corner.points(str(number)) == 124 - 124 * 5399 // 12463, [one["updated_at"] for one in words]


def test_case_13_an_order_that_grows_says_why(corner: Corner) -> None:
    """Its points are told with what was added, and those that went back with the rule that had given them."""
    corner.now = AFTER_THE_PLATFORM
    paid = payload("shopify/orders_paid")
    cup = {"id": 77, "price": "20.00", "quantity": 1, "product_id": 7, "title": "Cup"}
    grown = paid | {"line_items": [*paid["line_items"], cup], "updated_at": "2026-03-12T10:00:00-05:00"}
    corner.shopify("orders/paid", paid)
    corner.shopify("orders/updated", grown)
    assert corner.points(ADA_AT_SHOPIFY) == 144
    step = corner.story(ADA_AT_SHOPIFY)[-1]
    assert "for 20.00 USD that was added to the order" in str(step)


# --- what is too much ----------------------------------------------------------------------------------------------------


def test_case_14_an_event_with_five_hundred_properties(corner: Corner) -> None:
    """An event over 32 KB is taken: who, what and when, and its first fifty properties, each up to 200 characters, with the mark
    `truncated`; the shop is warned. Its batch is taken whole.
    """
    much = {f"property_{number}": "x" * 100 for number in range(500)}
    answer = corner.browses(
        did("Quiz Answered", userId="ada") | {"properties": much}, did("Product Viewed", userId="ada")
    )

    assert answer == {"success": True, "accepted": 2, "rejected": []}
    assert [step.what for step in corner.story("ada")] == ["Quiz Answered", "Product Viewed"]
    assert corner.set_aside() == ["truncated"]


def test_case_14_an_order_over_32_kb(corner: Corner) -> None:
    """An order over 32 KB is refused, alone, and can be sent again with less in it: half its lines would be half its points."""
    large = order("ada", "1", 45)
    large["properties"]["products"][0]["story"] = "x" * 33_000
    answer = corner.tells(large, order("ada", "2", 5))
    assert [(one["position"], one["reason"]) for one in answer["rejected"]] == [(0, "too_large")]
    assert corner.points("ada") == 5

    corner.tells(order("ada", "1", 45))
    assert corner.points("ada") == 50


def test_case_14_a_body_of_five_megabytes(corner: Corner) -> None:
    """A body over 500 KB is refused as a whole: no client sends one, and nothing of it is read."""
    body = json.dumps({"batch": [did("Product Viewed", userId="ada") | {"properties": {"a": "x" * 5_000_000}}]})
    answer = corner.client.post("/v1/batch", content=body, auth=(corner.secret, ""))

    assert (answer.status_code, answer.json()["code"]) == (400, "too_large")


def test_case_14_sixty_levels_long_names_and_numbers_that_are_none(corner: Corner) -> None:
    """Lists and objects within properties are not kept at any depth, and neither are names of more than 60 characters, so no bound
    of their own is needed. NaN and Infinity refuse the one event that they stand in.
    """
    deep: object = 1
    for _ in range(60):
        deep = {"a": deep}
    said = {"deep": deep, "n" * 61: "x", "kept": "x"}
    answer = corner.tells(
        did("Quiz Answered", userId="ada") | {"properties": said}, did("Product Viewed", userId="ada")
    )
    assert answer["rejected"] == []

    bad = '{"batch": [{"type": "track", "event": "E", "userId": "ada", "properties": {"a": %s}}, %s]}'
    good = json.dumps({"type": "track", "event": "Good", "userId": "ada"})
    for number in ("NaN", "-Infinity"):
        answer = corner.client.post("/v1/batch", content=bad % (number, good), auth=(corner.secret, "")).json()
        assert [(one["position"], one["reason"]) for one in answer["rejected"]] == [(0, "bad_json")]
    assert [step.what for step in corner.story("ada")] == ["Quiz Answered", "Product Viewed", "Good", "Good"]


def test_case_15_numbers_as_text(corner: Corner) -> None:
    """Money is read as the decimal that is written, as text or as a number, and counted in minor units, never as a float.
    Properties are kept as text.
    """
    written = [("59.99", "2", 119), (59.99, 2, 119), ("0.1", "30", 3), (0.1, 30, 3), (19.9, "10", 199), ("1e1", 1, 10)]
    for number, (price, quantity, _) in enumerate(written):
        products = [{"price": price, "quantity": quantity}]
        corner.tells(
            order(f"customer-{number}", f"{number}", 0, properties={"order_id": f"{number}", "products": products})
        )

    assert [corner.points(f"customer-{number}") for number in range(6)] == [points for _, _, points in written]


# --- machines ------------------------------------------------------------------------------------------------------------


def test_case_16_a_robot_walks_the_shop(corner: Corner) -> None:
    """Its events and visits are kept with a label, so whoever counts can leave them out; nothing is learned of a person from it.
    Without the label it is a person's.
    """
    corner.browses({"type": "page", "anonymousId": "robot"}, agent=GOOGLEBOT)
    corner.browses({"type": "page", "anonymousId": "laptop"})

    assert [[one.bot for one in corner.visits(device)] for device in ("robot", "laptop")] == [["crawler"], [None]]
    assert corner.customer("robot", kind="anonymous_id").traits == ()
    assert [one.name for one in corner.customer("laptop", kind="anonymous_id").traits] == ["device"]


def test_case_16_the_shops_own_tester(database: str) -> None:
    """A robot that the shop sends itself counts as a person where a piece of its user agent is named."""
    with Corner(database, enrichment=enrichment_of(None, [], ["CornerShopTester"])) as corner:
        corner.browses({"type": "page", "anonymousId": "tester"}, agent=f"{GOOGLEBOT} CornerShopTester")

        assert [one.bot for one in corner.visits("tester")] == [None]


def test_case_16_a_browser_that_objects(corner: Corner) -> None:
    """`Sec-GPC: 1` is an objection to ads and to profiling, kept when it is first said and not at every page: of whom the shop has
    tied to the browser, else of the device.
    """
    corner.tells({"type": "identify", "userId": "ada", "anonymousId": "laptop"})
    for _ in range(2):
        corner.browses({"type": "page", "userId": "ada", "anonymousId": "laptop"}, Sec_GPC="1")

    assert [corner.stands("ada", purpose) for purpose in ("ads", "profiling", "email")] == [
        "withdrawn",
        "withdrawn",
        "missing",
    ]


@pytest.mark.parametrize(
    ("who", "agent", "seconds", "every_link", "label"),
    [
        ("Apple's mail privacy", "Mozilla/5.0", 3_600, False, "apple_privacy"),
        ("a scanner that says so", "Mimecast-Link-Protect", 3_600, False, "mimecast"),
        ("a scanner dressed as a browser, at once", DESK, 1, False, "at_once"),
        ("a scanner dressed as a browser, every link", DESK, 3_600, True, "every_link"),
        ("a person who reads at Gmail", f"{DESK} (via ggpht.com GoogleImageProxy)", 0, False, None),
        ("a person", DESK, 3_600, False, None),
    ],
)
def test_case_17_opens_and_clicks_that_nobody_made(
    who: str, agent: str, seconds: int, every_link: bool, label: str | None
) -> None:
    """They get a label that says why: Apple's mail privacy, a known gateway, a robot, a click within five seconds of the delivery,
    or on every link. Gmail's image proxy is a person who reads.
    """
    assert machine_open(agent, seconds_after_delivery=seconds, every_link_clicked=every_link) == label, who


def test_case_28_a_browser_that_blocks_the_script(corner: Corner) -> None:
    """No word of the browser's is needed: the platform's webhook tells of the order and of who bought, and the points are right."""
    corner.now = AFTER_THE_PLATFORM
    corner.shopify("orders/paid", payload("shopify/orders_paid"))

    assert corner.points(ADA_AT_SHOPIFY) == 124
    assert [one.kind for one in corner.customer(ADA_AT_SHOPIFY).identities] == ["email", "phone", "user_id"]


def test_case_35_a_customer_of_whom_no_country_is_known(database: str, tmp_path: Path) -> None:
    """Where somebody is comes from the address of a browser of theirs, never from what a mail proxy or a robot calls from. Without
    that, or without a database of places, the country is not known, and nothing is put in its place.
    """
    (tmp_path / "places.mmdb").write_bytes(places_of())
    proxy = {"ip": LUND, "userAgent": f"{DESK} (via ggpht.com GoogleImageProxy)"}
    with Corner(database, enrichment=enrichment_of(tmp_path / "places.mmdb", [], [])) as corner:
        corner.tells(
            did("Message Opened", userId="ada", context=proxy),
            did("Message Opened", userId="ben", context=proxy),
            did("Product Viewed", userId="ben", context={"ip": ALBANY, "userAgent": DESK}),
            did("Product Viewed", userId="eve", context={"ip": LUND, "userAgent": GOOGLEBOT}),
        )
        countries = [
            [one.value for one in corner.customer(who).traits if one.name == "country"] for who in ("ada", "ben", "eve")
        ]

    assert countries == [[], ["US"], []]


def test_case_38_woocommerce_pings_and_its_delivery_ids(corner: Corner) -> None:
    """The ping, a form without a signature, is answered with exactly 200. Two orders of one second share a delivery id and are two
    orders: they are told apart by their own ids. A delivery that comes again is the same order.
    """
    assert corner.is_pinged_by_woocommerce().status_code == 200

    corner.now = AFTER_THE_PLATFORM
    paid = payload("woocommerce/order_updated_processing", currency="USD")
    for id in (727, 728, 727):
        assert corner.woocommerce("order.updated", {**paid, "id": id}, "2f3a8d0c5b6e4f70").status_code == 200

    assert (facts(corner), corner.customer("26").facts) == (2, 2)
