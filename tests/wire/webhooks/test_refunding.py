"""What went back of which line, by the refunds of either platform."""

import json
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from regulars.kernel.facts import Line
from regulars.wire.webhooks import with_refunds
from regulars.wire.webhooks.refunding import Refunds
from tests.wire.webhooks.payloads import arrived, payload, shopify, woocommerce

BEANS, MUG = Line(6_000, 2, {}), Line(3_000, 1, {})
PARTLY_AT_WOOCOMMERCE = payload("woocommerce", "order_updated_partly_refunded")


def of_beans(quantity, total, tax, **changes):
    """One line of a refund, as WooCommerce writes it."""
    meta = [{"id": 9, "key": "_refunded_item_id", "value": "315"}]
    return {"id": 400, "quantity": -quantity, "total": total, "total_tax": tax, "meta_data": meta} | changes


def by_lines(*refunds):
    return arrived(woocommerce("order.updated", PARTLY_AT_WOOCOMMERCE | {"refunds": list(refunds)})).deed


class TestRefunds:
    def test_goods_take_their_own_lines_money(self):
        refunds = Refunds([BEANS, MUG])
        refunds.take({0: Fraction(3_000)}, {0: 1})
        assert refunds.back() == [(3_000, 1), (0, 0)]

    def test_money_without_goods_goes_off_all_that_is_left(self):
        refunds = Refunds([BEANS, MUG])
        refunds.take({0: Fraction(6_000)}, {0: 2})
        refunds.take_money(Fraction(1_000))
        assert refunds.back() == [(6_000, 2), (1_000, 0)]

    def test_what_was_kept_of_the_goods_worth_stays_with_them(self):
        refunds = Refunds([BEANS, MUG])
        refunds.take({1: Fraction(3_000)}, {1: 1}, Fraction(-500))
        assert refunds.back() == [(0, 0), (2_500, 1)]

    @given(
        st.lists(st.builds(Line, st.integers(0, 9_999), st.integers(1, 9), st.just({})), min_size=1, max_size=5),
        st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9), st.integers(-9_999, 9_999)), max_size=6),
    )
    def test_no_line_ever_gives_more_than_it_cost(self, lines, takings):
        refunds = Refunds(lines)
        for place, count, beside in takings:
            place %= len(lines)
            share = Fraction(lines[place].amount_minor * count, lines[place].quantity)
            refunds.take({place: share}, {place: count}, Fraction(beside))
            for line, (minor, quantity) in zip(lines, refunds.back(), strict=True):
                assert 0 <= minor <= line.amount_minor
                assert 0 <= quantity <= line.quantity


class TestShopify:
    def test_a_refund_is_told_of_the_lines_that_went_back(self):
        """One of two bags of 53.99, with the shipping."""
        told = arrived(shopify("orders/updated", payload("shopify", "orders_updated_partly_refunded"))).deed
        assert (told.back, told.refunded_minor) == (((5_399, 1), (0, 0)), 5_399)

    def test_a_line_of_which_only_the_money_is_said(self):
        said = payload("shopify", "orders_updated_partly_refunded")
        said["refunds"][0]["refund_line_items"] = [
            {"line_item_id": said["line_items"][1]["id"], "quantity": 0, "subtotal": "4.00"}
        ]
        assert arrived(shopify("orders/updated", said)).deed.back == ((0, 0), (400, 0))

    def test_of_a_wholly_refunded_order_everything_went_back(self):
        told = arrived(shopify("orders/updated", payload("shopify", "orders_updated_refunded"))).deed
        assert told.back == tuple([(line.amount_minor, line.quantity) for line in told.lines])


class TestWooCommerce:
    def test_the_sum_of_an_orders_refunds_is_shared_out(self):
        told = arrived(woocommerce("order.updated", PARTLY_AT_WOOCOMMERCE)).deed
        assert (told.back, told.refunded_minor) == (((2_000, 0), (1_000, 0)), 3_000)

    def test_a_refund_that_is_told_by_lines_is_of_those_lines(self):
        told = by_lines({"id": 1, "amount": "35.70", "line_items": [of_beans(1, "-30.00", "-5.70")]})
        assert (told.back, told.refunded_minor) == (((3_000, 1), (0, 0)), 3_000)

    def test_shipping_and_fees_that_went_back_too_are_no_goods(self):
        shipping = {"id": 401, "total": "-10.00", "total_tax": "-1.90"}
        told = by_lines(
            {
                "id": 1,
                "amount": "47.60",
                "line_items": [of_beans(1, "-30.00", "-5.70")],
                "shipping_lines": [shipping],
            }
        )
        assert told.back == ((3_000, 1), (0, 0))

    def test_money_without_goods_goes_off_all_lines(self):
        """35.70 of 107.10 is a third."""
        assert by_lines({"id": 1, "amount": "35.70", "line_items": []}).back == ((2_000, 0), (1_000, 0))

    def test_what_says_more_of_one_moment_counts_as_newer_and_is_another_message(self):
        by_sum = arrived(woocommerce("order.updated", PARTLY_AT_WOOCOMMERCE))
        refund = {"id": 1, "amount": "35.70", "line_items": [of_beans(1, "-30.00", "-5.70")]}
        itemised = arrived(woocommerce("order.updated", PARTLY_AT_WOOCOMMERCE | {"refunds": [refund]}))
        assert itemised.deed.updated_at == by_sum.deed.updated_at + 1
        assert itemised.id != by_sum.id

    def test_refunds_are_put_into_the_orders_of_a_page(self):
        refunds = {1: b'[{"id": 9}, {"id": 8}]', 2: b"nothing that can be read", 3: None}
        page = [{"id": id, "refunds": [{"id": 9}, {"id": 8}]} for id in (1, 2, 3)] + [{"id": 4, "refunds": []}]
        asked = []

        def refunds_of(id):
            asked.append(id)
            return refunds[id]

        found = json.loads(with_refunds(json.dumps(page).encode(), refunds_of))
        assert found == page
        assert asked == [1, 2, 3]
        told = json.loads(
            with_refunds(b'[{"id": 1, "refunds": [{"id": 9}]}]', lambda _: b'[{"id": 9, "amount": "1.00"}]')
        )
        assert told == [{"id": 1, "refunds": [{"id": 9, "amount": "1.00"}]}]

    def test_a_page_that_cannot_be_read_stays_as_it_is(self):
        for body in (b"[", b"{}", b'["\xff"]'):
            assert with_refunds(body, lambda _: None) == body
