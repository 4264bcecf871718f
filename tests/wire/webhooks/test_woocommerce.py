"""WooCommerce's webhooks: the whole life of an order, customers, the setup ping, and what is refused."""

import random

import pytest

from regulars.kernel.facts import Bill, Line
from regulars.wire.events import Did, OrderTold
from regulars.wire.history import fact_id
from regulars.wire.webhooks import WebhookReason, is_woocommerce_ping, understand_woocommerce
from tests.wire.webhooks.payloads import (
    DOLLARS,
    EUROS,
    RECEIVED,
    arrived,
    bytes_of,
    life,
    moment,
    payload,
    reason,
    refusal,
    woocommerce,
    woocommerce_page,
)

LIFE = [
    ("order.created", "order_created"),
    ("order.updated", "order_updated_processing"),
    ("order.updated", "order_updated_completed"),
    ("order.updated", "order_updated_partly_refunded"),
    ("order.updated", "order_updated_refunded"),
]


def order(**changes):
    return payload("woocommerce", "order_updated_processing", **changes)


def heard(**changes):
    return woocommerce("order.updated", order(**changes))


def line(total, **more):
    return {"id": 1, "name": "Beans", "quantity": 1, "total": total, "total_tax": "0.00", **more}


class TestOrders:
    def test_an_order_is_told_whole(self):
        """Goods for 90.00 after a coupon of 5.00, without tax and shipping. The times bear no zone and are UTC."""
        told = woocommerce("order.created", payload("woocommerce", "order_created"))
        arrival = arrived(told)

        assert (told.delivery_id, told.topic, told.shop) == (
            "2f3a8d0c5b6e4f70", "order.created", "https://corner.example/",
        )  # fmt: skip
        assert arrival.deed == OrderTold(
            "727",
            "placed",
            (
                Line(
                    6000,
                    2,
                    {
                        "product_id": "93",
                        "sku": "ESP-1",
                        "name": "Espresso beans",
                        "variant": "95",
                        "product": "93",
                        "order_coupon": "spring5",
                        "order_discount": "5.00",
                        "channel": "checkout",
                    },
                ),
                Line(
                    3000,
                    1,
                    {
                        "product_id": "22",
                        "sku": "MUG-1",
                        "name": "Mug",
                        "product": "22",
                        "order_coupon": "spring5",
                        "order_discount": "5.00",
                        "channel": "checkout",
                    },
                ),
            ),
            9000,
            0,
            moment("2026-03-01T15:00:00Z"),
            Bill(discounts=(400, 100), taxes=(1140, 570), shipping_minor=1000, shipping_tax_minor=190),
        )
        assert (arrival.source, arrival.user_id) == ("woocommerce", "26")
        assert arrival.happened_at == moment("2026-03-01T15:00:00Z")
        assert arrival.told == (("email", "ada@example.com"), ("phone", "+16135550142"))
        assert arrival.traits == {
            "first_name": "Ada",
            "last_name": "Byron",
            "city": "Ottawa",
            "postal_code": "K2P 0V6",
            "state": "ON",
            "country": "CA",
        }
        assert arrival.message_id == "order:727:2026-03-01T15:00:00Z:placed:0"
        assert arrival.id == fact_id("woocommerce", arrival.message_id)

    def test_from_placed_to_wholly_refunded(self):
        """Of 107.10 for goods and their tax 35.70 went back: a third, and so 30.00 of 90.00."""
        assert life(arrived(woocommerce(topic, payload("woocommerce", name))) for topic, name in LIFE) == [
            ("placed", 9000, 0),
            ("paid", 9000, 0),
            ("paid", 9000, 0),
            ("partly_refunded", 9000, 3000),
            ("refunded", 9000, 9000),
        ]

    def test_a_cancelled_order(self):
        cancelled = payload("woocommerce", "order_updated_cancelled")
        assert life([arrived(woocommerce("order.updated", cancelled))]) == [("cancelled", 9000, 0)]

    def test_each_word_is_understood_in_whatever_order_they_come(self):
        in_order = [arrived(woocommerce(topic, payload("woocommerce", name))) for topic, name in LIFE]
        shuffled = random.Random(7).sample(LIFE, len(LIFE))
        heard = [arrived(woocommerce(topic, payload("woocommerce", name))) for topic, name in shuffled]

        assert shuffled != LIFE
        assert sorted(heard, key=lambda one: one.message_id) == sorted(in_order, key=lambda one: one.message_id)
        assert len({one.id for one in heard}) == len(LIFE)

    def test_two_orders_in_one_second_share_a_delivery_id_and_are_two_messages(self):
        one, other = [arrived(woocommerce("order.updated", order(id=id), delivery="same")) for id in (727, 728)]
        assert one.id != other.id

    def test_a_repeated_delivery_is_the_same_message_under_whatever_id(self):
        again = woocommerce("order.restored", order(), delivery="other", received=RECEIVED + 60_000_000)
        assert arrived(again) == arrived(heard())

    def test_what_was_polled_is_what_the_webhooks_told(self):
        orders = [payload("woocommerce", name) for _, name in LIFE]
        page = woocommerce_page(orders)
        told = [arrived(woocommerce(topic, body)) for (topic, _), body in zip(LIFE, orders, strict=True)]
        assert page.refusals == ()
        assert [(one.id, one.content, one.deed) for one in page.arrivals] == [
            (one.id, one.content, one.deed) for one in told
        ]

    @pytest.mark.parametrize(
        ("status", "stands"),
        [
            ("pending", "placed"), ("on-hold", "placed"), ("processing", "paid"), ("completed", "paid"),
            ("cancelled", "cancelled"), ("failed", "cancelled"), ("trash", "cancelled"), ("refunded", "refunded"),
        ],
    )  # fmt: skip
    def test_what_each_status_comes_to(self, status, stands):
        assert arrived(heard(status=status)).deed.status == stands

    def test_a_plugins_own_status_is_paid_where_the_order_was(self):
        assert arrived(heard(status="shipped")).deed.status == "paid"
        assert arrived(heard(status="quote", date_paid_gmt=None)).deed.status == "placed"

    def test_a_draft_is_no_order_yet(self):
        refused = refusal(heard(status="checkout-draft"))
        assert refused.reason is WebhookReason.DRAFT
        assert not refused.reason.is_fault

    def test_a_refund_taken_back_is_another_message_though_its_second_is_the_same(self):
        refunded = payload("woocommerce", "order_updated_partly_refunded")
        taken_back = arrived(woocommerce("order.updated", refunded | {"refunds": []}))
        assert life([taken_back]) == [("paid", 9000, 0)]
        assert taken_back.id != arrived(woocommerce("order.updated", refunded)).id


class TestAmounts:
    def test_lines_of_many_decimals_add_up_to_the_order(self):
        deed = arrived(heard(line_items=[line("0.884956"), line("0.884956"), line("0.884956")])).deed
        assert ([one.amount_minor for one in deed.lines], deed.amount_minor) == ([89, 88, 88], 265)

    @pytest.mark.parametrize(
        ("refunds", "back"),
        [(["-1.00"], 42), (["-1.00", "-5.30"], 265), (["-6.30"], 265), (["-7.95"], 265), (["-999.00"], 265)],
    )
    def test_more_than_the_goods_never_goes_back_of_them(self, refunds, back):
        """Goods for 2.65 with 3.65 tax."""
        said = {"line_items": [line("2.65", total_tax="3.65")], "refunds": [{"id": 1, "total": one} for one in refunds]}
        assert arrived(heard(**said)).deed.refunded_minor == back

    def test_an_order_worth_nothing_gives_nothing_back(self):
        deed = arrived(heard(line_items=[line("0.00")], refunds=[{"id": 1, "total": "-4.00"}])).deed
        assert (deed.status, deed.amount_minor, deed.refunded_minor) == ("paid", 0, 0)

    def test_another_currency_than_the_shops_is_refused_by_name(self):
        refused = refusal(woocommerce("order.updated", order(), DOLLARS))
        assert refused.reason is WebhookReason.WRONG_CURRENCY
        assert "“EUR” is not the shop's currency, USD" in refused.message

    def test_a_product_that_is_no_more_has_no_id(self):
        (told,) = arrived(heard(line_items=[line("1.00", product_id=0, variation_id=0)])).deed.lines
        assert told.properties == {
            "name": "Beans",
            "order_coupon": "spring5",
            "order_discount": "5.00",
            "channel": "checkout",
        }


class TestWho:
    def test_a_guest_is_customer_0_and_known_by_the_billing_address(self):
        arrival = arrived(heard(customer_id=0))
        assert arrival.user_id is None
        assert arrival.told[0] == ("email", "ada@example.com")

    def test_an_order_of_nobody_waits_until_it_is_somebodys(self):
        refused = refusal(heard(customer_id=0, billing={"email": "", "phone": "0613 555 0142"}))
        assert refused.reason is WebhookReason.NOBODY

    def test_php_writes_an_empty_object_as_an_empty_list(self):
        assert arrived(heard(billing=[])).traits == {}

    @pytest.mark.parametrize("topic", ["customer.created", "customer.updated"])
    def test_a_customer(self, topic):
        """Never changed since it was made, and of the last name only the address knows."""
        arrival = arrived(woocommerce(topic, payload("woocommerce", "customer_created")))
        assert (arrival.user_id, arrival.deed) == ("26", Did("Identified", {}))
        assert arrival.message_id == "customer:26:2026-03-01T14:58:00Z"
        assert arrival.told == (("email", "ada@example.com"), ("phone", "+16135550142"))
        assert (arrival.traits["first_name"], arrival.traits["last_name"]) == ("Ada", "Byron")


class TestDeliveries:
    def test_a_deleted_order_is_named_and_not_told(self):
        told = woocommerce("order.deleted", payload("woocommerce", "order_deleted"))
        assert (reason(told), told.read_again) == (WebhookReason.ONLY_AN_ID, "727")
        assert reason(woocommerce("order.deleted", {"id": "beans"})) is WebhookReason.BAD_ID

    def test_a_deleted_customer_is_no_request_to_forget(self):
        assert reason(woocommerce("customer.deleted", {"id": 26})) is WebhookReason.NO_EFFECT

    @pytest.mark.parametrize("topic", ["product.updated", "coupon.created", "action.woocommerce_add_to_cart", ""])
    def test_topics_of_which_nothing_is_known_are_no_fault(self, topic):
        refused = refusal(woocommerce(topic, order()))
        assert refused.reason is WebhookReason.UNKNOWN_TOPIC
        assert not refused.reason.is_fault

    def test_the_setup_ping(self):
        headers = {"content-type": "application/x-www-form-urlencoded", "user-agent": "WooCommerce/9.8.1 Hookshot"}
        assert is_woocommerce_ping(headers, b"webhook_id=42")
        told = understand_woocommerce(headers, b"webhook_id=42", RECEIVED, EUROS)
        assert reason(told) is WebhookReason.SETUP_PING

    @pytest.mark.parametrize("body", [b"", b"webhook_id=", b"webhook_id=4x", b"webhook_id=1&a=2", b'{"webhook_id": 1}'])
    def test_what_is_no_setup_ping(self, body):
        assert not is_woocommerce_ping({}, body)
        assert not is_woocommerce_ping({"X-WC-Webhook-Topic": "order.updated"}, b"webhook_id=42")

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"id": None}, WebhookReason.BAD_ID),
            ({"customer_id": "ada"}, WebhookReason.BAD_CUSTOMER),
            ({"billing": "Ada"}, WebhookReason.BAD_CUSTOMER),
            ({"date_modified_gmt": None, "date_created_gmt": None}, WebhookReason.BAD_TIME),
            ({"date_modified_gmt": "2026-13-01T00:00:00"}, WebhookReason.BAD_TIME),
            ({"status": None}, WebhookReason.BAD_STATUS),
            ({"status": ["completed"]}, WebhookReason.BAD_STATUS),
            ({"line_items": "beans"}, WebhookReason.BAD_LINES),
            ({"line_items": [line("1.00", quantity=1.5)]}, WebhookReason.BAD_LINES),
            ({"line_items": [line("-1.00")]}, WebhookReason.BAD_AMOUNT),
            ({"line_items": [line(None)]}, WebhookReason.BAD_AMOUNT),
            ({"refunds": [{"id": 1}]}, WebhookReason.BAD_AMOUNT),
            ({"refunds": "all"}, WebhookReason.BAD_REFUNDS),
        ],
    )
    def test_an_order_in_another_form_is_a_fault_with_its_name(self, changes, expected):
        refused = refusal(heard(**changes))
        assert refused.reason is expected
        assert refused.reason.is_fault
        assert refused.raw == bytes_of(order(**changes))[: 32 << 10]

    def test_what_a_plugin_hangs_on_an_order_is_none_of_ours_however_deep(self):
        deep: object = "gift"
        for _ in range(60):
            deep = {"inside": deep}
        assert arrived(heard(meta_data=[{"key": "_gift", "value": deep}])) == arrived(heard())


class TestPages:
    def test_one_bad_order_never_sinks_its_page(self):
        page = woocommerce_page([order(), None, order(id=None), order(id=2, status="auto-draft"), order(id=3)])
        assert [one.position for one in page.arrivals] == [0, 4]
        assert [(one.position, one.reason) for one in page.refusals] == [
            (1, WebhookReason.NOT_AN_OBJECT),
            (2, WebhookReason.BAD_ID),
            (3, WebhookReason.DRAFT),
        ]

    @pytest.mark.parametrize("body", [{}, 3, None, {"code": "woocommerce_rest_cannot_view"}])
    def test_a_page_without_orders(self, body):
        assert reason(woocommerce_page(body)) is WebhookReason.NO_ORDERS
