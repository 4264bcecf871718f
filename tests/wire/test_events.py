"""Events from the tracking API: what is understood, what is refused, and that one bad event never sinks its batch."""

import json
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.kernel.facts import Line
from regulars.kernel.terms import Currency
from regulars.wire.events import (
    MOST_BODY_BYTES,
    MOST_EVENT_BYTES,
    MOST_EVENTS,
    BodyError,
    BodyReason,
    Did,
    EventReason,
    Joined,
    Ordered,
    Sender,
    understand,
    write_key_of,
)
from regulars.wire.events.orders import amounts_of
from regulars.wire.history import fact_id

DOLLARS = Currency("USD", 2)
YEN = Currency("JPY", 0)
TYPES = ["identify", "track", "page", "screen", "group", "alias"]


def moment(text):
    stamp = datetime.fromisoformat(text)
    return int(stamp.timestamp()) * 1_000_000 + stamp.microsecond


NOON = "2025-06-01T12:00:00Z"
RECEIVED = "2025-06-01T12:05:00Z"


def hear(body, type=None, sender=Sender.SHOP, shop=DOLLARS, received=RECEIVED):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return understand(raw, type, sender, moment(received), shop, lambda: "made-here")


def hear_batch(*items, sender=Sender.SHOP, **envelope):
    return hear({"batch": list(items), **envelope}, sender=sender)


def track(event="Product Viewed", **fields):
    return {"type": "track", "event": event, "messageId": "m-1", "userId": "ada", **fields}


def arrival(item, sender=Sender.SHOP, **envelope):
    understood = hear_batch(item, sender=sender, **envelope)
    assert understood.refusals == []
    (arrived,) = understood.arrivals
    return arrived


def refusal(item, sender=Sender.SHOP):
    understood = hear_batch(item, sender=sender)
    assert understood.arrivals == []
    (refused,) = understood.refusals
    return refused


def reason(item, sender=Sender.SHOP):
    return refusal(item, sender).reason


def of_size(event, size):
    """The event with as much in its properties as it takes."""
    said = {**event, "properties": {"a": "", **event.get("properties", {})}}
    said["properties"]["a"] = "x" * (size - len(json.dumps(said)))
    return said


def order(shop=DOLLARS, **properties):
    """The order that the shop's server tells of, or why it was refused."""
    understood = hear(track("Order Completed", properties={"order_id": "o-1", **properties}), "track", shop=shop)
    if understood.refusals:
        return understood.refusals[0].reason
    return understood.arrivals[0].deed


def amounts(ordered):
    return [line.amount_minor for line in ordered.lines]


class TestClients:
    """Bodies as three clients of Segment's sent them."""

    def test_the_python_client_sends_a_batch(self):
        body = {
            "batch": [
                {
                    "integrations": {},
                    "anonymousId": None,
                    "properties": {"order_id": "o-1", "revenue": 19.9, "products": [{"product_id": "tea"}]},
                    "timestamp": "2025-06-01T11:58:00.000+00:00",
                    "context": {"library": {"name": "analytics-python", "version": "2.4.0"}},
                    "userId": "ada",
                    "type": "track",
                    "event": "Order Completed",
                    "messageId": "5a1f6c1e-8f0b-4a57-9a3c-0d6b1c0e7f11",
                }
            ],
            "sentAt": "2025-06-01T12:04:00.000000+00:00",
            "writeKey": "sk-1",
        }
        understood = hear(body)
        (arrived,) = understood.arrivals

        assert understood.write_key == write_key_of(json.dumps(body).encode()) == "sk-1"
        assert arrived.message_id == "5a1f6c1e-8f0b-4a57-9a3c-0d6b1c0e7f11"
        assert arrived.id == fact_id("shop", arrived.message_id)
        assert (arrived.source, arrived.user_id, arrived.anonymous_id, arrived.told) == ("shop", "ada", None, ())
        assert arrived.happened_at == moment("2025-06-01T11:59:00Z")
        assert arrived.deed == Ordered("o-1", (Line(1990, 1, {"product_id": "tea", "product": "tea"}),), 1990)

    def test_the_node_client_sends_a_batch(self):
        understood = hear_batch(
            {
                "userId": "ada",
                "traits": {"email": " Ada@Shop.example ", "phone": "+46 70-123 45 67"},
                "type": "identify",
                "context": {"library": {"name": "@segment/analytics-node", "version": "3.1.0"}},
                "timestamp": NOON,
                "messageId": "node-next-1717243200000-a",
                "integrations": {},
                "_metadata": {"nodeVersion": "20.11.0", "jsRuntime": "node"},
            },
            sentAt=RECEIVED,
            writeKey="sk-1",
        )
        (arrived,) = understood.arrivals

        assert arrived.deed == Did("Identified", {})
        assert arrived.told == (("email", "ada@shop.example"), ("phone", "+46701234567"))

    def test_the_browser_sends_one_event_at_a_time(self):
        """As text/plain to /v1/p; the page has a token in its address, and somebody's search led to it."""
        page = {
            "path": "/tea",
            "referrer": "https://www.search.example:8080/?q=ada+lovelace",
            "search": "?token=1",
            "title": "Tea",
            "url": "https://shop.example/tea?token=1#top",
        }
        body = {
            "timestamp": "2025-06-01T11:59:58.000Z",
            "integrations": {},
            "userId": None,
            "anonymousId": "b2f7",
            "type": "page",
            "properties": {**page, "name": "Tea", "category": "Shop"},
            "name": "Tea",
            "category": "Shop",
            "context": {"page": page, "userAgent": "Mozilla/5.0", "locale": "sv-SE"},
            "messageId": "ajs-next-1717243198000-b",
            "writeKey": "pk-1",
            "sentAt": "2025-06-01T12:00:00.000Z",
            "_metadata": {"bundled": ["Segment.io"], "unbundled": []},
        }
        understood = hear(body, "page", Sender.SITE)
        (arrived,) = understood.arrivals

        assert understood.write_key == "pk-1"
        assert (arrived.source, arrived.user_id, arrived.anonymous_id) == ("site", None, "b2f7")
        assert arrived.happened_at == moment("2025-06-01T12:04:58Z")
        assert arrived.deed == Did(
            "Page Viewed",
            {
                "name": "Tea",
                "category": "Shop",
                "path": "/tea",
                "title": "Tea",
                "referrer": "www.search.example",
                "url": "https://shop.example/tea",
            },
        )


class TestTypes:
    def test_the_route_goes_before_what_the_event_says(self):
        (arrived,) = hear({"type": "page", "userId": "ada", "event": "Seen"}, "track").arrivals

        assert arrived.deed == Did("Seen", {})

    @pytest.mark.parametrize("type", [None, "", "Track", "action", 7, []])
    def test_another_type_is_refused(self, type):
        assert reason({**track(), "type": type}) is EventReason.UNKNOWN_TYPE

    def test_a_screen_is_named_and_a_group_joined(self):
        screen = arrival({"type": "screen", "anonymousId": "a", "name": "Home", "properties": {"secret": 1}})

        assert screen.deed == Did("Screen Viewed", {"name": "Home"})
        assert arrival({"type": "group", "userId": "ada", "groupId": 7}).deed == Did("Grouped", {"group": "7"})
        assert reason({"type": "group", "userId": "ada"}) is EventReason.MISSING_GROUP

    def test_the_page_is_taken_from_the_context_where_the_event_does_not_say(self):
        """An item's own context goes before that of its batch."""
        seen = {"type": "page", "anonymousId": "a"}
        of_batch = {"page": {"path": "/batch"}, "traits": {"email": "ada@shop.example"}}

        assert arrival(seen, context=of_batch).deed.properties == {"path": "/batch"}
        assert arrival({**seen, "context": {"page": {"path": "/own?a=1"}}}, context=of_batch).deed.properties == {
            "path": "/own"
        }
        assert arrival(seen, context=of_batch).told == (("email", "ada@shop.example"),)
        assert arrival({**seen, "context": "none"}, context=[]).deed.properties == {}

    def test_an_alias_names_who_it_was(self):
        arrived = arrival({"type": "alias", "userId": "ada", "previousId": "visitor-7"})

        assert (arrived.user_id, arrived.previous_id, arrived.deed) == ("ada", "visitor-7", Did("Aliased", {}))
        assert reason({"type": "alias", "userId": "ada"}) is EventReason.MISSING_PREVIOUS_ID
        assert reason({"type": "alias", "anonymousId": "a", "previousId": "b"}) is EventReason.MISSING_IDENTITY

    @pytest.mark.parametrize("event", [None, "", "  "])
    def test_a_track_event_needs_its_name(self, event):
        assert reason(track(event)) is EventReason.MISSING_EVENT

    @pytest.mark.parametrize("event", [7, ["a"], "a\nb", "x" * 201])
    def test_a_name_is_text(self, event):
        assert reason(track(event)) is EventReason.BAD_EVENT


class TestTrust:
    def test_only_the_shop_tells_of_orders_and_only_of_someone_it_names(self):
        told = track("Order Completed", properties={"order_id": "o-1", "total": 5})
        nameless = {**told, "userId": None, "anonymousId": "a"}

        assert isinstance(arrival(told).deed, Ordered)
        assert arrival(told, Sender.SITE).deed == Did("Order Completed", {"order_id": "o-1", "total": "5"})
        assert isinstance(arrival(nameless).deed, Did)

    def test_only_the_shop_makes_members(self):
        assert arrival(track("Member Joined")).deed == Joined()
        assert arrival(track("Member Joined"), Sender.SITE).deed == Did("Member Joined", {})

    def test_names_are_matched_exactly(self):
        assert arrival(track("order completed")).deed == Did("order completed", {})

    def test_a_browser_vouches_for_no_one(self):
        identify = {"type": "identify", "userId": "ada", "traits": {"email": "ada@shop.example"}}

        assert arrival(identify).told == (("email", "ada@shop.example"),)
        assert arrival(identify, Sender.SITE).told == ()

    def test_the_traits_of_a_group_are_not_those_of_the_person(self):
        group = {"type": "group", "userId": "ada", "groupId": "g", "traits": {"email": "office@firm.example"}}

        assert arrival(group).told == ()

    @pytest.mark.parametrize("email", ["", "ada", "a@b@c", "@b", "a@", "a b@c", "a@" + "b" * 253, 7, None])
    def test_what_is_no_address_is_ignored(self, email):
        assert arrival({"type": "identify", "userId": "ada", "traits": {"email": email}}).told == ()

    @pytest.mark.parametrize(
        "phone", ["0701234567", "+12345", "+1234567890123456", "+46x7012345", "+", "+٤٦٧٠١٢٣٤", 46701234567]
    )
    def test_a_phone_number_has_its_country(self, phone):
        assert arrival({"type": "identify", "userId": "ada", "traits": {"phone": phone}}).told == ()


class TestIdentities:
    @pytest.mark.parametrize(("sent", "kept"), [(" ada ", "ada"), (42, "42"), (42.0, "42"), ("x" * 200, "x" * 200)])
    def test_an_id_is_text_or_a_whole_number(self, sent, kept):
        assert arrival(track(userId=sent)).user_id == kept

    @pytest.mark.parametrize("sent", ["  ", 1.5, True, [], {}, "x" * 201, "a\x00b"])
    def test_what_is_no_id_is_refused_and_never_quoted(self, sent):
        refused = refusal(track(userId=sent))

        assert refused.reason is EventReason.BAD_IDENTITY
        assert "userId" in refused.message

    @pytest.mark.parametrize("nobody", [{"userId": None}, {"userId": ""}, {"userId": None, "anonymousId": None}])
    def test_someone_must_be_named(self, nobody):
        assert reason(track(**nobody)) is EventReason.MISSING_IDENTITY

    @pytest.mark.parametrize("junk", ["null", "undefined", "[object Object]", "GUEST", " 0 ", 0, "test@test.com"])
    def test_a_word_for_no_id_is_left_out_with_a_warning(self, junk):
        understood = hear_batch(track(), track(userId=junk, anonymousId="tablet"))

        assert [(said.user_id, said.anonymous_id) for said in understood.arrivals] == [("ada", None), (None, "tablet")]
        (warning,) = understood.warnings
        assert (warning.position, warning.reason) == (1, EventReason.JUNK_IDENTITY)
        assert (warning.message_id, json.loads(warning.raw)["userId"]) == ("m-1", junk)
        assert understood.refusals == []

    @pytest.mark.parametrize("sent", ["nullable", "guest-7", "00", "x" * 200])
    def test_a_word_that_only_looks_like_it_is_an_id(self, sent):
        understood = hear_batch(track(userId=sent))

        assert ([said.user_id for said in understood.arrivals], understood.warnings) == ([sent], [])

    @pytest.mark.parametrize("junk", [{"userId": "null"}, {"userId": None, "anonymousId": "undefined"}])
    def test_who_is_named_by_such_a_word_alone_is_not_named(self, junk):
        assert reason(track(**junk)) is EventReason.MISSING_IDENTITY

    def test_an_alias_of_nobody_is_none(self):
        alias = {"type": "alias", "userId": "ada", "previousId": "null"}

        assert reason(alias) is EventReason.MISSING_PREVIOUS_ID

    @pytest.mark.parametrize("sender", [Sender.SHOP, Sender.SITE])
    def test_whoever_refuses_analytics_to_a_browser_is_nobody_there(self, sender):
        """What they do has a name and a moment, and nothing of who did it. The shop's server knows what it may say."""
        refusing = {"consent": {"categoryPreferences": {"analytics": False}}}
        event = track(anonymousId="tablet", timestamp=NOON, context=refusing)
        understood = hear_batch(event, sender=sender)

        if sender is Sender.SITE:
            assert (understood.arrivals, understood.impersonal) == ([], [("Product Viewed", moment(NOON))])
        else:
            assert ([said.user_id for said in understood.arrivals], understood.impersonal) == (["ada"], [])
        assert (understood.refusals, understood.warnings) == ([], [])

    @pytest.mark.parametrize(
        "wrong", [{"timestamp": "soon"}, {"event": ""}, {"userId": "null"}, {"properties": {"a": "x" * 40_000}}]
    )
    def test_what_they_say_is_not_set_aside_either(self, wrong):
        refusing = {"consent": {"categoryPreferences": {"analytics": False}}}
        event = track(anonymousId="tablet", context=refusing) | wrong
        of_item, of_batch = (
            hear_batch({**event, "context": own}, sender=Sender.SITE, context=whole)
            for own, whole in ((refusing, {}), ({}, refusing))
        )

        for understood in (of_item, of_batch):
            (said,) = understood.refusals + understood.warnings
            assert (said.position, said.message_id, said.raw) == (0, None, b"")
        assert (hear_batch(event, sender=Sender.SHOP).refusals + hear_batch(event).warnings)[0].raw != b""


class TestMessageIds:
    @pytest.mark.parametrize("sent", ["", " ", "x" * 101, "a\nb", 7, True, []])
    def test_what_is_no_message_id_is_refused(self, sent):
        assert reason(track(messageId=sent)) is EventReason.BAD_MESSAGE_ID

    def test_without_one_the_same_words_at_the_same_time_are_one_event(self):
        first, again, other = (
            arrival(track(messageId=None, timestamp=NOON, properties=properties), sentAt=sent_at)
            for properties, sent_at in [({"a": 1, "b": 2}, NOON), ({"b": 2, "a": 1}, RECEIVED), ({"a": 2}, NOON)]
        )

        assert first.message_id == again.message_id == first.content.hex()
        assert other.id != first.id == again.id

    def test_without_one_two_who_come_under_no_id_are_told_apart_by_what_else_is_told_of_them(self):
        ada, ben, again = (
            arrival(track(messageId=None, userId=None, timestamp=NOON, context={"traits": {"email": email}}))
            for email in ("ada@shop.example", "ben@shop.example", "Ada@shop.example")
        )

        assert ada.id == again.id != ben.id

    def test_without_message_id_and_time_each_is_an_event_of_its_own(self):
        assert arrival(track(messageId=None)).message_id == "made-here"

    def test_the_same_id_from_shop_and_site_is_two_events(self):
        assert arrival(track()).id != arrival(track(), Sender.SITE).id

    def test_a_refused_event_bears_its_message_id(self):
        refused = refusal(track("", userId="ada"))

        assert (refused.position, refused.message_id) == (0, "m-1")
        assert json.loads(refused.raw) == track("")


class TestContent:
    def test_how_an_event_travelled_is_not_what_it_says(self):
        event = track(timestamp=NOON, properties={"a": [1, {"b": 2, "c": 3}]})
        resent = dict(reversed(event.items())) | {
            "properties": {"a": [1, {"c": 3, "b": 2}]},
            "messageId": "m-2",
            "sentAt": RECEIVED,
            "receivedAt": RECEIVED,
            "originalTimestamp": RECEIVED,
            "writeKey": "k",
            "context": {"ip": "::1"},
            "integrations": {"All": True},
            "channel": "server",
            "version": 2,
        }

        assert arrival(event).content == arrival(resent).content

    @pytest.mark.parametrize(
        "change",
        [
            {"type": "page"},
            {"event": "Product Added"},
            {"name": "n"},
            {"category": "c"},
            {"userId": "ben"},
            {"anonymousId": "a"},
            {"groupId": "g"},
            {"previousId": "p"},
            {"timestamp": RECEIVED},
            {"properties": {"a": 2}},
            {"traits": {"a": 1}},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_whatever_is_said_counts(self, change):
        event = track(timestamp=NOON, properties={"a": 1})

        assert len(arrival(event).content) == 16
        assert arrival(event).content != arrival(event | change).content


class TestClock:
    def test_a_clock_that_is_wrong_is_wrong_twice(self):
        """The client is a day behind: it happened a minute before it was sent, so a minute before it came."""
        arrived = arrival(track(timestamp="2025-05-31T12:00:00Z", sentAt="2025-05-31T12:01:00Z"))

        assert arrived.happened_at == moment("2025-06-01T12:04:00Z")

    def test_the_batch_says_when_it_was_sent_for_items_that_do_not(self):
        assert arrival(track(timestamp=NOON), sentAt=NOON).happened_at == moment(RECEIVED)
        sent_later = track(timestamp=NOON, sentAt="2025-06-01T12:01:00Z")
        assert arrival(sent_later, sentAt=NOON).happened_at == moment("2025-06-01T12:04:00Z")

    def test_the_original_timestamp_goes_first(self):
        arrived = arrival(track(timestamp="2025-06-01T10:00:00Z", originalTimestamp=NOON))

        assert arrived.happened_at == moment(NOON)

    @pytest.mark.parametrize("sent_at", ["soon", 7, None, {}])
    def test_a_sent_at_that_is_no_time_is_ignored(self, sent_at):
        assert arrival(track(timestamp=NOON, sentAt=sent_at), sentAt=sent_at).happened_at == moment(NOON)

    @pytest.mark.parametrize(
        ("text", "meant"),
        [
            ("2025-06-01T12:00:00.123456789Z", "2025-06-01T12:00:00.123456Z"),
            ("2025-06-01t10:00:00z", "2025-06-01T10:00:00Z"),
            ("2025-06-01 14:00:00+02:00", NOON),
            ("2025-06-01T12:00:00", NOON),
            ("2025-06-01", "2025-06-01T00:00:00Z"),
        ],
    )
    def test_times_are_rfc_3339_and_utc_where_no_offset_stands(self, text, meant):
        assert arrival(track(timestamp=text)).happened_at == moment(meant)

    @pytest.mark.parametrize(
        "text",
        [
            "yesterday",
            1748779200,
            "1748779200",
            "2025-W22-7",
            "20250601T120000",
            "2025-02-30",
            "1989-12-31T23:59:59Z",
            {},
            True,
            "0001-01-01T00:00:00+23:59",
            "2025-06-01x12:00:00",
            "2025-06-01T12:00:00+25:00",
        ],
        ids=repr,
    )
    def test_what_is_no_time_is_refused(self, text):
        assert reason(track(timestamp=text)) is EventReason.BAD_TIMESTAMP

    @pytest.mark.parametrize("time", [None, "", "2025-06-01T13:00:00Z", "9999-12-31T23:59:59-23:59"])
    def test_nothing_happens_after_it_came(self, time):
        assert arrival(track(timestamp=time)).happened_at == moment(RECEIVED)


class TestOrders:
    def test_an_order_of_two_lines(self):
        ordered = order(
            currency="usd",
            coupon="SPRING",
            affiliation="Riverside",
            products=[
                {"product_id": 7, "sku": "t-7", "category": "Tea", "price": "12.50", "quantity": 2, "position": 1},
                {"product_id": "cup", "price": 3, "gift": True, "image_url": "x", "url": "y", "email": "a@b"},
            ],
        )
        of_order = {"order_coupon": "SPRING", "store": "Riverside"}

        assert ordered.lines == (
            Line(2500, 2, {"product_id": "7", "product": "7", "sku": "t-7", "category": "Tea", **of_order}),
            Line(300, 1, {"product_id": "cup", "product": "cup", "gift": "true", **of_order}),
        )
        assert ordered.amount_minor == 2800

    @pytest.mark.parametrize(
        ("discount", "kept"), [("1.50", "1.50"), (1.5, "1.5"), (0, None), ("0.00", None), ("a lot", None)]
    )
    def test_every_line_bears_what_was_taken_off_the_order(self, discount, kept):
        lines = order(products=[{"price": 3}, {"price": 1}], subtotal=4, discount=discount).lines

        assert [one.properties.get("order_discount") for one in lines] == [kept, kept]

    def test_what_was_taken_off_is_shared_by_the_lines(self):
        """3.00 and 1.00 and 1.00, and 4.00 were paid: 0.60, 0.20 and 0.20 less."""
        products = [{"price": 3}, {"price": 1}, {"price": 1}]

        assert amounts(order(products=products, subtotal=4)) == [240, 80, 80]
        assert amounts(order(products=products, revenue="4.00")) == [240, 80, 80]
        assert amounts(order(products=products, discount=1)) == [240, 80, 80]
        assert amounts(order(products=products, discount=9)) == [0, 0, 0]
        assert amounts(order(products=[{"price": 1}] * 3, discount=1)) == [66, 67, 67]

    def test_the_subtotal_goes_before_the_revenue_and_that_before_the_discount(self):
        products = [{"price": 10}]

        assert amounts(order(products=products, subtotal=7, revenue=8, discount=1)) == [700]
        assert amounts(order(products=products, revenue=8, discount=1)) == [800]

    def test_revenue_above_the_products_is_shipping_or_a_mistake(self):
        assert amounts(order(products=[{"price": 10}], revenue=15)) == [1000]

    def test_products_without_a_price_share_what_the_others_leave(self):
        products = [{"price": 4}, {"quantity": 2}, {"quantity": 1, "price": None}]

        assert amounts(order(products=products, subtotal=10)) == [400, 400, 200]
        assert amounts(order(products=products, subtotal=2)) == [200, 0, 0]
        assert amounts(order(products=products)) == [400, 0, 0]
        assert amounts(order(products=[{}, {}, {}], total=11, tax=1)) == [334, 333, 333]

    def test_without_products_an_order_is_one_line(self):
        assert order(total=12, tax="1.50", shipping=0.5).lines == (Line(1000, 1, {}),)
        assert order(products=[], revenue=10).lines == (Line(1000, 1, {}),)
        assert amounts(order(total=1, shipping=5)) == [0]

    @pytest.mark.parametrize(
        ("price", "minor"),
        [
            (0.1 + 0.2, 30),
            (1.005, 100),
            ("1.015", 102),
            ("1.025", 102),
            ("1e2", 10000),
            (".5", 50),
            (1e-300, 0),
            (-0.0, 0),
        ],
    )
    def test_money_is_rounded_half_even_from_its_shortest_text(self, price, minor):
        assert amounts(order(products=[{"price": price}])) == [minor]

    def test_each_line_is_rounded_after_it_is_multiplied(self):
        assert amounts(order(products=[{"price": 0.333, "quantity": 3}] * 2)) == [100, 100]
        assert amounts(order(shop=YEN, products=[{"price": 1.5, "quantity": 3}])) == [4]

    @pytest.mark.parametrize("quantity", [2, 2.0, "2", " 2.0 "], ids=repr)
    def test_a_quantity_is_a_whole_number(self, quantity):
        assert order(products=[{"price": 1, "quantity": quantity}]).lines[0].quantity == 2

    @pytest.mark.parametrize(
        "products",
        ["tea", {}, [7], [None]]
        + [[{"price": 1, "quantity": bad}] for bad in [0, -1, 1.5, "two", True, [], 10**9, 1e300, "²"]]
        + [
            [{"price": bad}]
            for bad in [-1, "$5", "1,50", True, [], 1e10, 10**400, "1e99", "1e999", "NaN", "1_0", "٣", "0" * 41]
        ],
    )
    def test_a_product_that_is_none_refuses_the_order(self, products):
        assert order(products=products, revenue=5) is EventReason.BAD_PRODUCTS

    def test_which_product_it_was_is_said(self):
        refused = refusal(
            track("Order Completed", properties={"order_id": 1, "products": [{"price": 1}, {"price": "x"}]})
        )

        assert "products[1].price" in refused.message

    @pytest.mark.parametrize(
        "said",
        [
            {},
            {"products": []},
            {"products": [{}]},
            {"discount": 1},
            {"revenue": "free"},
            {"subtotal": -1},
            {"total": True},
            {"products": [{"price": 5}], "discount": -1},
            {"total": 5, "tax": "x"},
            {"products": [{"price": 9_000_000_000}] * 2, "currency": ""},
        ],
    )
    def test_an_order_says_what_it_cost(self, said):
        assert order(**said) is EventReason.BAD_AMOUNT

    @pytest.mark.parametrize("currency", ["EUR", 7, []])
    def test_an_order_in_another_currency_is_refused(self, currency):
        assert order(currency=currency, revenue=5) is EventReason.WRONG_CURRENCY

    def test_an_order_has_an_id(self):
        assert order(order_id=None, orderId=7, revenue=5).order_id == "7"
        no_ids: list[object] = [None, "", " ", 1.5, {}, "x" * 201]
        for order_id in no_ids:
            assert order(order_id=order_id, revenue=5) is EventReason.BAD_ORDER
        assert reason(track("Order Completed", properties=["o-1"])) is EventReason.BAD_ORDER

    def test_what_stands_in_the_contract_is_kept_before_all_else(self):
        product = {"price": 1} | {f"p{number}": number for number in range(40)} | {"product_id": "tea", "sku": "s"}
        properties = order(products=[product], affiliation="Riverside").lines[0].properties

        assert len(properties) == 30
        assert {"product_id": "tea", "product": "tea", "sku": "s", "store": "Riverside"}.items() <= properties.items()

    @given(
        st.integers(0, 10**6),
        st.lists(st.tuples(st.none() | st.integers(0, 10**6), st.integers(1, 9)), min_size=1, max_size=12),
    )
    def test_the_lines_add_up_and_none_is_below_nothing(self, net_minor, products):
        prices, quantities = zip(*products, strict=True)
        goods = sum(price or 0 for price in prices)
        lines = amounts_of(net_minor, prices, quantities)

        assert all(line >= 0 for line in lines)
        assert sum(lines) == (net_minor if None in prices else min(net_minor, goods))
        if net_minor < goods:
            shares = [(price or 0) * net_minor / goods for price in prices]
            assert all(abs(line - share) <= 1 for line, share in zip(lines, shares, strict=True))


class TestProperties:
    def said(self, properties):
        return arrival(track(properties=properties), Sender.SITE).deed.properties

    def test_single_values_become_text(self):
        sent = {
            "a": " x ",
            "b": 5,
            "c": 5.0,
            "d": 0.1,
            "e": True,
            "f": None,
            "g": "",
            "h": [1],
            "i": {"j": 1},
            "k": "1\n2",
        }

        assert self.said(sent) == {"a": "x", "b": "5", "c": "5", "d": "0.1", "e": "true", "k": "1 2"}

    def test_who_someone_is_is_not_kept(self):
        personal = [
            "email",
            "E-Mail",
            "firstName",
            "first_name",
            "LAST_NAME",
            "full_name",
            "birthDate",
            "phone",
            "ip",
            "token",
        ]

        assert self.said(dict.fromkeys([*personal, "colour"], "x")) == {"colour": "x"}

    def test_there_are_bounds(self):
        many = {f"p{number}": "x" for number in range(60)}

        assert list(self.said(many)) == list(many)[:50]
        assert self.said({"x" * 60: "y" * 300, "x" * 61: "y", " ": "y", "a\nb": "y"}) == {"x" * 60: "y" * 200}

    @pytest.mark.parametrize("properties", [None, [], "x", 7])
    def test_what_is_no_object_says_nothing(self, properties):
        assert self.said(properties) == {}

    @pytest.mark.parametrize(
        ("url", "kept"),
        [
            ("https://ada:pw@shop.example/a?b#c", {"url": "https://shop.example/a"}),
            ("http://[::1]:80/x", {"url": "http://[::1]:80/x"}),
            ("/a?b", {"url": "/a"}),
            (7, {}),
        ],
    )
    def test_an_address_is_kept_without_what_people_leave_in_it(self, url, kept):
        assert arrival({"type": "page", "userId": "ada", "properties": {"url": url}}).deed.properties == kept


class TestBatches:
    def test_one_bad_event_never_sinks_its_batch(self):
        """Python writes NaN, a browser half an emoji; a number may be too large, an object nested a thousand deep."""
        good, cut = json.dumps(track()), json.dumps(track(properties={"title": "tea \ud83c", "path": "\\ud83c NaN"}))
        bad = ["7", "null", '{"userId":1e999}', '{"messageId":"m","userId":NaN}', '{"a":' * 600 + "1" + "}" * 600, "{}"]
        understood = hear(f'{{"batch":[{",".join([good, *bad, cut])}]}}'.encode())

        assert [arrived.position for arrived in understood.arrivals] == [0, 7]
        assert understood.arrivals[1].deed.properties == {"title": "tea \ufffd", "path": "\\ud83c NaN"}
        assert [(refused.position, refused.reason) for refused in understood.refusals] == [
            (1, EventReason.NOT_AN_OBJECT),
            (2, EventReason.NOT_AN_OBJECT),
            (3, EventReason.BAD_JSON),
            (4, EventReason.BAD_JSON),
            (5, EventReason.UNKNOWN_TYPE),
            (6, EventReason.UNKNOWN_TYPE),
        ]
        assert understood.refusals[3].message_id == "m"

    def test_what_is_nested_too_deep_is_refused_alone_or_the_body_is(self):
        """Where the limit lies hangs on how deep the caller stands; a body that passes it whole loses only that event."""
        good, answers = json.dumps(track()), set()
        for depth in range(500, 1500):
            deep = json.dumps(track()).removesuffix("}") + ',"properties":' + '{"a":' * depth + "1" + "}" * (depth + 1)
            try:
                understood = hear(f'{{"batch":[{deep},{good}]}}'.encode())
            except BodyError as error:
                answers.add(error.reason)
            else:
                assert understood.arrivals[-1].position == 1
                answers |= {refused.reason for refused in understood.refusals}

        assert answers <= {BodyReason.NOT_JSON, EventReason.BAD_JSON}

    @pytest.mark.parametrize("sender", [Sender.SHOP, Sender.SITE])
    def test_an_event_over_32_kb_is_taken_with_the_first_of_its_properties_and_says_so(self, sender):
        fitting, too_large = of_size(track(), MOST_EVENT_BYTES), of_size(track(), MOST_EVENT_BYTES + 1)

        assert list(arrival(fitting, sender).deed.properties) == ["a"]
        understood = hear_batch(track(), too_large, sender=sender)
        assert [(said.user_id, list(said.deed.properties)) for said in understood.arrivals] == [
            ("ada", []),
            ("ada", ["a", "truncated"]),
        ]
        (warning,) = understood.warnings
        assert (warning.position, warning.reason, warning.message_id) == (1, EventReason.TRUNCATED, "m-1")
        assert (len(warning.raw), understood.refusals) == (MOST_EVENT_BYTES, [])

    def test_however_much_is_said_fifty_properties_and_the_mark_are_kept(self):
        event = track(properties={f"p{number}": "x" * 900 for number in range(500)})
        kept = arrival(event).deed.properties

        assert list(kept) == [*[f"p{number}" for number in range(50)], "truncated"]
        assert {len(value) for name, value in kept.items() if name != "truncated"} == {200}

    def test_what_is_worth_points_is_never_taken_in_part(self):
        """Half the lines of an order would be half its points."""
        bought = track("Order Completed", properties={"order_id": "o-1", "total": 5})

        assert isinstance(arrival(of_size(bought, MOST_EVENT_BYTES)).deed, Ordered)
        for event in (bought, track("Member Joined", properties={})):
            refused = refusal(of_size(event, MOST_EVENT_BYTES + 1))
            assert (refused.reason, refused.message_id, len(refused.raw)) == (
                EventReason.TOO_LARGE,
                "m-1",
                MOST_EVENT_BYTES,
            )
        assert arrival(of_size(bought, MOST_EVENT_BYTES + 1), Sender.SITE).deed.properties["truncated"] == "true"

    def test_what_stands_behind_2_500_events_is_refused(self):
        understood = hear_batch(*[{"type": "identify", "userId": "a"}] * (MOST_EVENTS + 2))

        assert len(understood.arrivals) == MOST_EVENTS
        assert [(refused.position, refused.reason) for refused in understood.refusals] == [
            (2500, EventReason.TOO_MANY_EVENTS),
            (2501, EventReason.TOO_MANY_EVENTS),
        ]

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            (b"", BodyReason.NOT_JSON),
            (b"{", BodyReason.NOT_JSON),
            (b"\xef\xbb\xbf{}", BodyReason.NOT_JSON),
            (b'{"a":' * 5000, BodyReason.NOT_JSON),
            (b'{"batch":["\xff"]}', BodyReason.NOT_UTF8),
            (b"[]", BodyReason.NOT_AN_OBJECT),
            (b"null", BodyReason.NOT_AN_OBJECT),
            (b" " * (MOST_BODY_BYTES + 1), BodyReason.TOO_LARGE),
        ],
    )
    def test_a_body_that_is_none_is_an_error(self, body, reason):
        for type in (None, "track"):
            with pytest.raises(BodyError) as caught:
                hear(body, type)
            assert caught.value.reason is reason

    @pytest.mark.parametrize("body", [{}, {"batch": None}, {"batch": {}}, {"batch": "x"}])
    def test_a_batch_has_a_list_of_events(self, body):
        with pytest.raises(BodyError) as caught:
            hear(body)
        assert caught.value.reason is BodyReason.NO_BATCH

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b"{}", b'{"writeKey":7}', b'{"writeKey":""}', b'{"writeKey":1e999}', b"{" * 9999]
    )
    def test_a_body_without_a_key_has_none(self, body):
        assert write_key_of(body) is None

    def test_every_reason_says_what_it_means(self):
        assert all(reason.means and reason == reason.value for reason in EventReason)


FIELDS = [
    "type",
    "messageId",
    "userId",
    "anonymousId",
    "previousId",
    "groupId",
    "event",
    "name",
    "category",
    "timestamp",
]
FIELDS += ["originalTimestamp", "sentAt", "properties", "traits", "context"]
SAID = [
    "order_id",
    "products",
    "price",
    "quantity",
    "subtotal",
    "revenue",
    "discount",
    "total",
    "tax",
    "currency",
    "coupon",
]
SAID += ["product_id", "email", "phone", "page", "traits", "url", "referrer", "path"]

ZONES: st.SearchStrategy = st.timezones() | st.none()
STAMPS = st.datetimes(max_value=datetime(9999, 1, 1), timezones=ZONES).map(datetime.isoformat)  # noqa: DTZ001
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | STAMPS
    | st.sampled_from(
        ["Order Completed", "Member Joined", "USD", "ada@shop.example", "+46701234567", 10**400, "http://["]
    )
    | st.sampled_from(TYPES)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(SAID) | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=8,
)
EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(TYPES) | VALUES},
    optional=dict.fromkeys(FIELDS[1:], VALUES) | {"properties": st.dictionaries(st.sampled_from(SAID), VALUES)},
)
ORDERS = st.fixed_dictionaries(
    {
        "type": st.just("track"),
        "event": st.just("Order Completed"),
        "userId": st.just("ada"),
        "properties": st.fixed_dictionaries(
            {"order_id": st.just("o-1")},
            optional=dict.fromkeys(
                SAID[4:10], st.integers(0, 10**5) | st.floats(0, 1e5) | st.decimals(0, 999, places=3).map(str)
            )
            | {"currency": st.just("USD")}
            | {
                "products": st.lists(
                    st.fixed_dictionaries(
                        {}, optional={"price": st.integers(0, 999) | st.floats(0, 999), "quantity": st.integers(1, 9)}
                    ),
                    max_size=5,
                )
            },
        ),
    }
)
SENDERS = st.sampled_from(Sender)


def check_answer(body, type, sender, count):
    understood = hear(body, type, sender)
    arrived, refused = ([said.position for said in said] for said in (understood.arrivals, understood.refusals))

    assert arrived == sorted(arrived)
    assert refused == sorted(refused)
    assert len({*arrived, *refused}) == len(arrived + refused) == count - len(understood.impersonal)
    assert {*arrived, *refused} <= set(range(count))
    assert sender is Sender.SITE or understood.impersonal == []
    assert {said.position for said in understood.warnings} <= set(range(count))
    assert all(happened_at <= moment(RECEIVED) for _, happened_at in understood.impersonal)
    for said in understood.arrivals:
        assert said.happened_at <= moment(RECEIVED)
        assert said.user_id or said.anonymous_id or said.told
        assert sender is not Sender.SITE or isinstance(said.deed, Did)
        assert sender is not Sender.SITE or said.user_id is None or said.told == ()
        if isinstance(said.deed, Ordered):
            assert said.deed.amount_minor == sum(amounts(said.deed)) >= min(amounts(said.deed)) >= 0


class TestAnything:
    @given(st.binary() | st.text().map(str.encode), st.none() | st.sampled_from(TYPES), SENDERS)
    def test_any_bytes_get_an_answer(self, body, type, sender):
        write_key_of(body)
        with suppress(BodyError):
            check_answer(body, type, sender, 1)

    @given(
        st.lists(EVENTS | ORDERS | VALUES, max_size=6),
        st.dictionaries(st.sampled_from(["context", "sentAt", "writeKey"]), VALUES),
        SENDERS,
    )
    def test_every_item_of_a_batch_is_an_arrival_or_a_refusal_once(self, items, envelope, sender):
        body = {"batch": items, **envelope}

        check_answer(json.dumps(body).encode(), None, sender, len(items))

    @given(EVENTS | ORDERS, st.sampled_from(TYPES), SENDERS)
    def test_any_single_event_is_an_arrival_or_a_refusal(self, event, type, sender):
        check_answer(json.dumps(event).encode(), type, sender, 1)

    @given(ORDERS)
    def test_orders_add_up(self, event):
        check_answer(json.dumps(event).encode(), "track", Sender.SHOP, 1)

    @given(st.dictionaries(st.text(max_size=3), VALUES, max_size=6), st.timedeltas(timedelta(0), timedelta(days=9)))
    def test_content_does_not_hang_on_the_order_of_keys(self, properties, late):
        there = track(properties=properties)
        back = track(properties=dict(reversed(properties.items())), sentAt=(datetime(2025, 6, 1) + late).isoformat())  # noqa: DTZ001
        first, second = hear(there, "track"), hear(back, "track")

        assert [said.content for said in first.arrivals] == [said.content for said in second.arrivals]
