"""A made year comes in over HTTP, whole, and exactly once."""

import json
import shutil
import subprocess
import sys
from hashlib import blake2b
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from regulars.boot import new_id, wiring
from regulars.cli import regulars
from regulars.cli.sending import MOST_BYTES, NotTaken, parcels
from regulars.cli.taking_in import made_enrichment
from regulars.made_year import places
from regulars.made_year.year import make_year
from regulars.service import made, programs
from regulars.service.shop import open_shop
from regulars.service.sign import MADE
from regulars.store.schema import customers, impersonal, journal, merges, visits
from tests.live import COMMAND_SECONDS, says
from tests.web.admin.shops import CORNER_SHOP, fill

SEED, CUSTOMERS, DAYS = 11, 12, 90


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    """A quarter of a very small shop."""
    folder = tmp_path_factory.mktemp("made") / "year"
    make_year(SEED, CUSTOMERS, folder, DAYS)
    return folder


@pytest.fixture(scope="module")
def truth(year):
    """What its maker counted."""
    last = (year / "truths.jsonl").read_bytes().splitlines()[-1]
    return json.loads(last)


def asked(*words):
    return CliRunner().invoke(regulars, words, obj=wiring(), catch_exceptions=False)


def found(database):
    """What stands in the record."""
    shop = open_shop(database, new_id)
    try:
        with shop.store.reading() as connection:
            one = lambda asked: connection.execute(asked).scalar_one()  # noqa: E731
            return {
                "facts": one(select(func.count()).select_from(journal).where(journal.c.fact_id.is_not(None))),
                "merges": one(select(func.count()).select_from(merges)),
                "unstored": one(select(func.coalesce(func.sum(impersonal.c.number), 0))),
                "bots": one(select(func.count()).select_from(visits).where(visits.c.bot.is_not(None))),
                "places": one(select(func.count(visits.c.city.distinct())).where(visits.c.city != "")),
                "customers": one(select(func.count()).select_from(customers)),
            }
    finally:
        shop.close()


def told(truth):
    return {name: truth[name] for name in ("messages", "refused")}


# --- the requests --------------------------------------------------------------------------------------------------------


def line(came="2025-03-01T10:00:00.500Z", door="browser", ip="2001:db8:1::7", **more):
    context = {"channel": door, "ip": ip, "userAgent": "Firefox"} if door == "browser" else {"channel": door}
    return json.dumps(
        {"type": "page", "context": context, "sentAt": "2025-03-01T10:00:00.300Z", "receivedAt": came, **more}
    )


def sent(folder, *lines):
    (folder / "events.jsonl").write_text("".join([one + "\n" for one in lines]), "utf-8")
    return list(parcels(folder / "events.jsonl"))


def test_lines_that_came_together_are_one_request(tmp_path):
    visit = sent(tmp_path, line(name="a"), line(name="b"), line(name="c", came="2025-03-01T10:00:01.000Z"))

    assert [[event["name"] for event in one.batch] for one in visit] == [["a", "b"], ["c"]]
    assert visit[0].received_at == 1_740_823_200_500_000
    assert visit[0].sent_at == "2025-03-01T10:00:00.300Z"


def test_another_door_or_another_device_is_another_request(tmp_path):
    assert len(sent(tmp_path, line(), line(ip="2001:db8:2::1"), line(door="server"), line())) == 4


def test_two_requests_of_the_same_moment_are_told_apart_by_their_names(tmp_path):
    came = sent(tmp_path, *[line(door="server", request=name) for name in ("5f", "5f", "a0")])

    assert [len(one.batch) for one in came] == [2, 1]


def test_what_only_the_post_knows_is_not_in_the_message(tmp_path):
    [one] = sent(tmp_path, line(request="5f"))

    assert one.batch == [{"type": "page", "context": {"channel": "browser", "userAgent": "Firefox"}}]
    assert (one.address, one.agent) == ("2001:db8:1::7", "Firefox")


def test_more_than_a_request_may_hold_goes_in_several(tmp_path):
    long = line(properties={"words": "x" * (MOST_BYTES // 3)})

    assert [len(one.batch) for one in sent(tmp_path, long, long, long)] == [2, 1]


def test_whoever_goes_on_begins_behind_what_was_answered(tmp_path):
    first, second = sent(tmp_path, line(name="a"), line(name="b", came="2025-03-01T10:00:01.000Z"))

    assert list(parcels(tmp_path / "events.jsonl", first.offset)) == [second]
    assert list(parcels(tmp_path / "events.jsonl", second.offset)) == []


@pytest.mark.parametrize(
    "written",
    [
        "",
        "{",
        "[]",
        '{"type": "page"}',
        line(came="yesterday"),
        line(came=7),
        line(context=7),
        line(door="window"),
        line(door=["browser"]),
        line(ip=7),
        line(ip="2001:db8::1\n"),
        line(context={"channel": "browser", "userAgent": "Браузер"}),
        line(context={"channel": "browser", "userAgent": None}),
        line(sentAt=7),
        line(request=7),
    ],
)
def test_a_line_that_no_made_year_has_is_named_by_its_place(tmp_path, written):
    with pytest.raises(NotTaken, match="ends at byte"):
        sent(tmp_path, written)


# --- the command ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_year_comes_in_whole(year, truth, database, tmp_path):
    answer = says("take-in", str(year), "--database", database, "--data-dir", str(tmp_path))

    assert answer["is_whole"]
    assert {name: answer[name] for name in ("messages", "refused")} == told(truth)
    assert answer["accepted"] == truth["messages"] - sum(truth["refused"].values())
    record = found(database)
    assert {name: record[name] for name in ("facts", "merges", "unstored")} == {
        name: truth[name] for name in ("facts", "merges", "unstored")
    }
    assert (
        truth["facts"] + truth["unstored"] + truth["duplicates"] + sum(truth["refused"].values()) == truth["messages"]
    )
    assert record["bots"] > 0
    assert record["places"] == 10
    assert says("doctor", "--database", database)


@pytest.mark.slow
def test_broken_off_it_is_gone_on_with_and_counts_nothing_twice(year, truth, sqlite, tmp_path):
    words = ("take-in", str(year), "--database", sqlite, "--data-dir", str(tmp_path))

    said = broken_off(words)
    halfway = state_of(sqlite)
    share = 100 * halfway.offset // (year / "events.jsonl").stat().st_size
    assert halfway.requests == BROKEN_AFTER
    assert (
        f"Error: broken off. So far {halfway.messages:,} messages came in, {share} % of the year: the same command"
        in said
    )

    answer = says(*words)

    assert {name: answer[name] for name in ("messages", "refused")} == told(truth)
    assert found(sqlite)["facts"] == truth["facts"]
    assert found(sqlite)["unstored"] == truth["unstored"]
    assert says(*words)["messages"] == truth["messages"]

    put_back(sqlite, halfway)
    again = says(*words)

    assert {name: again[name] for name in ("messages", "refused")} == told(truth)
    assert found(sqlite)["facts"] == truth["facts"]
    assert found(sqlite)["merges"] == truth["merges"]


BROKEN_AFTER = 150
INTERRUPTED = f"""
import os, signal, sys
from regulars.cli.sending import Sender
from regulars.boot import main

send, sent = Sender.send, []

def sends(self, parcel):
    sent.append(send(self, parcel))
    if len(sent) == {BROKEN_AFTER}:
        os.kill(os.getpid(), signal.SIGINT)
        self._wait(60)
    return sent[-1]

Sender.send = sends
main()
"""
"""Somebody presses Ctrl-C when so many requests are answered, and before the next is sent."""


def broken_off(words):
    """What a command says that somebody breaks off."""
    done = subprocess.run([sys.executable, "-c", INTERRUPTED, *words], capture_output=True, timeout=COMMAND_SECONDS)
    assert done.returncode == 1
    return done.stderr.decode()


def state_of(database):
    shop = open_shop(database, new_id)
    try:
        return made.taken_in(shop)
    finally:
        shop.close()


def put_back(database, state):
    """As a power cut may: what came in afterwards stays, and the mark is the older one."""
    shop = open_shop(database, new_id)
    try:
        made.keep(shop, state)
    finally:
        shop.close()


def test_a_folder_without_a_year_is_told_how_to_make_one(tmp_path):
    answer = asked("take-in", str(tmp_path), "--data-dir", str(tmp_path / "shop"))

    assert answer.exit_code == 1
    assert f"holds no made year: regulars make-year --out {tmp_path}" in answer.stderr
    assert not (tmp_path / "shop").exists()


def test_a_shop_with_people_of_its_own_is_left_alone(year, tmp_path):
    shop = open_shop(f"sqlite:///{tmp_path / 'regulars.db'}", new_id)
    fill(shop, customers=1)
    shop.close()

    answer = asked("take-in", str(year), "--data-dir", str(tmp_path))

    assert answer.exit_code == 1
    assert "this shop has customers of its own: take a made year into an empty folder" in answer.stderr
    assert_untouched(tmp_path)


def test_a_program_in_another_currency_is_complained_of(year, tmp_path):
    shop = open_shop(f"sqlite:///{tmp_path / 'regulars.db'}", new_id)
    programs.publish(shop, CORNER_SHOP, "ada", 0)
    shop.close()

    answer = asked("take-in", str(year), "--data-dir", str(tmp_path))

    assert answer.exit_code == 1
    assert "the year is in EUR, the program in force in USD" in answer.stderr
    assert_untouched(tmp_path)


def assert_untouched(folder):
    """Of a shop that is refused: no mark that stays for ever, and no file."""
    assert state_of(f"sqlite:///{folder / 'regulars.db'}") is None
    assert not (folder / "places.mmdb").exists()


# --- a year that cannot be taken in leaves the shop as it was ---------------------------------------------------------------


@pytest.fixture
def own(year, tmp_path):
    """A copy of the year, to be spoilt."""
    return Path(shutil.copytree(year, tmp_path / "year"))


def refused(folder, tmp_path):
    """What is said of a year that a shop does not take; no shop is made for it."""
    answer = asked("take-in", str(folder), "--data-dir", str(tmp_path / "shop"))

    assert answer.exit_code == 1
    assert not (tmp_path / "shop").exists()
    return answer.stderr


@pytest.mark.parametrize("change", ["breaks off", "one letter", "nothing left"])
def test_events_that_are_not_those_that_were_made_are_refused(own, tmp_path, change):
    made = (own / "events.jsonl").read_bytes()
    changed = {"breaks off": made[:-1], "one letter": made.replace(b"Shirts", b"Skirts", 1), "nothing left": b""}
    (own / "events.jsonl").write_bytes(changed[change])

    said = refused(own, tmp_path)

    assert f"{own / 'events.jsonl'} is not what was made: it breaks off, or was changed" in said
    assert f"regulars make-year --seed {SEED} --customers {CUSTOMERS} --days {DAYS} --out {own}" in said


def test_truths_that_break_off_are_refused(own, tmp_path):
    truths = (own / "truths.jsonl").read_bytes()
    (own / "truths.jsonl").write_bytes(truths[:-20])

    assert "breaks off: it does not end with the counts" in refused(own, tmp_path)


@pytest.mark.parametrize(
    ("events", "says"), [(b"", "nothing happens in the year"), (b"{}\n", "is none of a made year")]
)
def test_a_year_without_a_first_message_is_refused(own, tmp_path, events, says):
    lines = (own / "truths.jsonl").read_text().splitlines(keepends=True)
    counts = json.loads(lines[-1]) | {"digest": blake2b(events, digest_size=16).hexdigest()}
    (own / "truths.jsonl").write_text("".join([*lines[:-1], json.dumps(counts) + "\n"]))
    (own / "events.jsonl").write_bytes(events)

    assert says in refused(own, tmp_path)


def test_a_catalogue_that_cannot_be_read_is_refused(own, tmp_path):
    (own / "products.csv").write_bytes(b"\xff\xfe nothing")

    assert "Error:" in refused(own, tmp_path)


def test_places_of_the_shops_own_are_left_alone(year, tmp_path):
    (tmp_path / "places.mmdb").write_bytes(b"bought")

    answer = asked("take-in", str(year), "--data-dir", str(tmp_path))

    assert answer.exit_code == 1
    assert f"{tmp_path / 'places.mmdb'} holds places of your own" in answer.stderr
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("places.mmdb", b"bought")]


def test_places_that_a_release_before_made_are_made_anew(tmp_path):
    (tmp_path / "places.mmdb").write_bytes(places.database(type="Regulars-Made-Up-City") + b" of before")
    made_enrichment(tmp_path).close()

    assert (tmp_path / "places.mmdb").read_bytes() == places.database()


def test_while_a_year_is_taken_in_nobody_else_takes_one_in(year, database, tmp_path):
    shop = open_shop(database, new_id)
    words = ("take-in", str(year), "--database", database, "--data-dir", str(tmp_path / "shop"))
    try:
        with made.alone(shop):
            answer = asked(*words)

        assert answer.exit_code == 1
        assert "a year is being taken into this shop: wait until that is done" in answer.stderr
        assert made.taken_in(shop) is None
        with made.alone(shop):
            pass
    finally:
        shop.close()


# --- the shop says for ever that it is made ---------------------------------------------------------------------------------


def test_the_shop_is_named_and_a_made_year_stays_one(tmp_path):
    folder = ("--data-dir", str(tmp_path))
    shop = open_shop(f"sqlite:///{tmp_path / 'regulars.db'}", new_id)
    made.begin(shop, "year 1")
    shop.close()

    named = asked("name", "Hearth & Hem", "--note", "Closed on Sundays.", *folder)
    bare = asked("name", "", "--note", "", *folder)
    long = asked("name", "x" * 61, *folder)

    assert named.stdout == f"Hearth & Hem\n{MADE} Closed on Sundays.\n"
    assert bare.stdout == f"It is called as its program is.\n{MADE}\n"
    assert (long.exit_code, long.stderr) == (
        1,
        "Error: A name has at most 60 characters that can be printed, on one line.\n",
    )


def test_a_report_over_what_is_recorded_says_what_the_shop_says(tmp_path):
    url = f"sqlite:///{tmp_path / 'regulars.db'}"
    shop = open_shop(url, new_id)
    made.begin(shop, "year 1")
    fill(shop, customers=2)
    shop.close()
    (tmp_path / "program.yaml").write_text(CORNER_SHOP, "utf-8")
    page = tmp_path / "report.html"

    words = (str(tmp_path / "program.yaml"), "--orders", "recorded", "--data-dir", str(tmp_path), "--html", str(page))
    assert asked("backtest", *words).exit_code == 0

    assert f"<strong>Note:</strong> {MADE}" in page.read_text("utf-8")
