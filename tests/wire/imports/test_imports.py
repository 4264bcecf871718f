"""Files of people: which column is what, what a row says, what is refused, and that nothing of a person stands in a refusal."""

import gzip
import io
import json
import re
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from regulars.kernel.facts import BALANCE_BROUGHT_OVER
from regulars.kernel.program import USUAL_KINDS, IdentityKind
from regulars.wire.events import Arrival, ConsentSaid, Did, Joined
from regulars.wire.imports import (
    BroughtOver,
    ImportFile,
    ImportReason,
    ImportsError,
    Kind,
    Refusal,
    Taken,
    read_rows,
)
from regulars.wire.imports.columns import OF_KIND, asked_of
from regulars.wire.imports.preview import preview
from regulars.wire.imports.refusals import begin, written
from regulars.wire.orders.columns import OrdersError
from tests.shop import at

NOW = at("2026-03-01 12:00")
PAGE = (Path(__file__).parents[3] / "docs/import.md").read_text(encoding="utf-8")


def file(folder: Path, kind: Kind, text: str | bytes, name: str = "rows.csv", **more: Any) -> ImportFile:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return ImportFile(path, kind, **more)


def told(given: ImportFile) -> list[Arrival]:
    """All rows, none of which is refused."""
    rows = list(read_rows(given, NOW))
    assert [row for row in rows if isinstance(row, Refusal)] == []
    return [one for row in rows if isinstance(row, Taken) for one in row.arrivals]


def refused(given: ImportFile, **more: Any) -> list[tuple[int, str, str]]:
    return [
        (row.line, row.column, row.reason.value) for row in read_rows(given, NOW, **more) if isinstance(row, Refusal)
    ]


class TestCustomers:
    def test_a_row_is_who_somebody_is_and_what_is_known_of_them(self, tmp_path: Path) -> None:
        text = (
            "Customer ID,E-mail,phone,card,First name,city,zip,birthday,registered_at,lang,Shoe size\n"
            "ada,Ada@Example.com,+46 70 123 45 67,1234-5678,Ada,Lund,22222,1990-05-01,2017-03-01T12:00:00Z,sv,39\n"
        )
        [one] = told(file(tmp_path, Kind.CUSTOMERS, text))
        assert one.user_id == "ada"
        assert one.told == (("email", "ada@example.com"), ("phone", "+46701234567"), ("card", "12345678"))
        assert one.traits == {
            "first_name": "Ada",
            "city": "Lund",
            "postal_code": "22222",
            "birthday": "1990-05-01",
            "language": "sv",
            "shoe_size": "39",
            "created_at": "2017-03-01T12:00:00Z",
        }
        assert (one.happened_at, one.source, one.deed) == (
            at("2017-03-01 07:00"),
            "import:customers",
            Did(
                "Identified",
                {"told": "birthday city created_at first_name language postal_code shoe_size", "born_on": "05-01"},
            ),
        )

    def test_what_was_changed_later_is_said_later_and_who_it_is_only_once(self, tmp_path: Path) -> None:
        text = "user_id,city,created_at,updated_at\nada,{},2017-03-01T12:00:00Z,{}\n"
        before = told(file(tmp_path, Kind.CUSTOMERS, text.format("Lund", "2018-03-01T12:00:00Z")))
        after = told(file(tmp_path, Kind.CUSTOMERS, text.format("Malmö", "2019-03-01T12:00:00Z")))
        assert [(one.traits.get("city"), one.happened_at) for one in before] == [
            (None, at("2017-03-01 07:00")),
            ("Lund", at("2018-03-01 07:00")),
        ]
        assert before[0].id == after[0].id
        assert before[1].id != after[1].id

    def test_an_identity_that_identifies_nobody_is_left_out_and_named(self, tmp_path: Path) -> None:
        text = "user_id,email,phone\nada,not-an-address,070-123\n"
        [row] = list(read_rows(file(tmp_path, Kind.CUSTOMERS, text), NOW))
        assert isinstance(row, Taken)
        assert (row.left_out, row.arrivals[0].told) == (("email", "phone"), ())

    def test_kinds_that_a_program_declares_are_columns(self, tmp_path: Path) -> None:
        kinds = (IdentityKind("plate", "upper"), *USUAL_KINDS)
        [one] = told(file(tmp_path, Kind.CUSTOMERS, "plate,city\nabc 123,Lund\n", identities=kinds))
        assert (one.user_id, one.told, one.traits) == (None, (("plate", "ABC 123"),), {"city": "Lund"})

    def test_json_may_hold_an_address_and_traits(self, tmp_path: Path) -> None:
        row = {"id": 7, "address": {"city": "Lund", "postalCode": "22222"}, "traits": {"shoeSize": 39, "password": "x"}}
        [one] = told(file(tmp_path, Kind.CUSTOMERS, json.dumps(row), "rows.jsonl"))
        assert (one.user_id, one.traits) == ("7", {"city": "Lund", "postal_code": "22222", "shoe_size": "39"})


class TestOtherKinds:
    def test_a_consent_is_imported_with_its_proof(self, tmp_path: Path) -> None:
        text = (
            "email,purpose,state,date,ground,wording,place\n"
            "ada@example.com,Email,yes,2017-03-01,consent,newsletter v2,till\n"
            "ada@example.com,sms,Opted out,2017-03-01,,,confirmed\n"
        )
        one, other = told(file(tmp_path, Kind.CONSENTS, text, times_in="Europe/Stockholm"))
        assert one.consents == (ConsentSaid("email", True, "consent", "newsletter v2", "till", imported=True),)
        assert other.consents == (ConsentSaid("sms", False, "consent", "", "confirmed, as imported", imported=True),)
        assert (one.deed, one.happened_at) == (
            Did("Consent Granted", {"purpose": "email"}),
            at("2017-03-01 00:00", "Europe/Stockholm"),
        )

    def test_an_event_keeps_its_name_its_time_and_what_it_says(self, tmp_path: Path) -> None:
        text = (
            "user_id,event,happened_at,colour,email,password\n"
            "ada,Product Viewed,2017-03-01T12:00:00Z,red,ada@example.com,hush\n"
            "ada,Member Joined,2017-03-01T12:00:00Z,,,\n"
        )
        one, other = told(file(tmp_path, Kind.EVENTS, text))
        assert one.deed == Did("Product Viewed", {"colour": "red"})
        assert other.deed == Joined()

    def test_a_balance_ends_with_its_last_day(self, tmp_path: Path) -> None:
        text = "user_id,points,earned_at,expires_on\nada,90,2017-03-01,2027-12-31\nada,5,2017-03-02,\n"
        one, other = told(file(tmp_path, Kind.BALANCES, text, times_in="America/New_York"))
        assert one.deed == BroughtOver(BALANCE_BROUGHT_OVER, {}, 90, at("2028-01-01 00:00"))
        assert other.deed == BroughtOver(BALANCE_BROUGHT_OVER, {}, 5, None)


class TestIds:
    def test_a_row_has_one_id_for_ever_whatever_the_order_of_its_columns(self, tmp_path: Path) -> None:
        [one] = told(file(tmp_path, Kind.EVENTS, "user_id,event,happened_at\nada,Called,2017-03-01T12:00:00Z\n"))
        [same] = told(file(tmp_path, Kind.EVENTS, "event,happened_at,user_id\nCalled,2017-03-01T12:00:00Z,ada\n"))
        [other] = told(file(tmp_path, Kind.EVENTS, "user_id,event,happened_at\nada,Called,2017-03-01T12:00:01Z\n"))
        assert one.id == same.id != other.id

    def test_an_id_of_its_own_goes_before_its_content(self, tmp_path: Path) -> None:
        text = "user_id,event,happened_at,id\nada,Called,2017-03-01T12:00:00Z,{}\n"
        [one] = told(file(tmp_path, Kind.EVENTS, text.format("7")))
        [changed] = told(file(tmp_path, Kind.EVENTS, text.format("7").replace("Called", "Wrote")))
        assert one.id == changed.id
        assert one.content != changed.content

    def test_the_same_row_is_another_thing_in_a_file_of_another_kind(self, tmp_path: Path) -> None:
        text = (
            "user_id,event,happened_at,points,earned_at,id\nada,Called,2017-03-01T12:00:00Z,5,2017-03-01T12:00:00Z,7\n"
        )
        [one], [other] = told(file(tmp_path, Kind.EVENTS, text)), told(file(tmp_path, Kind.BALANCES, text))
        assert one.id != other.id


class TestRefusals:
    def test_a_bad_row_of_each_kind_is_refused_and_the_rest_is_read_on(self, tmp_path: Path) -> None:
        rows = [
            "ada,Called,2017-03-01T12:00:00Z,",
            ",Called,2017-03-01T12:00:00Z,",
            "null,Called,2017-03-01T12:00:00Z,",
            f"{'a' * 201},Called,2017-03-01T12:00:00Z,",
            "ada,,2017-03-01T12:00:00Z,",
            "ada,Order Completed,2017-03-01T12:00:00Z,",
            "ada,consent granted,2017-03-01T12:00:00Z,",
            "ada,Called,,",
            "ada,Called,yesterday,",
            "ada,Called,2017-03-01 12:00,",
            "ada,Called,2099-03-01T12:00:00Z,",
            f"ada,Called,2017-03-01T12:00:00Z,{'7' * 101}",
            "ada,Called",
            "bob,Called,2017-03-01T12:00:00Z,",
        ]
        given = file(tmp_path, Kind.EVENTS, "user_id,event,happened_at,id\n" + "\n".join(rows))
        assert refused(given) == [
            (3, "", "missing_identity"),
            (4, "user_id", "bad_identity"),
            (5, "user_id", "bad_identity"),
            (6, "event", "missing_event"),
            (7, "event", "not_here"),
            (8, "event", "bad_event"),
            (9, "happened_at", "bad_time"),
            (10, "happened_at", "bad_time"),
            (11, "happened_at", "time_without_zone"),
            (12, "happened_at", "in_the_future"),
            (13, "id", "bad_id"),
            (14, "", "wrong_number_of_cells"),
        ]
        assert len([row for row in read_rows(given, NOW) if isinstance(row, Taken)]) == 2

    def test_what_is_wrong_with_a_consent(self, tmp_path: Path) -> None:
        text = (
            "user_id,purpose,state,happened_at,ground\n"
            "ada,cookies,yes,2017-03-01T12:00:00Z,\n"
            "ada,email,perhaps,2017-03-01T12:00:00Z,\n"
            "ada,email,yes,2017-03-01T12:00:00Z,habit\n"
        )
        assert refused(file(tmp_path, Kind.CONSENTS, text)) == [
            (2, "purpose", "bad_purpose"),
            (3, "state", "bad_state"),
            (4, "ground", "bad_ground"),
        ]

    def test_what_is_wrong_with_a_balance(self, tmp_path: Path) -> None:
        rows = ["0,", "-5,", "1.5,", "a,", "1000000001,", "5,2026-02-28T12:00:00Z"]
        text = "user_id,earned_at,points,expires_at\n" + "\n".join([f"ada,2017-03-01T12:00:00Z,{row}" for row in rows])
        assert refused(file(tmp_path, Kind.BALANCES, text)) == [
            *[(line, "points", "bad_points") for line in (2, 3, 4, 5, 6)],
            (7, "expires_at", "expired"),
        ]
        by_rule = file(tmp_path, Kind.BALANCES, "user_id,earned_at,points\nada,2017-03-01T12:00:00Z,5\n")
        assert refused(by_rule, expires=lambda earned_at: earned_at + 1) == [(2, "earned_at", "expired_by_rule")]

    def test_json_and_parquet_are_refused_in_the_same_words(self, tmp_path: Path) -> None:
        called = {"user_id": "ada", "event": "Called", "happened_at": "2017-03-01T12:00:00Z", "properties": 5}
        lines = ['{"user_id": "ada"', '["ada"]', json.dumps(called)]
        assert refused(file(tmp_path, Kind.EVENTS, "\n".join(lines), "rows.jsonl")) == [
            (1, "", "bad_json"),
            (2, "", "bad_json"),
            (3, "properties", "bad_properties"),
        ]
        parquet.write_table(
            pa.Table.from_pylist([{**called, "properties": "", "event": None}]), tmp_path / "rows.parquet"
        )
        assert refused(ImportFile(tmp_path / "rows.parquet", Kind.EVENTS)) == [(1, "event", "missing_event")]

    def test_no_refusal_quotes_what_stood_there(self, tmp_path: Path) -> None:
        text = """user_id,email,event,happened_at
null,secret@example.com,Called,+46701234567
,secret example,Called,2017
ada,x,Called,secret@example.com
"""
        stream = io.StringIO()
        begin(stream)
        found = [row for row in read_rows(file(tmp_path, Kind.EVENTS, text), NOW) if isinstance(row, Refusal)]
        written(found, stream)
        assert len(found) == 3
        assert stream.getvalue().startswith("line,column,reason,words\n2,user_id,bad_identity,")
        assert "secret" not in stream.getvalue()
        assert "4670" not in stream.getvalue()

    def test_every_reason_stands_on_the_page(self) -> None:
        assert [reason.value for reason in ImportReason if f"| `{reason.value}` | {reason.words} |" not in PAGE] == []

    def test_every_column_stands_on_the_page(self) -> None:
        for kind, columns in OF_KIND.items():
            _, _, section = PAGE.partition(f"### {kind.value.capitalize()}\n")
            section = section.partition("\n#")[0]
            for column in columns:
                names = ", ".join([f"`{name}`" for name in column.synonyms])
                assert f"| `{column.name}` | {'yes' if column.needed else ''} | {column.holds} | {names} |" in section


class TestFiles:
    ROWS = ({"user_id": "ada", "event": "Called", "happened_at": "2017-03-01T12:00:00Z", "times": "2"},)

    def test_csv_json_lines_and_parquet_say_the_same(self, tmp_path: Path) -> None:
        text = "\n".join([",".join(self.ROWS[0]), *[",".join(row.values()) for row in self.ROWS]])
        parquet.write_table(pa.Table.from_pylist(list(self.ROWS)), tmp_path / "rows.parquet")
        files = [
            file(tmp_path, Kind.EVENTS, text),
            file(tmp_path, Kind.EVENTS, gzip.compress(text.encode()), "rows.csv.gz"),
            file(tmp_path, Kind.EVENTS, "\n".join(map(json.dumps, self.ROWS)), "rows.jsonl"),
            ImportFile(tmp_path / "rows.parquet", Kind.EVENTS),
        ]
        ids = [[(one.id, one.deed) for one in told(given)] for given in files]
        assert ids[0] == ids[1] == ids[2] == ids[3]

    @pytest.mark.parametrize(
        ("text", "mapping", "says"),
        [
            ("email,when\n", {}, "There is no column for `event`"),
            ("event,when\n", {}, "No column says who it is"),
            ("user_id,event,when\n", {"event": "deed"}, "There is no column “deed” to be `event`"),
            ("user_id,event,when\n", {"deed": "event"}, "There is no “deed” to map"),
            ("user_id,event,date,time\n", {}, "could be `happened_at`"),
            ("user_id,user_id,event,date\n", {}, "Two columns are called “user_id”"),
            ("", {}, "The file is empty"),
        ],
    )
    def test_a_file_that_cannot_be_read_says_what_to_do(
        self, tmp_path: Path, text: str, mapping: dict[str, str], says: str
    ) -> None:
        given = file(tmp_path, Kind.EVENTS, text, mapping=mapping)
        with pytest.raises(ImportsError, match=re.escape(says)):
            list(read_rows(given, NOW))

    def test_a_zone_that_is_none(self, tmp_path: Path) -> None:
        given = file(tmp_path, Kind.EVENTS, "user_id,event,date\n", times_in="Mars")
        with pytest.raises(OrdersError, match="“Mars” is not a time zone"):
            list(read_rows(given, NOW))

    def test_what_is_mapped_takes_the_place_of_what_is_called_so(self, tmp_path: Path) -> None:
        text = "name,user_id,event,happened_at\nCalled,ada,x,2017-03-01T12:00:00Z\n"
        [one] = told(file(tmp_path, Kind.EVENTS, text, mapping={"event": "name"}))
        assert one.deed == Did("Called", {"event": "x"})

    def test_no_two_columns_of_a_kind_are_understood_by_one_name(self) -> None:
        for kind in Kind:
            known = asked_of(kind, USUAL_KINDS, {}).known
            names = [name for column in known.values() for name in (column.name, *column.synonyms)]
            twice = {name for name in names if names.count(name) > 1}
            assert twice == set(), kind

    def test_memory_does_not_grow_with_the_file(self, tmp_path: Path) -> None:
        line = "ada,Called,2017-03-01T12:00:00Z,a word about nothing in particular\n"
        given = file(tmp_path, Kind.EVENTS, "user_id,event,happened_at,note\n" + line * 10_000)
        rows = read_rows(given, NOW)
        next(rows)
        tracemalloc.start()
        try:
            assert sum([isinstance(row, Taken) for row in rows]) == 9_999
            assert tracemalloc.get_traced_memory()[1] < 1_000_000
        finally:
            tracemalloc.stop()


class TestPreview:
    def test_it_says_which_column_is_what_and_masks_people(self, tmp_path: Path) -> None:
        text = (
            "Kundnr,E-post,Land,Skostorlek,registered_at\nada,ada@example.com,SE,39,2017-03-01\nbob,,NO,44,2017-03-02\n"
        )
        mapping = {"user_id": "Kundnr", "email": "E-post", "country": "Land"}
        seen = preview(file(tmp_path, Kind.CUSTOMERS, text, mapping=mapping))
        assert [(one.column, one.to) for one in seen.goes] == [
            ("Kundnr", "user_id"),
            ("E-post", "email"),
            ("Land", "country"),
            ("Skostorlek", "a trait “Skostorlek”"),
            ("registered_at", "created_at"),
        ]
        assert seen.rows == (("a••", "a…@…", "SE", "3•", "2017-03-01"), ("b••", "", "NO", "4•", "2017-03-02"))

    def test_what_is_ignored_is_said(self, tmp_path: Path) -> None:
        seen = preview(file(tmp_path, Kind.BALANCES, "user_id,points,earned_at,shop\nada,5,2017-03-01,Lund\n"))
        assert [one.column for one in seen.goes if one.ignored] == ["shop"]

    def test_of_json_lines_the_keys_of_many_rows_are_looked_at(self, tmp_path: Path) -> None:
        rows = ['{"user_id": "ada", "event": "Called", "date": "2017-03-01"}'] * 5 + [
            '{"email": "b@c.d", "event": "Called"}'
        ]
        seen = preview(file(tmp_path, Kind.EVENTS, "\n".join(rows), "rows.jsonl"))
        assert [one.to for one in seen.goes] == ["user_id", "event", "happened_at", "email"]
        assert len(seen.rows) == 3

    def test_a_needed_column_that_is_nowhere_is_said_before_anything_is_stored(self, tmp_path: Path) -> None:
        given = file(tmp_path, Kind.EVENTS, '{"user_id": "ada"}\n' * 3, "rows.jsonl")
        with pytest.raises(ImportsError, match="There is no column for `event`"):
            preview(given)
