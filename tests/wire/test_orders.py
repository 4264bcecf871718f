"""Orders from a shop's own file: what is understood, what is refused, and that no order is ever taken by half."""

import csv
import gzip
import io
import json
import pickle
import random
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from regulars.kernel.facts import Behaved, Line, MemberJoined, OrderCompleted
from regulars.wire.history import fact_order
from regulars.wire.orders import OrdersFile
from regulars.wire.orders.columns import COLUMNS, OrdersError, parse_mapping
from regulars.wire.refusals import Refusal, RefusalReason, write_refusals

PAGE = Path(__file__).parents[2] / "docs" / "orders.md"

HEADER = "customer,order,happened_at,amount"
NOON = "2017-03-01T12:00:00Z"
GOOD = f"ada,o-1,{NOON},12.50"


@pytest.fixture
def read(tmp_path):
    """Reads a file of this text (or these bytes) as a program in US dollars would."""

    def read(content, name="orders.csv", properties=(), mapping=None, times_in=None, currency="USD", exponent=2):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        source = OrdersFile(path, mapping or {}, times_in)
        return source.open(currency_exponent=exponent, currency=currency, properties=frozenset(properties))

    return read


def rows(*lines, header=HEADER):
    return "\n".join([header, *lines]) + "\n"


def facts_of(history):
    return dict(history.customers())


def all_facts(history):
    return [fact for facts in facts_of(history).values() for fact in facts]


def only_order(history):
    (fact,) = all_facts(history)
    return fact


def only_refusal(history):
    (refusal,) = history.refusals
    return refusal


def moment(text):
    stamp = datetime.fromisoformat(text)
    return int(stamp.timestamp()) * 1_000_000 + stamp.microsecond


class TestOrders:
    def test_one_row_is_an_order(self, read):
        history = read(rows(GOOD))
        order = only_order(history)

        assert (order.customer, order.order_id, order.source) == ("ada", "o-1", "orders")
        assert order.happened_at == order.recorded_at == moment(NOON)
        assert order.lines == (Line(1250, 1, {}),)
        assert (history.name, history.rows, history.refusals, history.left_out_orders) == ("orders.csv", 1, (), 0)
        assert history.last_happened_at == moment(NOON)

    def test_rows_with_the_same_order_id_make_one_order_wherever_they_stand(self, read):
        """Ada's order o-1 has three lines; Ben's order stands between them."""
        history = read(
            rows(
                f"ada,o-1,{NOON},1.00,1,milk",
                f"ben,o-2,{NOON},5.00,2,tea",
                f"ada,o-1,{NOON},2.00,0,",
                f"ada,o-1,{NOON},-0.25,1,deposit",
                header=HEADER + ",quantity,product",
            ),
            properties={"product"},
        )
        ((order,), (other,)) = facts_of(history).values()

        assert order.lines == (
            Line(100, 1, {"product": "milk"}),
            Line(200, 0, {}),
            Line(-25, 1, {"product": "deposit"}),
        )
        assert order.amount_minor == 275
        assert other.lines == (Line(500, 2, {"product": "tea"}),)

    def test_the_order_of_the_rows_does_not_matter(self, read):
        """A shuffled file has the same orders; within an order, lines stand as the file has them."""
        lines = [
            f"c{order % 7},o{order},2017-03-{1 + order % 28:02}T12:00:00Z,{line}.00"
            for order in range(100)
            for line in range(3)
        ]
        shuffled = random.Random(7).sample(lines, len(lines))

        assert with_lines_sorted(read(rows(*shuffled))) == with_lines_sorted(read(rows(*lines)))

    def test_customers_come_bytewise_and_their_facts_by_time_then_order_id(self, read):
        history = read(
            rows(
                "Zoë,o-9,2017-03-02T00:00:00Z,1",
                "zoe,o-8,2017-03-01T00:00:00Z,1",
                "Zoë,o-10,2017-03-01T00:00:00Z,1",
                "Zoë,o-1,2017-03-02T00:00:00Z,1",
                "10,o-7,2017-03-01T00:00:00Z,1",
                "9,o-6,2017-03-01T00:00:00Z,1",
            )
        )
        facts = facts_of(history)

        assert list(facts) == ["10", "9", "Zoë", "zoe"]
        assert [order.order_id for order in facts["Zoë"]] == ["o-10", "o-1", "o-9"]

    def test_only_the_properties_asked_for_are_kept(self, read):
        text = rows(f"{GOOD},milk,Dairy,Riverside", header=HEADER + ",product,category,store")

        assert only_order(read(text)).lines[0].properties == {}
        assert only_order(read(text, properties={"store", "product"})).lines[0].properties == {
            "product": "milk",
            "store": "Riverside",
        }

    def test_a_property_that_no_row_has_is_named(self, read):
        text = rows(f"{GOOD},milk,", header=HEADER + ",product,category")

        assert read(text, properties={"product", "category", "colour"}).absent_properties == ("category", "colour")

    def test_an_order_keeps_its_id_whatever_else_is_read(self, read):
        before = only_order(read(rows(GOOD)))
        later = facts_of(read(rows(f"ben,o-0,{NOON},1", GOOD, f"ada,o-2,{NOON},3"), name="other.csv"))["ada"][0]

        assert later.id == before.id


class TestWhoAndWhat:
    def test_a_member_joins_and_a_review_is_written(self, read):
        """Rows of other events need neither order nor amount; at one moment Ada joins first and buys last."""
        history = read(
            rows(
                f"{GOOD},,,",
                f"ada,,{NOON},,Product Reviewed,r-1,5",
                f"ada,,{NOON},,Member Joined,,",
                header=HEADER + ",event,id,stars",
            ),
            properties={"stars"},
        )
        joined, reviewed, bought = all_facts(history)

        assert isinstance(joined, MemberJoined)
        assert isinstance(reviewed, Behaved)
        assert isinstance(bought, OrderCompleted)
        assert (reviewed.name, reviewed.properties) == ("Product Reviewed", {"stars": "5"})
        assert history.refusals == ()

    def test_a_file_of_other_events_needs_no_columns_for_orders(self, read):
        history = read(f"event,customer,happened_at\nMember Joined,ada,{NOON}\n")

        assert [fact.name for fact in all_facts(history)] == ["Member Joined"]
        assert history.last_happened_at == moment(NOON)

    def test_the_same_event_told_twice_happened_once(self, read):
        """Two reviews in the same words are one; another id, or another word nobody asked for, makes another."""
        review = f"ada,{NOON},Product Reviewed"
        header = "customer,happened_at,event,id,about"

        assert len(all_facts(read(rows(f"{review},,tea", f"{review},,tea", header=header)))) == 1
        assert len(all_facts(read(rows(f"{review},1,tea", f"{review},1,tea", header=header)))) == 1
        assert len(all_facts(read(rows(f"{review},1,tea", f"{review},2,tea", header=header)))) == 2
        assert len(all_facts(read(rows(f"{review},,tea", f"{review},,milk", header=header)))) == 2

    def test_an_event_and_an_order_with_the_same_id_are_two_things(self, read):
        history = read(rows(f"ada,1,{NOON},1,,", f"ada,,{NOON},,Birthday,1", header=HEADER + ",event,id"))

        assert len({fact.id for fact in all_facts(history)}) == 2


class TestColumns:
    @pytest.mark.parametrize("synonym", [(c.name, s) for c in COLUMNS if c.needed for s in c.synonyms], ids="=".join)
    def test_other_names_are_understood(self, read, synonym):
        name, other = synonym

        assert all_facts(read(rows(GOOD, header=HEADER.replace(name, other)))) == all_facts(read(rows(GOOD)))

    def test_case_blanks_and_hyphens_do_not_count(self, read):
        assert len(all_facts(read(rows(GOOD, header="Customer ID, Order-Number ,Created At,TOTAL")))) == 1

    def test_our_own_name_wins_over_a_synonym(self, read):
        order = only_order(read(rows(f"{GOOD},99", header=HEADER + ",total")))

        assert order.amount_minor == 1250

    def test_the_mapping_wins_over_everything(self, read):
        order = only_order(read(rows(f"{GOOD},99", header=HEADER + ",net"), mapping={"amount": "net"}))

        assert order.amount_minor == 9900

    def test_a_property_can_be_mapped_and_keeps_its_own_name_too(self, read):
        text = rows(f"{GOOD},Dairy", header=HEADER + ",Warengruppe")
        order = only_order(read(text, properties={"category", "Warengruppe"}, mapping={"category": "Warengruppe"}))

        assert order.lines[0].properties == {"category": "Dairy", "Warengruppe": "Dairy"}

    def test_product_and_category_have_synonyms_too(self, read):
        text = rows(f"{GOOD},S-1,Dairy", header=HEADER + ",sku,product_category")
        order = only_order(read(text, properties={"product", "category"}))

        assert order.lines[0].properties == {"product": "S-1", "category": "Dairy"}

    def test_mapping_as_it_is_typed(self):
        assert parse_mapping(["customer=client_no, order = basket no", "amount=net"]) == {
            "customer": "client_no",
            "order": "basket no",
            "amount": "net",
        }

    @pytest.mark.parametrize("text", ["customer", "customer=", "=client_no", "", "a=b,,c=d"])
    def test_a_mapping_that_says_nothing(self, text):
        with pytest.raises(OrdersError, match="customer=client_no"):
            parse_mapping([text])

    def test_a_mapping_that_says_two_things(self):
        with pytest.raises(OrdersError, match=r"`customer` is mapped twice, to “a” and to “b”"):
            parse_mapping(["customer=a", "customer=b"])


class TestFilesThatCannotBeRead:
    @pytest.mark.parametrize("name", ["orders.csv", "orders.jsonl", "orders.parquet"])
    def test_a_missing_column_is_one_error_that_names_the_nearest(self, read, name):
        content = as_format(name, [{"customer": "ada", "order": "1", "happened_at": NOON, "amount_net": "1"}])

        with pytest.raises(
            OrdersError, match=r"no column for `amount`.* Is it “amount_net”\? .*--map amount=amount_net"
        ):
            read(content, name=name)

    def test_a_column_that_is_something_else_already_is_not_offered(self, read):
        with pytest.raises(
            OrdersError, match=r"`happened_at`\. Say which one it is: --map happened_at=COLUMN\. The col"
        ):
            read("Client,Order No,When,Net amount\n", mapping={"customer": "Client", "amount": "Net amount"})

    def test_all_missing_columns_are_named_at_once(self, read):
        with pytest.raises(OrdersError, match=r"`customer`.*`order`.*`happened_at`.*The columns are: x, amount\."):
            read("x,amount\n1,2\n")

    @pytest.mark.parametrize("name", ["orders.csv", "orders.jsonl", "orders.parquet"])
    def test_a_mapping_to_a_column_that_is_not_there(self, read, name):
        content = as_format(name, [{"client_no": "ada", "order": "1", "happened_at": NOON, "amount": "1"}])

        with pytest.raises(OrdersError, match=r"no column “clientno” to be `customer`; the nearest is “client_no”\."):
            read(content, name=name, mapping={"customer": "clientno"})

    def test_two_columns_that_could_both_be_the_amount(self, read):
        with pytest.raises(OrdersError, match=r"Both “total” and “revenue” could be `amount`.*--map amount=total"):
            read(rows(f"{GOOD},9", header="customer,order,happened_at,revenue,total"))

    @pytest.mark.parametrize(
        ("name", "content", "says"),
        [
            ("orders.csv", b"", "is empty"),
            ("orders.jsonl", b"", "is empty"),
            ("orders.csv", "customer,order\n".encode("utf-16"), "UTF-16"),
            ("orders.csv", b"caf\xe9,order\n", "header is not UTF-8"),
            ("orders.csv", b"customer,order,happened_at,amount,store,store\n", "Two columns are called “store”"),
            ("orders.csv", b"customer,order,happened_at,amount\rada,1,2,3\r", "not the header"),
            ("orders.csv.gz", b"customer", "cannot be unpacked"),
            ("orders.csv.gz", gzip.compress(rows(GOOD).encode(), mtime=0)[:30], "cannot be unpacked"),
            ("orders.parquet", b"customer", "not Parquet"),
            ("orders.xlsx", b"", "should end in"),
        ],
    )
    def test_what_is_wrong_is_said(self, read, name, content, says):
        with pytest.raises(OrdersError, match=says):
            read(content, name=name)

    def test_no_such_file(self, tmp_path):
        with pytest.raises(OrdersError, match="cannot be opened: No such file"):
            OrdersFile(tmp_path / "orders.csv").open(currency_exponent=2, currency="USD", properties=frozenset())

    def test_no_such_zone(self, read):
        with pytest.raises(OrdersError, match=r"“Mars/Olympus” is not a time zone"):
            read(rows(GOOD), times_in="Mars/Olympus")


class TestTimes:
    @pytest.mark.parametrize(
        ("text", "utc"),
        [
            ("2017-03-01T12:00:00Z", "2017-03-01T12:00:00+00:00"),
            ("2017-03-01t12:00:00z", "2017-03-01T12:00:00+00:00"),
            ("2017-03-01 12:00:00-05:00", "2017-03-01T17:00:00+00:00"),
            ("2017-03-01 12:00:00 -0500", "2017-03-01T17:00:00+00:00"),
            ("2017-03-01 12:00:00+05:30", "2017-03-01T06:30:00+00:00"),
            ("2017-03-01 12:00:00+00", "2017-03-01T12:00:00+00:00"),
            ("2017-03-01 12:00:00 UTC", "2017-03-01T12:00:00+00:00"),
            ("2017-03-01T12:00Z", "2017-03-01T12:00:00+00:00"),
            ("2017-03-01T12:00:00.5Z", "2017-03-01T12:00:00.500000+00:00"),
            ("2017-03-01T12:00:00.1234569Z", "2017-03-01T12:00:00.123456+00:00"),
            ("1990-01-01T00:00:00Z", "1990-01-01T00:00:00+00:00"),
            ("2100-12-31T23:59:59Z", "2100-12-31T23:59:59+00:00"),
        ],
    )
    def test_a_time_with_its_offset(self, read, text, utc):
        assert only_order(read(rows(f"ada,1,{text},1"))).happened_at == moment(utc)

    @pytest.mark.parametrize(
        ("text", "utc"),
        [
            ("2017-03-01 12:00:00", "2017-03-01T17:00:00+00:00"),
            ("2017-07-01T12:00", "2017-07-01T16:00:00+00:00"),
            ("2017-07-01", "2017-07-01T04:00:00+00:00"),
            ("2017-11-05 01:30:00", "2017-11-05T05:30:00+00:00"),
            ("2017-07-01T12:00:00Z", "2017-07-01T12:00:00+00:00"),
        ],
    )
    def test_a_time_on_the_shops_own_clocks(self, read, text, utc):
        """A bare date is midnight; half past one, when the clocks go back, is the earlier; an offset still counts."""
        assert only_order(read(rows(f"ada,1,{text},1"), times_in="America/New_York")).happened_at == moment(utc)

    def test_a_bare_date_without_a_midnight_is_the_first_moment_of_that_day(self, read):
        """São Paulo put its clocks forward at midnight: 15 October 2017 began at one o'clock."""
        order = only_order(read(rows("ada,1,2017-10-15,1"), times_in="America/Sao_Paulo"))

        assert order.happened_at == moment("2017-10-15T03:00:00+00:00")

    @pytest.mark.parametrize(
        "text",
        [
            "2017-02-29T12:00:00Z",
            "2017-03-01T24:00:00Z",
            "2017-03-01T12:00:60Z",
            "2017-03-01T12:00:00+24:00",
            "2017-03-01T12:00:00+05:75",
            "2017-03-01T12",
            "2017-W09-3",
            "20170301T120000Z",
            "01/03/2017",
            "1488369600",
            "٢٠١٧-03-01T12:00:00Z",
            "1989-12-31T23:59:59Z",
            "2101-01-01T00:00:00Z",
            "0001-01-01T00:00:00+23:00",
            "9999-12-31T23:59:59-23:00",
            "",
        ],
    )
    def test_what_is_no_time(self, read, text):
        assert only_refusal(read(rows(f"ada,1,{text},1"))).reason is RefusalReason.BAD_TIME

    @pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31"])
    def test_a_local_time_out_of_bounds(self, read, text):
        assert only_refusal(read(rows(f"ada,1,{text},1"), times_in="Asia/Tokyo")).reason is RefusalReason.BAD_TIME


class TestAmounts:
    @pytest.mark.parametrize(
        ("text", "exponent", "minor"),
        [
            ("12.50", 2, 1250),
            ("12.5", 2, 1250),
            ("12", 2, 1200),
            ("12.500000", 2, 1250),
            ("-0.05", 2, -5),
            ("+3", 2, 300),
            (".5", 2, 50),
            ("0012.50", 2, 1250),
            ("0", 2, 0),
            ("9999999999.99", 2, 999_999_999_999),
            ("1200", 0, 1200),
            ("1200.00", 0, 1200),
            ("1.234", 3, 1234),
        ],
    )
    def test_decimal_text_is_exact(self, read, text, exponent, minor):
        assert only_order(read(rows(f"ada,1,{NOON},{text}"), exponent=exponent)).amount_minor == minor

    @pytest.mark.parametrize(
        ("text", "hint"),
        [
            ('"1,234.50"', "Write it without: 1234.50."),
            ('"12,50"', "Write a point before the decimals: 12.50."),
            ("$12.50", "without a currency sign"),
            ("1e3", "is not an amount"),
            ("NaN", "is not an amount"),
            ("Infinity", "is not an amount"),
            ("0x10", "is not an amount"),
            ("1_000", "is not an amount"),
            ("12.", "is not an amount"),
            ("-", "is not an amount"),
            (".", "is not an amount"),
            ("١٢", "is not an amount"),
            ("10000000000", "at most 12 digits"),
            ("9" * 5_000, "at most 12 digits"),
            ("", "is missing"),
        ],
    )
    def test_what_is_no_amount(self, read, text, hint):
        refusal = only_refusal(read(rows(f"ada,1,{NOON},{text}")))

        assert refusal.reason is RefusalReason.BAD_AMOUNT
        assert hint in refusal.message

    @pytest.mark.parametrize(
        ("number", "minor"),
        [(12.5, 1250), (0.1 + 0.2, 30), (0.285, 28), (0.295, 30), (-0.285, -28), (1e3, 100_000), (7, 700), (4.35, 435)],
    )
    @pytest.mark.parametrize("name", ["orders.jsonl", "orders.parquet"])
    def test_a_float_is_taken_at_its_shortest_decimals_and_rounded_half_even(self, read, number, minor, name):
        row = {"customer": "ada", "order": "1", "happened_at": NOON, "amount": number}

        assert only_order(read(as_format(name, [row]), name=name)).amount_minor == minor

    @pytest.mark.parametrize("number", [float("nan"), float("inf"), 1e300])
    def test_a_float_that_is_no_amount(self, read, number):
        row = {"customer": "ada", "order": "1", "happened_at": NOON, "amount": number}

        assert only_refusal(read(as_format("o.parquet", [row]), "o.parquet")).reason is RefusalReason.BAD_AMOUNT


REFUSED_IN_CSV = {
    RefusalReason.WRONG_NUMBER_OF_CELLS: b"ada,o-1,12.50",
    RefusalReason.BAD_QUOTES: f'ada,"o-1,{NOON},1'.encode(),
    RefusalReason.BAD_ENCODING: f"Zoë,o-1,{NOON},1".encode("latin-1"),
    RefusalReason.LINE_TOO_LONG: f"ada,o-1,{NOON},{'1' * 1_000_000}".encode(),
    RefusalReason.MISSING_CUSTOMER: f" ,o-1,{NOON},1".encode(),
    RefusalReason.BAD_CUSTOMER: f"a\x07da,o-1,{NOON},1".encode(),
    RefusalReason.MISSING_ORDER: f"ada,,{NOON},1".encode(),
    RefusalReason.BAD_ORDER: f"ada,{'9' * 201},{NOON},1".encode(),
    RefusalReason.BAD_TIME: b"ada,o-1,01/03/2017,1",
    RefusalReason.TIME_WITHOUT_ZONE: b"ada,o-1,2017-03-01 12:00:00,1",
    RefusalReason.BAD_AMOUNT: f"ada,o-1,{NOON},$1".encode(),
    RefusalReason.TOO_MANY_DECIMALS: f"ada,o-1,{NOON},1.005".encode(),
    RefusalReason.ORDER_OF_TWO_CUSTOMERS: f"eve,first,{NOON},1".encode(),
    RefusalReason.ORDER_AT_TWO_TIMES: b"ada,first,2017-03-01T12:00:01Z,1",
}
REFUSED_IN_JSON: dict[RefusalReason, dict[str, object]] = {
    RefusalReason.BAD_JSON: {"amount": float("nan")},
    RefusalReason.BAD_EVENT: {"event": "order_completed"},
    RefusalReason.BAD_ID: {"event": "Birthday", "id": "x" * 201},
    RefusalReason.TIME_SKIPPED: {"happened_at": "2017-03-12 02:30:00"},
    RefusalReason.BAD_QUANTITY: {"quantity": -1},
    RefusalReason.WRONG_CURRENCY: {"currency": "EUR"},
    RefusalReason.BAD_LINES: {"lines": []},
    RefusalReason.BAD_PROPERTY: {"product": ["milk"]},
    RefusalReason.ORDER_TWICE: {"order": "whole", "lines": [{"amount": "1"}]},
    RefusalReason.ID_USED_TWICE: {"event": "Birthday", "id": "first", "note": "again"},
}
A_WAY_OUT = r"(Write|Add|Put|Close|Save|Break|Fill|Take|Correct|Convert|at most|or name)"


class TestRefusals:
    @pytest.mark.parametrize("reason", REFUSED_IN_CSV)
    def test_a_bad_row_of_csv_is_refused_and_its_neighbours_are_not(self, read, reason):
        first, last = f"ada,first,{NOON},1".encode(), f"ada,last,{NOON},1".encode()
        history = read(b"\n".join([HEADER.encode(), first, REFUSED_IN_CSV[reason], last]))

        assert (only_refusal(history).reason, only_refusal(history).line) == (reason, 3)
        assert re.search(A_WAY_OUT, only_refusal(history).message)
        assert len(only_refusal(history).value) <= 80
        assert "last" in {order.order_id for order in all_facts(history)}

    @pytest.mark.parametrize("reason", REFUSED_IN_JSON)
    def test_a_bad_line_of_json_is_refused_and_its_neighbours_are_not(self, read, reason):
        row = {"customer": "ada", "order": "o-1", "happened_at": NOON, "amount": "1"}
        lines = [
            {"customer": "ada", "order": "whole", "happened_at": NOON, "lines": [{"amount": "1"}]},
            {"customer": "ada", "event": "Birthday", "id": "first", "happened_at": NOON},
            row | REFUSED_IN_JSON[reason],
            row | {"order": "last"},
        ]
        content = "\n".join(map(json.dumps, lines))
        history = read(content, "orders.jsonl", properties={"product"}, times_in="America/New_York")

        assert (only_refusal(history).reason, only_refusal(history).line) == (reason, 3)
        assert re.search(A_WAY_OUT, only_refusal(history).message)
        assert [fact.name for fact in all_facts(history) if getattr(fact, "order_id", "last") == "last"] == [
            "Birthday",
            "Order Completed",
        ]

    def test_every_reason_is_told_above(self):
        assert REFUSED_IN_CSV.keys() | REFUSED_IN_JSON.keys() == set(RefusalReason)

    def test_twelve_bad_rows_give_twelve_refusals(self, read):
        """Between them Ben's order o-2 goes on; all twelve lines of it are taken."""
        bad = [row for row in REFUSED_IN_CSV.values() if b"first" not in row]
        fine = f"ben,o-2,{NOON},1".encode()

        history = read(b"\n".join([HEADER.encode(), *(line for row in bad for line in (fine, row))]))

        assert [refusal.line for refusal in history.refusals] == list(range(3, 27, 2))
        assert [line.amount_minor for line in facts_of(history)["ben"][0].lines] == [100] * 12

    def test_a_refusal_names_the_files_own_column_and_what_stood_there(self, read):
        refusal = only_refusal(read(rows(f"ada,o-1,{NOON},12 dollars", header="client_id,order_no,date,total")))

        assert refusal == Refusal(
            line=2,
            column="total",
            value="12 dollars",
            reason=RefusalReason.BAD_AMOUNT,
            message="“12 dollars” is not an amount. Write digits and a point only, without a currency sign: 12.50.",
        )

    def test_an_order_is_never_taken_by_half(self, read):
        """One line of o-1 is bad, so o-1 is left out whole: its good lines stand before and behind. It is one refusal."""
        history = read(rows(GOOD, f"ada,o-1,{NOON},?", f"ben,o-2,{NOON},1", f"ada,o-1,{NOON},7"))

        assert [order.order_id for order in all_facts(history)] == ["o-2"]
        assert (len(history.refusals), history.left_out_orders, history.rows) == (1, 1, 4)

    @pytest.mark.parametrize(
        "bad",
        [
            f"ada,o-1,{NOON},1,234.50",
            f"Lovelace, Ada,o-1,{NOON},1",
            "o-1,12.50",
            f'ada,o-1,{NOON},"1',
            f"ada,o-1,{NOON},1".encode().replace(b"ada", b"ad\xe9"),
        ],
    )
    def test_a_row_whose_cells_have_slipped_takes_its_order_along(self, read, bad):
        bad = bad if isinstance(bad, bytes) else bad.encode()
        history = read(rows(GOOD, f"ben,o-2,{NOON},1").encode() + bad + b"\n")

        assert [order.order_id for order in all_facts(history)] == ["o-2"]
        assert history.left_out_orders == 1

    def test_a_line_that_is_too_long_takes_its_order_along(self, read):
        history = read(rows(GOOD, f"ada,o-1,{NOON},{'1' * 1_000_000}", f"ben,o-2,{NOON},1"))

        assert [order.order_id for order in all_facts(history)] == ["o-2"]

    def test_a_review_that_is_refused_does_not_take_the_order_along(self, read):
        history = read(rows(f"{GOOD},", "ada,o-1,soon,,Product Reviewed", header=HEADER + ",event"))

        assert only_refusal(history).value == "soon"
        assert [order.order_id for order in all_facts(history)] == ["o-1"]
        assert history.left_out_orders == 0

    def test_an_order_of_two_customers_is_neithers(self, read):
        history = read(rows(GOOD, f"ben,o-1,{NOON},1", f"ben,o-2,{NOON},1"))

        assert only_refusal(history).column == "customer"
        assert list(facts_of(history)) == ["ben"]
        assert [order.order_id for order in all_facts(history)] == ["o-2"]

    def test_a_cell_may_hold_line_breaks_and_lines_are_still_counted_as_an_editor_does(self, read):
        text = rows(f'{GOOD},"a\nb\r\nc"', f"ada,o-2,{NOON},?,x", header=HEADER + ",note")
        history = read(text, properties={"note"})

        assert only_order(history).lines[0].properties == {"note": "a\nb\r\nc"}
        assert only_refusal(history).line == 5

    def test_a_cell_over_several_lines_is_not_utf8_if_one_of_them_is_not(self, read):
        text = rows(f'{GOOD},"a\nZoë"', f"ben,o-2,{NOON},1,x", header=HEADER + ",note")
        history = read(text.encode("latin-1"))

        assert (only_refusal(history).reason, only_refusal(history).line) == (RefusalReason.BAD_ENCODING, 2)
        assert (only_order(history).order_id, history.left_out_orders) == ("o-2", 1)

    def test_a_quote_that_is_never_closed_swallows_no_other_row(self, read):
        history = read(rows(f'ada,"o-1,{NOON},1', *(f"ada,o-{number},{NOON},1" for number in range(2, 3_000))))

        assert len(all_facts(history)) == 2_998
        assert only_refusal(history).line == 2

    def test_inches_in_a_name_are_no_quotes(self, read):
        order = only_order(read(rows(f'{GOOD},2" pipe', header=HEADER + ",product"), properties={"product"}))

        assert order.lines[0].properties == {"product": '2" pipe'}

    def test_one_refusal_for_an_order_that_holds_two_bad_lines(self, read):
        order = {"customer": "ada", "order": "1", "happened_at": NOON, "lines": [{"amount": "?"}, {"amount": "!"}]}

        refusal = only_refusal(read(json.dumps(order) + "\n", "orders.jsonl"))

        assert (refusal.line, refusal.column, refusal.value) == (1, "lines.amount", "?")

    def test_the_list_of_refusals_is_csv_and_no_formula(self):
        refusals = [
            Refusal(2, "total", "=1+1", RefusalReason.BAD_AMOUNT, "“=1+1” is not an amount."),
            Refusal(3, "+note", "@me", RefusalReason.BAD_AMOUNT, "Why."),
            Refusal(4, "total", "-1.005", RefusalReason.TOO_MANY_DECIMALS, 'With a "quote", and a comma.'),
        ]
        stream = io.StringIO()
        write_refusals(refusals, stream)

        assert list(csv.reader(io.StringIO(stream.getvalue()))) == [
            ["line", "column", "value", "reason", "message"],
            ["2", "total", "'=1+1", "bad_amount", "“=1+1” is not an amount."],
            ["3", "'+note", "'@me", "bad_amount", "Why."],
            ["4", "total", "-1.005", "too_many_decimals", 'With a "quote", and a comma.'],
        ]


class TestFormats:
    SOLD = (
        ("zoë", "o-3", "2017-03-01T12:00:00Z", "12.50", 1, "milk, fresh", None),
        ("ben", "o-2", "2017-03-02T12:00:00.25Z", "-0.10", 2, 'a "quoted" tea', "Hot"),
        ("zoë", "o-3", "2017-03-01T12:00:00Z", "3.00", 0, None, "Cold"),
        ("007", "0815", "2017-12-31T23:59:59Z", "0.00", 1, "x", "y"),
    )
    NAMES = ("customer", "order", "happened_at", "amount", "quantity", "product", "category")

    @pytest.mark.parametrize(
        "name",
        ["a.csv", "b.csv.gz", "bom.csv", "semicolon.csv", "tab.tsv", "crlf.csv", "c.jsonl", "c.ndjson", "d.parquet"],
    )
    def test_the_same_orders_are_the_same_facts(self, read, name):
        sold = [dict(zip(self.NAMES, row, strict=True)) for row in self.SOLD]
        plain = read(as_format("plain.csv", sold), properties={"product", "category"})

        assert all_facts(read(as_format(name, sold), name, {"product", "category"})) == all_facts(plain)
        assert len(all_facts(plain)) == 3

    def test_an_order_may_hold_its_lines(self, read):
        """The order's own store is every line's; its total is not, and a line's own word wins."""
        order = {
            "customer": "ada",
            "order_id": 17,
            "created_at": NOON,
            "total": 15.5,
            "store": "Riverside",
            "lines": [
                {"amount": "12.50", "sku": "milk", "qty": 2, "id": "l-1"},
                {"amount": 3, "sku": "tea", "store": "Online"},
            ],
        }
        history = read(json.dumps(order) + "\n", "orders.jsonl", {"product", "store"})

        assert only_order(history).order_id == "17"
        assert only_order(history).lines == (
            Line(1250, 2, {"product": "milk", "store": "Riverside"}),
            Line(300, 1, {"product": "tea", "store": "Online"}),
        )
        assert history.rows == 1

    def test_a_line_without_an_amount_does_not_take_the_orders(self, read):
        order = {"customer": "ada", "order": "1", "happened_at": NOON, "amount": "50", "lines": [{"sku": "milk"}]}
        fine = order | {"order": "2", "lines": [{"amount": "1"}]}
        history = read(json.dumps(order) + "\n" + json.dumps(fine) + "\n", "orders.jsonl")

        assert only_refusal(history).reason is RefusalReason.BAD_AMOUNT
        assert only_order(history).amount_minor == 100

    def test_parquet_columns_of_their_own_kinds(self, read):
        """Timestamps with a zone, whole numbers as ids, decimals as money: as a warehouse exports them."""
        table = pa.table(
            {
                "customer_id": pa.array([7, 7], pa.int64()),
                "order_id": pa.array([31198570044.0, 2.0], pa.float64()),
                "created_at": pa.array([datetime(2017, 3, 1, 12, tzinfo=UTC)] * 2, pa.timestamp("ns", "Asia/Tokyo")),
                "value": pa.array([Decimal("12.50"), Decimal("-1.25")], pa.decimal128(10, 2)),
                "quantity": pa.array([1, None], pa.int8()),
                "sku": pa.array(["milk", "tea"]).dictionary_encode(),
            }
        )
        history = read(parquet_bytes(table), "orders.parquet", {"product"})

        assert [(order.order_id, order.amount_minor) for order in all_facts(history)] == [
            ("2", -125),
            ("31198570044", 1250),
        ]
        assert all_facts(history)[0].happened_at == moment(NOON)
        assert all_facts(history)[0].lines[0].properties == {"product": "tea"}

    @pytest.mark.parametrize(
        ("column", "utc"),
        [
            (pa.array([datetime(2017, 3, 1, 12)], pa.timestamp("us")), "2017-03-01T17:00:00+00:00"),  # noqa: DTZ001
            (pa.array([datetime(2017, 3, 1).date()], pa.date32()), "2017-03-01T05:00:00+00:00"),  # noqa: DTZ001
        ],
    )
    def test_parquet_times_without_a_zone(self, read, column, utc):
        table = pa.table({"customer": ["ada"], "order": ["1"], "happened_at": column, "amount": [1]})

        assert only_refusal(read(parquet_bytes(table), "o.parquet")).reason is RefusalReason.TIME_WITHOUT_ZONE
        assert only_order(read(parquet_bytes(table), "o.parquet", times_in="America/New_York")).happened_at == moment(
            utc
        )

    def test_a_parquet_time_beyond_every_calendar_is_one_bad_row(self, read):
        times = pa.array([2**62, 1_488_369_600_000_000], pa.int64()).cast(pa.timestamp("us", "UTC"))
        table = pa.table({"customer": ["ada"] * 2, "order": ["1", "2"], "happened_at": times, "amount": [1, 1]})
        history = read(parquet_bytes(table), "o.parquet")

        assert (only_refusal(history).line, only_refusal(history).reason) == (1, RefusalReason.BAD_TIME)
        assert only_order(history).order_id == "2"

    def test_rows_with_nothing_in_them_are_no_rows(self, read):
        history = read(rows("", GOOD, "   ", ",,,", ""))

        assert (history.rows, history.refusals) == (1, ())

    def test_a_header_alone_is_a_shop_without_orders(self, read):
        history = read(rows())

        assert (all_facts(history), history.rows, history.last_happened_at) == ([], 0, None)


class TestHandingOver:
    def test_the_parts_share_the_customers_out(self, read):
        history = read(rows(*(f"c{number},o{number},{NOON},1" for number in range(25))))
        parts = [dict(history.customers(part, 4)) for part in range(4)]

        assert sum(map(len, parts)) == 25
        assert {customer: facts for part in parts for customer, facts in part.items()} == facts_of(history)

    def test_one_customer_or_none(self, read):
        history = read(rows(GOOD, f"ben,o-2,{NOON},1"))

        assert [customer for customer, _ in history.customers(only="ben")] == ["ben"]
        assert list(history.customers(only="eve")) == []
        assert [len(list(history.customers(part, 2, only="ben"))) for part in range(2)] == [0, 1]

    def test_the_source_goes_to_another_process(self):
        source = OrdersFile(Path("orders.csv"), {"customer": "client_no"}, "Europe/Berlin")

        assert pickle.loads(pickle.dumps(source)) == source


# --- laws ----------------------------------------------------------------------------------------------------------

names = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=12).filter(
    lambda text: text.strip() == text and text
)
orders = st.dictionaries(
    names,
    st.tuples(
        names,
        st.datetimes(datetime(1990, 1, 2), datetime(2100, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
        st.lists(
            st.tuples(st.integers(-(10**12) + 1, 10**12 - 1), st.integers(0, 999), st.one_of(st.just(""), names)),
            min_size=1,
            max_size=4,
        ),
    ),
    max_size=8,
)


@given(orders, st.sampled_from(",;\t"), st.booleans())
def test_valid_orders_come_back_from_csv_as_they_went(tmp_path_factory, orders, delimiter, quoted):
    """Whatever a shop calls its customers and products, whatever was paid: what was written is what is read."""
    path = tmp_path_factory.mktemp("laws") / "orders.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
        writer.writerow(("customer", "order", "happened_at", "amount", "quantity", "product"))
        for order, (customer, at, lines) in orders.items():
            for minor, quantity, product in lines:
                writer.writerow((customer, order, at.isoformat(), Decimal(minor).scaleb(-2), quantity, product))

    history = OrdersFile(path).open(currency_exponent=2, currency="USD", properties=frozenset({"product"}))
    facts = all_facts(history)

    assert history.refusals == ()
    assert facts == sorted(facts, key=lambda fact: (fact.customer.encode(), fact_order(fact)))
    assert {fact.order_id: (fact.customer, fact.happened_at, fact.lines) for fact in facts} == {
        order: (
            customer,
            moment(at.isoformat()),
            tuple(Line(minor, quantity, {"product": product} if product else {}) for minor, quantity, product in lines),
        )
        for order, (customer, at, lines) in orders.items()
    }


@given(st.lists(st.binary(max_size=40), max_size=12), st.sampled_from(["orders.csv", "orders.jsonl"]))
def test_no_bytes_whatever_bring_the_reader_down(tmp_path_factory, lines, name):
    """Every row that is not blank is either an order line or exactly one refusal."""
    path = tmp_path_factory.mktemp("laws") / name
    good = as_format(name, [dict(zip(HEADER.split(","), GOOD.split(","), strict=True))])
    path.write_bytes(good + b"\n".join(lines))

    history = OrdersFile(path).open(currency_exponent=2, currency="USD", properties=frozenset())
    refused_lines = [refusal.line for refusal in history.refusals]

    assert refused_lines == sorted(set(refused_lines))
    assert history.rows == len(refused_lines) + 1


# --- the page ------------------------------------------------------------------------------------------------------


def test_the_page_has_the_columns_as_they_are():
    expected = [
        [f"`{c.name}`", "yes" if c.needed else "", c.holds, ", ".join(f"`{synonym}`" for synonym in c.synonyms)]
        for c in COLUMNS
    ]

    assert table_under("Columns") == expected


def test_the_page_has_the_reasons_as_they_are():
    assert table_under("Refusals") == [
        [f"`{reason}`", f"`{reason.column}`" if reason.column else "", reason.means] for reason in RefusalReason
    ]


def test_the_example_on_the_page_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    page = PAGE.read_text(encoding="utf-8")
    (example,) = re.findall(r"```csv\n(.*?)```", page, flags=re.DOTALL)
    (program,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    (printed,) = re.findall(r"```text\n(.*?)```", page, flags=re.DOTALL)
    Path("orders.csv").write_text(example, encoding="utf-8")

    exec(compile(program, str(PAGE), "exec"), {})

    assert capsys.readouterr().out == printed


def table_under(heading):
    section = PAGE.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


# --- helpers -------------------------------------------------------------------------------------------------------


def with_lines_sorted(history):
    return [
        (fact.id, fact.customer, fact.happened_at, sorted(line.amount_minor for line in fact.lines))
        for fact in all_facts(history)
    ]


def as_format(name, records):
    """The same records as the file name says."""
    if name.endswith(".parquet"):
        return parquet_bytes(pa.Table.from_pylist(records))
    if name.endswith((".jsonl", ".ndjson")):
        return "".join(json.dumps(record) + "\n" for record in records).encode()
    delimiter = {"semicolon.csv": ";", "tab.tsv": "\t"}.get(name, ",")
    stream = io.StringIO()
    end = "\r\n" if name == "crlf.csv" else "\n"
    writer = csv.DictWriter(stream, list(records[0]), delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    writer.writerows(records)
    content = stream.getvalue().encode("utf-8-sig" if name == "bom.csv" else "utf-8")
    return gzip.compress(content, mtime=0) if name.endswith(".gz") else content


def parquet_bytes(table):
    stream = io.BytesIO()
    parquet.write_table(table, stream)
    return stream.getvalue()
