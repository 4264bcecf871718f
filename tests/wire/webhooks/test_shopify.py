"""Shopify's webhooks: the whole life of an order, customers and their consents, requests for privacy, and what is refused."""

import random

import pytest

from regulars.kernel.facts import Bill, Line
from regulars.kernel.program import IdentityKind
from regulars.wire.events import ConsentSaid, Did, OrderTold
from regulars.wire.history import fact_id
from regulars.wire.webhooks import PrivacyAsked, PrivacyKind, WebhookReason, understand_shopify
from tests.wire.webhooks.payloads import (
    DOLLARS,
    EUROS,
    KRONOR,
    RECEIVED,
    YEN,
    arrived,
    bytes_of,
    life,
    moment,
    payload,
    reason,
    refusal,
    shopify,
    shopify_page,
)

LIFE = [
    ("orders/create", "orders_create"),
    ("orders/paid", "orders_paid"),
    ("orders/fulfilled", "orders_fulfilled"),
    ("orders/updated", "orders_updated_partly_refunded"),
    ("orders/updated", "orders_updated_refunded"),
]
ADA = "115310627314723954"
BEANS = "788032119674292922"


def order(**changes):
    return payload("shopify", "orders_paid", **changes)


def heard(shop=DOLLARS, **changes):
    return shopify("orders/updated", order(**changes), shop)


def one_line(**line):
    """A paid order for one line of 10.00, told again with what is changed in it."""
    return {"line_items": [{"id": 7, "price": "10.00", "quantity": 1, **line}], "discount_codes": [], "refunds": []}


class TestOrders:
    def test_an_order_is_told_whole(self):
        """Two bags of 59.99 and a mug of 18.50, 10 % off; the tip, the tax, the shipping and the dollars of Canada left aside."""
        told = shopify("orders/create", payload("shopify", "orders_create"))
        arrival = arrived(told)

        assert (told.topic, told.shop) == ("orders/create", "corner.myshopify.com")
        assert told.delivery_id == "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"
        assert (told.asked, told.read_again) == (None, None)
        assert arrival.deed == OrderTold(
            "820982911946154508",
            "placed",
            (
                Line(
                    10798,
                    2,
                    {
                        "product_id": BEANS,
                        "sku": "ESP-1",
                        "brand": "Northwind",
                        "name": "Espresso beans",
                        "variant": "1 kg",
                        "product": BEANS,
                        "order_coupon": "SPRING10",
                        "order_discount": "13.85",
                        "channel": "web",
                    },
                ),
                Line(
                    1665,
                    1,
                    {
                        "product_id": "632910392",
                        "sku": "MUG-1",
                        "brand": "Northwind",
                        "name": "Mug",
                        "product": "632910392",
                        "order_coupon": "SPRING10",
                        "order_discount": "13.85",
                        "channel": "web",
                    },
                ),
            ),
            12463,
            0,
            moment("2026-03-01T15:00:01Z"),
            Bill(discounts=(1200, 185), taxes=(648, 100), discount_taxes=(72, 11), shipping_minor=495),
        )
        assert (arrival.source, arrival.user_id, arrival.anonymous_id) == ("shopify", ADA, None)
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
        assert arrival.id == fact_id("shopify", arrival.message_id)

    def test_from_placed_to_wholly_refunded(self):
        assert life(arrived(shopify(topic, payload("shopify", name))) for topic, name in LIFE) == [
            ("placed", 12463, 0),
            ("paid", 12463, 0),
            ("paid", 12463, 0),
            ("partly_refunded", 12463, 5399),
            ("refunded", 12463, 12463),
        ]

    def test_a_cancelled_order_is_cancelled_whatever_its_money_does(self):
        cancelled = payload("shopify", "orders_cancelled")
        assert life([arrived(shopify("orders/cancelled", cancelled))]) == [("cancelled", 12463, 0)]
        paid_back = payload("shopify", "orders_updated_refunded", cancelled_at="2026-03-12T12:00:00-05:00")
        assert life([arrived(shopify("orders/cancelled", paid_back))]) == [("cancelled", 12463, 12463)]

    def test_each_word_is_understood_in_whatever_order_they_come(self):
        in_order = [arrived(shopify(topic, payload("shopify", name))) for topic, name in LIFE]
        shuffled = random.Random(7).sample(LIFE, len(LIFE))
        heard = [arrived(shopify(topic, payload("shopify", name))) for topic, name in shuffled]

        assert shuffled != LIFE
        assert sorted(heard, key=lambda one: one.message_id) == sorted(in_order, key=lambda one: one.message_id)
        assert len({one.id for one in heard}) == len(LIFE)

    def test_an_order_made_and_paid_in_one_second_is_two_messages(self):
        created = arrived(shopify("orders/create", payload("shopify", "orders_create")))
        paid = arrived(shopify("orders/paid", payload("shopify", "orders_paid")))
        assert created.deed.updated_at == paid.deed.updated_at
        assert created.id != paid.id

    def test_a_repeated_delivery_and_the_same_word_under_another_topic_are_one_message(self):
        first = arrived(shopify("orders/paid", order(), delivery="1"))
        again = arrived(shopify("orders/updated", order(), delivery="2", received=RECEIVED + 60_000_000))
        assert first == again

    def test_a_message_that_says_something_else_has_another_content(self):
        assert arrived(heard(email="x@example.com")).content == arrived(heard()).content
        dearer = {"line_items": [{"id": 7, "price": "10.01", "quantity": 1}]}
        assert arrived(heard(**dearer)).content != arrived(heard()).content

    def test_what_was_polled_is_what_the_webhooks_told(self):
        orders = [payload("shopify", name) for _, name in LIFE]
        page = shopify_page({"orders": orders})
        told = [arrived(shopify(topic, body)) for (topic, _), body in zip(LIFE, orders, strict=True)]
        assert page.refusals == ()
        assert [(one.id, one.content, one.deed) for one in page.arrivals] == [
            (one.id, one.content, one.deed) for one in told
        ]
        assert [one.position for one in page.arrivals] == [0, 1, 2, 3, 4]

    def test_nothing_happens_after_it_was_heard_of(self):
        before = moment("2026-02-01T00:00:00Z")
        arrival = arrived(shopify("orders/paid", order(), received=before))
        assert arrival.happened_at == before
        assert arrival.content == arrived(heard()).content

    @pytest.mark.parametrize(
        ("financial_status", "status"),
        [
            (None, "placed"), ("pending", "placed"), ("authorized", "placed"), ("partially_paid", "placed"),
            ("unpaid", "placed"), ("expired", "placed"), ("voided", "cancelled"), ("paid", "paid"), ("refunded", "refunded"),
        ],
    )  # fmt: skip
    def test_what_each_financial_status_comes_to(self, financial_status, status):
        assert arrived(heard(financial_status=financial_status)).deed.status == status


class TestAmounts:
    def test_tax_within_the_price_is_taken_off(self):
        """3 x 249.00 less 74.70 is 672.30, of which 134.46 is tax."""
        guest = arrived(shopify("orders/create", payload("shopify", "orders_create_taxes_included"), KRONOR))
        assert [line.amount_minor for line in guest.deed.lines] == [53784]
        assert guest.deed.lines[0].properties["channel"] == "pos"

    def test_older_payloads_name_the_discount_of_a_line_in_one_sum(self):
        assert arrived(heard(**one_line(total_discount="2.50"))).deed.amount_minor == 750
        both = one_line(total_discount="2.50", discount_allocations=[{"amount": "4.00"}])
        assert arrived(heard(**both)).deed.amount_minor == 600

    def test_lines_add_up_to_the_order_to_the_last_cent(self):
        thirds = [{"id": n, "price": "0.333", "quantity": 1} for n in range(1, 5)]
        deed = arrived(heard(line_items=thirds)).deed
        assert ([line.amount_minor for line in deed.lines], deed.amount_minor) == ([34, 33, 33, 33], 133)

    def test_no_cent_is_lost_to_a_float(self):
        """59.99 is 59.990000000000002 as a float, and 0.1 + 0.2 is not 0.3."""
        lines = [{"id": 1, "price": "9999999.99", "quantity": 3}, {"id": 2, "price": 0.1, "quantity": 3}]
        assert arrived(heard(line_items=lines)).deed.amount_minor == 2999999997 + 30

    def test_a_currency_without_cents(self):
        line = one_line(price_set={"shop_money": {"amount": "1200.00", "currency_code": "JPY"}})
        assert arrived(heard(YEN, currency="JPY", **line)).deed.amount_minor == 1200

    def test_a_gift_card_says_so_and_an_order_may_be_worth_nothing(self):
        deed = arrived(heard(**one_line(gift_card=True, discount_allocations=[{"amount": "10.00"}]))).deed
        assert (deed.amount_minor, deed.lines[0].properties["gift_card"]) == (0, "true")
        assert arrived(heard(line_items=[])).deed.lines == ()

    def test_a_line_that_was_edited_away_is_left_out(self):
        lines = [{"id": 1, "price": "5.00", "quantity": 0}, {"id": 2, "price": "7.00", "quantity": 1}]
        assert [line.amount_minor for line in arrived(heard(line_items=lines)).deed.lines] == [700]

    def test_any_way_of_giving_back_bag_by_bag_comes_to_the_whole(self):
        """Three bags for 10.00 in all: 3.33, then 6.67, then 10.00 have gone back."""
        line = {"line_items": [{"id": 7, "price": "10.00", "quantity": 3, "total_discount": "20.00"}]}
        one = {"refund_line_items": [{"line_item_id": 7, "quantity": 1}]}
        tellings = [
            arrived(heard(**line, refunds=[one] * bags, financial_status="partially_refunded")) for bags in range(4)
        ]
        assert life(tellings) == [
            ("paid", 1000, 0),
            ("partly_refunded", 1000, 333),
            ("partly_refunded", 1000, 667),
            ("refunded", 1000, 1000),
        ]

    @pytest.mark.parametrize(
        ("kind", "amount", "back"),
        [
            ("shipping_refund", "-4.95", 500),
            ("refund_discrepancy", "2.00", 300),
            ("refund_discrepancy", "-1.50", 650),
            ("refund_discrepancy", "5.00", 0),
            ("refund_discrepancy", "-99999", 1000),
        ],
    )
    def test_what_was_given_beside_the_goods_worth(self, kind, amount, back):
        """One of two cups of 5.00 came back, and a little less, or more, or no money at all was given for it."""
        refund = {
            "refund_line_items": [{"line_item_id": 7, "quantity": 1}],
            "order_adjustments": [{"kind": kind, "amount": amount}],
        }
        said = one_line(price="5.00", quantity=2) | {"refunds": [refund], "financial_status": "partially_refunded"}
        assert arrived(heard(**said)).deed.refunded_minor == back

    def test_a_refund_of_a_line_that_is_no_goods_takes_nothing_off_them(self):
        refunds = [{"refund_line_items": [{"line_item_id": id, "quantity": 1} for id in (257004973105704598, None)]}]
        said = heard(refunds=refunds, financial_status="partially_refunded")
        assert life([arrived(said)]) == [("paid", 12463, 0)]

    def test_money_given_back_without_goods(self):
        refund = {"refund_line_items": [], "order_adjustments": [{"kind": "refund_discrepancy", "amount": "-2.50"}]}
        said = one_line() | {"refunds": [refund], "financial_status": "partially_refunded"}
        assert life([arrived(heard(**said))]) == [("partly_refunded", 1000, 250)]

    @pytest.mark.parametrize(
        "changes",
        [
            {"currency": "EUR"},
            {"currency": None},
            {"currency": ["USD"]},
            one_line(price_set={"shop_money": {"amount": "10.00", "currency_code": "EUR"}}),
        ],
    )
    def test_another_currency_than_the_shops_is_refused_by_name(self, changes):
        refused = refusal(heard(**changes))
        assert refused.reason is WebhookReason.WRONG_CURRENCY
        assert "USD" in refused.message
        assert reason(heard(EUROS)) is WebhookReason.WRONG_CURRENCY
        assert "“USD” is not the shop's currency, EUR" in refusal(heard(EUROS)).message

    @pytest.mark.parametrize(
        "price", [None, "", "ten", "1,200.00", "-1.00", "NaN", "Infinity", "1e99", "0" * 41, True, [], {}, 1e300, "١"]
    )
    def test_what_is_no_amount(self, price):
        refused = refusal(heard(**one_line(price=price)))
        assert refused.reason is WebhookReason.BAD_AMOUNT

    def test_the_message_says_where(self):
        assert "`line_items[0].price`" in refusal(heard(**one_line(price="ten"))).message
        taxed = one_line(discount_allocations=[{"amount_set": {"shop_money": {"amount": "x", "currency_code": "USD"}}}])
        where = "`line_items[0].discount_allocations[0].amount_set.shop_money.amount`"
        assert where in refusal(heard(**taxed)).message

    def test_an_order_has_at_most_twelve_digits(self):
        assert arrived(heard(**one_line(price="9999999999.99"))).deed.amount_minor == 10**12 - 1
        assert reason(heard(**one_line(price="10000000000.00"))) is WebhookReason.BAD_AMOUNT

    def test_an_order_has_at_most_a_thousand_lines(self):
        lines = [{"id": 1, "price": "1.00", "quantity": 1}] * 1001
        assert len(arrived(heard(line_items=lines[:1000])).deed.lines) == 1000
        assert reason(heard(line_items=lines)) is WebhookReason.BAD_LINES


class TestWho:
    def test_a_guest_is_known_by_the_orders_own_addresses(self):
        guest = arrived(shopify("orders/create", payload("shopify", "orders_create_taxes_included"), KRONOR))
        assert guest.user_id is None
        assert guest.told == (("email", "guest@example.se"), ("phone", "+46701234567"))

    def test_on_an_accounts_order_the_orders_addresses_may_be_somebody_elses(self):
        arrival = arrived(heard(email="friend@example.com", phone="+46701234567"))
        assert arrival.told == (("email", "ada@example.com"), ("phone", "+16135550142"))

    def test_only_the_ways_in_which_the_program_knows_customers(self):
        kinds = [IdentityKind("email", "lower", blocked=("ada@example.com",)), IdentityKind("note")]
        headers = {"shopify-topic": "orders/paid"}
        told = understand_shopify(headers, bytes_of(order()), RECEIVED, DOLLARS, kinds)
        assert arrived(told).told == ()
        assert arrived(told).content == arrived(heard()).content

    def test_an_order_of_nobody_waits_until_it_is_somebodys(self):
        refused = refusal(heard(customer=None, email="", contact_email=None, phone=None))
        assert refused.reason is WebhookReason.NOBODY
        assert not refused.reason.is_fault

    @pytest.mark.parametrize("customer", ["Ada", [1], {"id": "ada"}, {"id": -1}, {"id": 1.5}, {"id": True}])
    def test_what_is_no_customer(self, customer):
        assert reason(heard(customer=customer)) is WebhookReason.BAD_CUSTOMER


class TestCustomers:
    def test_a_customer_is_told_with_the_consents_each_as_old_as_it_is(self):
        told = shopify("customers/update", payload("shopify", "customers_update"))
        person, email, sms = told.arrivals

        assert told.refusals == ()
        assert [one.position for one in told.arrivals] == [0, 1, 2]
        assert [one.user_id for one in told.arrivals] == [ADA] * 3
        assert (person.deed, person.consents) == (Did("Identified", {}), ())
        assert person.happened_at == moment("2026-03-01T15:00:05Z")
        assert (person.traits["first_name"], person.traits["city"]) == ("Ada", "Ottawa")
        assert email.consents == (ConsentSaid("email", True, wording="confirmed_opt_in", place="Shopify"),)
        assert email.deed == Did("Consent Granted", {"purpose": "email"})
        assert email.happened_at == moment("2026-02-14T13:00:00Z")
        assert sms.consents == (ConsentSaid("sms", False, wording="single_opt_in", place="Shopify"),)
        assert sms.deed == Did("Consent Withdrawn", {"purpose": "sms"})
        assert sms.happened_at == moment("2026-02-20T13:00:00Z")

    def test_a_consent_is_one_message_however_often_the_customer_is_told_of(self):
        """Else a new telephone number would give a consent anew that was long taken back elsewhere."""
        first = shopify("customers/update", payload("shopify", "customers_update"))
        later = payload("shopify", "customers_update", updated_at="2026-03-20T10:00:00Z", last_name="King")
        again = shopify("customers/update", later)
        assert first.arrivals[1:] == again.arrivals[1:]
        assert first.arrivals[0].id != again.arrivals[0].id

    def test_the_topics_of_consent_say_the_same_message(self):
        _, email, sms = shopify("customers/update", payload("shopify", "customers_update")).arrivals
        for topic, name, known in (
            ("customers_email_marketing_consent/update", "customers_email_marketing_consent_update", email),
            ("customers_marketing_consent/update", "customers_marketing_consent_update", sms),
        ):
            said = arrived(shopify(topic, payload("shopify", name)))
            assert (said.id, said.content, said.happened_at) == (known.id, known.content, known.happened_at)

    @pytest.mark.parametrize("state", ["not_subscribed", "pending", "invalid", None])
    def test_who_said_neither_yes_nor_no_said_nothing(self, state):
        body = payload("shopify", "customers_email_marketing_consent_update", email_marketing_consent={"state": state})
        told = shopify("customers_email_marketing_consent/update", body)
        assert (told.arrivals, told.refusals) == ((), ())

    def test_a_consent_of_no_known_time_counts_as_imported(self):
        consent = {"state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": None}
        body = payload("shopify", "customers_email_marketing_consent_update", email_marketing_consent=consent)
        (word,) = arrived(shopify("customers_email_marketing_consent/update", body)).consents
        assert word.imported

    @pytest.mark.parametrize("changes", [{"email_marketing_consent": "yes"}, {"default_address": 3}])
    def test_a_customer_in_another_form_is_refused(self, changes):
        body = payload("shopify", "customers_update", **changes)
        assert reason(shopify("customers/update", body)) is WebhookReason.BAD_CUSTOMER


class TestPrivacy:
    def test_a_customer_asks_for_their_data(self):
        told = shopify("customers/data_request", payload("shopify", "customers_data_request"))
        orders = ("820982911946154508", "280263")
        kind = PrivacyKind.DATA_REQUEST
        assert told.asked == PrivacyAsked(kind, ADA, "ada@example.com", "+16135550142", orders)
        assert (told.arrivals, told.refusals) == ((), ())

    def test_a_customer_is_to_be_erased(self):
        """The number in the request names no country, and so is none that was ever kept."""
        told = shopify("customers/redact", payload("shopify", "customers_redact"))
        kind = PrivacyKind.CUSTOMER_REDACT
        assert told.asked == PrivacyAsked(kind, ADA, "ada@example.com", None, ("820982911946154508",))

    def test_the_whole_shop_is_to_be_erased(self):
        told = shopify("shop/redact", payload("shopify", "shop_redact"))
        assert told.asked == PrivacyAsked(PrivacyKind.SHOP_REDACT)

    @pytest.mark.parametrize("customer", [None, {}, {"id": None, "email": "nobody"}, "Ada"])
    def test_a_request_that_does_not_say_whose_is_a_fault(self, customer):
        told = shopify("customers/redact", payload("shopify", "customers_redact", customer=customer))
        assert told.asked is None
        assert reason(told) is WebhookReason.BAD_REQUEST
        assert reason(told).is_fault

    def test_what_is_no_order_id_among_them_is_passed_over(self):
        listed = [5, "x", None, 0, -1, True, 1.5]
        told = shopify("customers/redact", payload("shopify", "customers_redact", orders_to_redact=listed))
        assert told.asked.order_ids == ("5",)


class TestDeliveries:
    def test_both_families_of_headers(self):
        headers = {
            "Shopify-Topic": "orders/paid",
            "shopify-webhook-id": "w",
            "SHOPIFY-SHOP-DOMAIN": "corner.myshopify.com",
        }
        told = understand_shopify(headers, bytes_of(order()), RECEIVED, DOLLARS)
        assert (told.delivery_id, told.topic, told.shop) == ("w", "orders/paid", "corner.myshopify.com")
        assert arrived(told) == arrived(heard())

    @pytest.mark.parametrize(
        ("topic", "name", "expected"),
        [
            ("refunds/create", "refunds_create", WebhookReason.NO_EFFECT),
            ("customers/delete", "customers_update", WebhookReason.NO_EFFECT),
            ("carts/update", "orders_paid", WebhookReason.UNKNOWN_TOPIC),
            ("", "orders_paid", WebhookReason.UNKNOWN_TOPIC),
            ("ORDERS_PAID", "orders_paid", WebhookReason.UNKNOWN_TOPIC),
        ],
    )
    def test_topics_of_which_nothing_comes_are_no_fault(self, topic, name, expected):
        refused = refusal(shopify(topic, payload("shopify", name)))
        assert refused.reason is expected
        assert not refused.reason.is_fault

    def test_a_test_order_is_not_counted(self):
        assert reason(heard(test=True)) is WebhookReason.TEST_ORDER

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"id": None}, WebhookReason.BAD_ID),
            ({"id": 0}, WebhookReason.BAD_ID),
            ({"id": "9" * 21}, WebhookReason.BAD_ID),
            ({"id": "gid://shopify/Order/1"}, WebhookReason.BAD_ID),
            ({"updated_at": None}, WebhookReason.BAD_TIME),
            ({"updated_at": 1772377201}, WebhookReason.BAD_TIME),
            ({"updated_at": "1989-12-31T23:59:59Z"}, WebhookReason.BAD_TIME),
            ({"updated_at": "2101-01-01T00:00:00Z"}, WebhookReason.BAD_TIME),
            ({"processed_at": "yesterday"}, WebhookReason.BAD_TIME),
            ({"cancelled_at": True}, WebhookReason.BAD_TIME),
            ({"financial_status": "owed"}, WebhookReason.BAD_STATUS),
            ({"financial_status": ["paid"]}, WebhookReason.BAD_STATUS),
            ({"line_items": {"0": {}}}, WebhookReason.BAD_LINES),
            ({"line_items": ["beans"]}, WebhookReason.BAD_LINES),
            (one_line(quantity="1"), WebhookReason.BAD_LINES),
            (one_line(quantity=-1), WebhookReason.BAD_LINES),
            (one_line(quantity=10**9), WebhookReason.BAD_LINES),
            (one_line(discount_allocations=[{"amount": "10.01"}]), WebhookReason.BAD_AMOUNT),
            ({"refunds": {}}, WebhookReason.BAD_REFUNDS),
            ({"refunds": [{"refund_line_items": [{"line_item_id": 7}]}]}, WebhookReason.BAD_REFUNDS),
        ],
    )
    def test_an_order_in_another_form_is_a_fault_with_its_name(self, changes, expected):
        refused = refusal(heard(**changes))
        assert refused.reason is expected
        assert refused.reason.is_fault
        assert refused.message_id == "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"
        assert (refused.position, refused.raw) == (0, bytes_of(order(**changes))[: 32 << 10])

    def test_no_refusal_says_who(self):
        changes = {"customer": {"id": "Ada Byron"}, "email": "ada@example.com"}
        assert "Ada" not in refusal(heard(**changes)).message

    def test_the_earliest_and_the_latest_moment(self):
        for updated in ("1990-01-01T00:00:00Z", "2100-12-31T23:59:59Z"):
            assert arrived(heard(updated_at=updated)).deed.updated_at == moment(updated)


class TestPages:
    def test_one_bad_order_never_sinks_its_page(self):
        page = shopify_page({"orders": [order(), 3, order(id=None), order(id=2)]})
        assert [one.position for one in page.arrivals] == [0, 3]
        assert [(one.position, one.reason) for one in page.refusals] == [
            (1, WebhookReason.NOT_AN_OBJECT),
            (2, WebhookReason.BAD_ID),
        ]

    @pytest.mark.parametrize("body", [{}, {"orders": {}}, [], 3, None, {"orders": None}])
    def test_a_page_without_orders(self, body):
        assert reason(shopify_page(body)) is WebhookReason.NO_ORDERS

    def test_a_page_of_none(self):
        assert shopify_page({"orders": []}).refusals == ()

    def test_a_page_holds_at_most_250(self):
        assert len(shopify_page({"orders": [order(id=n) for n in range(1, 251)]}).arrivals) == 250
        assert reason(shopify_page({"orders": [{}] * 251})) is WebhookReason.TOO_MANY_ORDERS
