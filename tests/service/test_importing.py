"""Imports as a shop meets them: what comes in, what is known, what is refused, and what can never come of it."""

import csv
import io
import itertools
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from regulars.backtesting.replay import replay
from regulars.service import consents as standing
from regulars.service import tombstones
from regulars.service.importing import PORTION, Imported, expiry_by_rule, import_rows
from regulars.service.traits import Trait
from regulars.store.history import Recorded
from regulars.store.schema import journal, quarantine
from regulars.wire.imports import ImportFile, ImportReason, Kind, Refusal, Taken, read_rows
from tests.service.town import RULES, Town, did, order
from tests.shop import at

NOW = "2017-03-01 12:00"
A_YEAR = RULES.replace("worth: 0.01", "worth: 0.01, expire: {after: 1 year}")


@pytest.fixture
def town(town: Town) -> Town:
    town.applies(A_YEAR)
    return town


class Importer:
    """Brings files into a town; keeps what was refused."""

    def __init__(self, town: Town, folder: Path) -> None:
        self.town, self.folder = town, folder
        self.refused: list[Refusal] = []

    def rows(self, kind: Kind, text: str, now: str = NOW) -> Iterator[Taken | Refusal]:
        path = self.folder / f"{kind.value}.csv"
        path.write_text(text)
        rulebook = self.town.shop.rulebooks.in_force()
        assert rulebook is not None
        file = ImportFile(path, kind, times_in="America/New_York", identities=rulebook.program.kinds())
        return read_rows(file, at(now), expiry_by_rule(rulebook))

    def brings(self, kind: Kind, text: str, now: str = NOW, *, dry_run: bool = False) -> Imported:
        self.refused.clear()
        return import_rows(
            self.town.shop, self.rows(kind, text, now), lambda: at(now), dry_run=dry_run, refused=self.refused.extend
        )


@pytest.fixture
def importer(town: Town, tmp_path: Path) -> Importer:
    return Importer(town, tmp_path)


def test_customers_come_in_with_identities_and_imported_traits(town: Town, importer: Importer) -> None:
    text = "user_id,email,city,created_at,updated_at\nada,Ada@Example.com,Lund,2016-03-01,2017-02-01\n"
    assert importer.brings(Kind.CUSTOMERS, text).new == 1
    ada = town.customer("ada@example.com", kind="email")
    assert town.customer("ada").id == ada.id
    assert (ada.known, ada.first_seen_at, ada.last_seen_at) == (True, at("2016-03-01 00:00"), at("2017-02-01 00:00"))
    assert Trait("city", "Lund", "imported", "import:customers", at("2017-02-01 00:00")) in ada.traits


def test_what_a_customer_declares_stands_before_what_was_imported(town: Town, importer: Importer) -> None:
    town.hears({"type": "identify", "userId": "ada", "traits": {"city": "Malmö"}, "at": "2016-01-01 12:00"})
    importer.brings(Kind.CUSTOMERS, "user_id,city,created_at\nada,Lund,2017-02-01\n")
    assert [(one.value, one.origin) for one in town.customer("ada").traits if one.name == "city"] == [
        ("Malmö", "declared")
    ]


def test_events_are_history_and_judged_as_any_other(town: Town, importer: Importer) -> None:
    importer.brings(Kind.EVENTS, "user_id,event,date,colour\nada,Product Reviewed,2016-05-01,red\n")
    [step] = town.story("ada")
    assert step.fact is not None
    assert (step.fact.name, step.fact.happened_at, step.fact.source) == (
        "Product Reviewed",
        at("2016-05-01 00:00"),
        "import:events",
    )
    assert town.points("ada", "2016-06-01 12:00") == 50


def test_a_second_run_and_a_dry_run_change_nothing(town: Town, importer: Importer) -> None:
    text = "user_id,event,date,id\nada,Called,2016-05-01,1\nbob,Called,2016-05-01,2\nbob,Called,2016-05-01,2\n"
    first = importer.brings(Kind.EVENTS, text, dry_run=True)
    assert (first.rows, first.new, first.known) == (3, 2, 1)
    assert _facts(town) == 0
    importer.brings(Kind.EVENTS, text)
    again = importer.brings(Kind.EVENTS, text)
    assert (again.new, again.known, again.refused, _facts(town)) == (0, 3, 0, 2)
    more = importer.brings(Kind.EVENTS, text + "eve,Called,2016-05-01,3\n", dry_run=True)
    assert (more.new, more.known) == (1, 3)


def test_an_id_that_says_something_else_is_refused_and_the_first_word_stands(town: Town, importer: Importer) -> None:
    text = "user_id,event,date,id\nada,Called,2016-05-01,1\nada,Wrote,2016-05-01,1\n"
    assert importer.brings(Kind.EVENTS, text).refused == 1
    assert importer.refused == [Refusal(3, "", ImportReason.ID_REUSED)]
    dry = importer.brings(Kind.EVENTS, text.replace("Called", "Visited"), dry_run=True)
    assert (dry.refused, dry.known, dry.new) == (2, 0, 0)
    assert [step.what for step in town.story("ada")] == ["Called"]


def test_twelve_bad_rows_are_twelve_refusals_and_the_good_ones_come_in(town: Town, importer: Importer) -> None:
    bad = [
        ",5,2017-01-01,",
        "null,5,2017-01-01,",
        f"{'a' * 201},5,2017-01-01,",
        "ada,0,2017-01-01,",
        "ada,-1,2017-01-01,",
        "ada,many,2017-01-01,",
        "ada,5,,",
        "ada,5,2017-02-30,",
        "ada,5,2017-03-02,",
        "ada,5,2017-01-01,2017-02-28",
        "ada,5,2015-01-01,",
        "ada,5",
    ]
    text = "\n".join(["user_id,points,earned_at,expires_at", "ada,90,2017-01-01,", *bad, "bob,7,2017-01-01,"])
    found = importer.brings(Kind.BALANCES, text)
    assert (found.rows, found.new, found.refused, len(importer.refused)) == (14, 2, 12, 12)
    assert [one.line for one in importer.refused] == list(range(3, 15))
    assert (town.points("ada"), town.points("bob")) == (90, 7)


class TestBalances:
    TEXT = "user_id,points,earned_at,expires_at\nada,90,2016-12-24,\nada,10,2017-01-24,2017-06-30\n"

    def test_they_are_in_the_ledger_with_their_why(self, town: Town, importer: Importer) -> None:
        importer.brings(Kind.BALANCES, self.TEXT)
        first, second = town.ledger("ada")
        assert (first.points, first.rule, first.source, first.target) == (90, "opening-balance", "program", "available")
        assert first.sentence == (
            "90 stars brought over from the former program, earned on 2016-12-24; they last until the end of 2017-12-24; "
            "they do not count for a level."
        )
        assert "until the end of 2017-06-30" in second.sentence
        assert [lot.points for lot in town.customer("ada").lots] == [10, 90]
        assert town.points("ada", "2017-07-01 12:00") == 90

    def test_twice_is_once(self, town: Town, importer: Importer) -> None:
        for _ in range(2):
            importer.brings(Kind.BALANCES, self.TEXT)
        assert town.points("ada") == 100

    def test_a_backtest_of_what_is_recorded_has_them(self, town: Town, importer: Importer) -> None:
        importer.brings(Kind.BALANCES, self.TEXT)
        town.hears(order("ada", "1", 20.00, at="2017-02-01 12:00"))
        rulebook = town.shop.rulebooks.in_force()
        assert rulebook is not None
        source = Recorded(town.shop.store.url.render_as_string(hide_password=False))
        history = source.open(currency_exponent=2, currency="USD", properties=frozenset())
        [(name, facts)] = list(history.customers())
        state, _ = replay(facts, rulebook, at("2017-07-01 12:00"))
        assert (name, state.consequences.outstanding()) == ("ada", town.points("ada", "2017-07-01 12:00"))
        assert state.consequences.outstanding() == 110

    def test_no_tracking_route_can_say_so(self, town: Town) -> None:
        said = {"event": "Balance Brought Over", "userId": "ada", "properties": {"points": 90, "expires_at": None}}
        assert town.hears(said).stored == 1
        assert (town.points("ada"), town.ledger("ada")) == (0, [])

    def test_they_go_with_a_customer_who_is_merged(self, town: Town, importer: Importer) -> None:
        """A card that was used at the till becomes a part of whoever registers it."""
        importer.brings(Kind.BALANCES, "card,points,earned_at\n1234,90,2017-01-01\n")
        town.hears({"type": "identify", "userId": "ada", "traits": {"card": "1234"}})
        assert town.points("ada") == 90


class TestConsents:
    GRANTED = "user_id,purpose,state,date\nada,email,granted,{}\n"

    @pytest.mark.parametrize("when", ["2016-01-01", "2017-02-28"])
    def test_an_import_never_lifts_a_withdrawal(self, town: Town, importer: Importer, when: str) -> None:
        town.hears(_says("Consent Withdrawn"), now="2017-02-01 12:00")
        importer.brings(Kind.CONSENTS, self.GRANTED.format(when))
        assert _standing(town, "ada") == "withdrawn"
        town.hears(_says("Consent Granted"), now="2017-03-02 12:00")
        assert _standing(town, "ada") == "granted"

    def test_where_nobody_said_anything_it_gives_and_where_it_withdraws_it_withdraws(
        self, town: Town, importer: Importer
    ) -> None:
        importer.brings(Kind.CONSENTS, self.GRANTED.format("2016-01-01"))
        assert _standing(town, "ada") == "granted"
        importer.brings(Kind.CONSENTS, self.GRANTED.format("2016-02-01").replace("granted", "withdrawn"))
        assert _standing(town, "ada") == "withdrawn"
        importer.brings(Kind.CONSENTS, self.GRANTED.format("2016-03-01"))
        assert _standing(town, "ada") == "withdrawn"

    def test_nor_that_of_another_account_of_the_same_person(self, town: Town, importer: Importer) -> None:
        town.hears({**_says("Consent Withdrawn"), "userId": None, "context": {"traits": {"card": "1234"}}})
        importer.brings(Kind.CONSENTS, "user_id,card,purpose,state,date\nada,1234,email,granted,2017-02-28\n")
        assert len(town.customer("ada").records) == 2
        assert _standing(town, "ada") == "withdrawn"

    def test_a_confirmation_cannot_be_imported(self, town: Town, importer: Importer) -> None:
        town.applies(A_YEAR + "consent: {email: {ground: consent, double_opt_in: yes}}\n")
        importer.brings(Kind.CONSENTS, "user_id,purpose,state,date,place\nada,email,granted,2016-01-01,confirmed\n")
        town.hears(_says("Consent Granted"), now="2017-03-02 12:00")
        assert _standing(town, "ada") == "unconfirmed"


def test_whoever_was_erased_does_not_come_back(town: Town, importer: Importer) -> None:
    town.hears(did("Called", userId="ada"))
    town.shop.writer.run(lambda tx: tombstones.bury(tx, [("user_id", "ada")], at(NOW)))
    before = _facts(town)
    importer.brings(Kind.EVENTS, "user_id,event,date\nada,Called,2016-05-01\n")
    assert _facts(town) == before


def test_a_run_that_broke_off_goes_on_where_it_was(town: Town, importer: Importer) -> None:
    number = PORTION * 2 + 50
    lines = "".join([f"person-{one % 90},5,2017-01-01,{one}\n" for one in range(number)])
    text = f"user_id,points,earned_at,id\n{lines}"

    class Killed(Exception):
        pass

    def broken_off() -> Iterator[Taken | Refusal]:
        yield from itertools.islice(importer.rows(Kind.BALANCES, text), PORTION + 10)
        raise Killed

    with pytest.raises(Killed):
        import_rows(town.shop, broken_off(), lambda: at(NOW))
    assert _facts(town) == PORTION
    rest = importer.brings(Kind.BALANCES, text)
    assert (rest.new, rest.known, _facts(town)) == (number - PORTION, PORTION, number)
    assert sum([town.points(f"person-{one}") for one in range(90)]) == number * 5


def test_a_row_that_cannot_be_kept_does_not_take_the_others_with_it(town: Town, importer: Importer) -> None:
    """A moment that no database can hold; the readers would not let it through."""
    rows = list(importer.rows(Kind.EVENTS, "user_id,event,date\nada,Called,2016-05-01\nbob,Called,2016-05-01\n"))
    bad = rows[1]
    assert isinstance(bad, Taken)
    rows[1] = Taken(bad.line, (replace(bad.arrivals[0], happened_at=2**63),), ())
    found: list[Refusal] = []
    imported = import_rows(town.shop, rows, lambda: at(NOW), refused=found.extend)
    assert (imported.new, imported.refused, found) == (1, 1, [Refusal(3, "", ImportReason.FAILED)])
    assert town.story("ada")[0].what == "Called"
    with town.shop.store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(quarantine)).scalar_one() == 1


def test_ten_thousand_rows_take_no_more_memory_than_a_portion(town: Town, importer: Importer) -> None:
    number = 10_000
    stream = io.StringIO()
    csv.writer(stream).writerows(
        [("user_id", "event", "date"), *[(f"p{one % 50}", "Called", "2016-05-01") for one in range(number)]]
    )
    rows = importer.rows(Kind.EVENTS, stream.getvalue())
    import_rows(town.shop, itertools.islice(rows, PORTION), lambda: at(NOW))
    tracemalloc.start()
    try:
        done = import_rows(town.shop, rows, lambda: at(NOW), dry_run=True)
        assert (done.rows, tracemalloc.get_traced_memory()[1] < 6_000_000) == (number - PORTION, True)
    finally:
        tracemalloc.stop()


def _says(event: str) -> dict[str, object]:
    return {"event": event, "userId": "ada", "properties": {"purpose": "email", "place": "account"}}


def _standing(town: Town, user: str) -> str:
    rulebook = town.shop.rulebooks.in_force()
    assert rulebook is not None
    with town.shop.store.reading() as connection:
        found = standing.standings(connection, town.customer(user).records, rulebook.program)
    return next(one.standing for one in found if one.purpose == "email")


def _facts(town: Town) -> int:
    with town.shop.store.reading() as connection:
        return connection.execute(select(func.count()).where(journal.c.fact_id.is_not(None))).scalar_one()
