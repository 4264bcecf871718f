"""A made year comes in over HTTP, whole, and exactly once."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from regulars.boot import new_id, wiring
from regulars.cli import regulars
from regulars.cli.sending import MOST_BYTES, NotTaken, parcels
from regulars.made_year.year import make_year
from regulars.service import made, programs
from regulars.service.shop import open_shop
from regulars.service.sign import MADE
from regulars.store.schema import customers, impersonal, journal, merges, visits
from tests.live import COMMAND_SECONDS, process, says
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


def test_what_only_the_post_knows_is_not_in_the_message(tmp_path):
    [one] = sent(tmp_path, line())

    assert one.batch == [{"type": "page", "context": {"channel": "browser", "userAgent": "Firefox"}}]
    assert (one.address, one.agent) == ("2001:db8:1::7", "Firefox")


def test_more_than_a_request_may_hold_goes_in_several(tmp_path):
    long = line(properties={"words": "x" * (MOST_BYTES // 3)})

    assert [len(one.batch) for one in sent(tmp_path, long, long, long)] == [2, 1]


def test_whoever_goes_on_begins_behind_what_was_answered(tmp_path):
    first, second = sent(tmp_path, line(name="a"), line(name="b", came="2025-03-01T10:00:01.000Z"))

    assert list(parcels(tmp_path / "events.jsonl", first.offset)) == [second]
    assert list(parcels(tmp_path / "events.jsonl", second.offset)) == []


@pytest.mark.parametrize("written", ["", "{", "[]", '{"type": "page"}', line(came="yesterday"), line(came=7)])
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
    spoilt = tmp_path / "year"
    spoilt.mkdir()
    lines = (year / "events.jsonl").read_bytes().splitlines(keepends=True)
    middle = len(lines) // 2
    broken = [*lines[:middle], b"x" * (len(lines[middle]) - 1) + b"\n", *lines[middle + 1 :]]
    (spoilt / "truths.jsonl").write_bytes((year / "truths.jsonl").read_bytes())
    (spoilt / "events.jsonl").write_bytes(b"".join(broken))
    words = ("take-in", str(spoilt), "--database", sqlite, "--data-dir", str(tmp_path))

    said = complaint_of(words, tmp_path)
    assert "is none of a made year. Start it once more to go on from there" in said
    halfway = state_of(sqlite)
    assert 0 < halfway.messages <= middle

    (spoilt / "events.jsonl").write_bytes(b"".join(lines))
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


def complaint_of(words, folder):
    log = folder / "said"
    ended = process(*words, output=log).wait(COMMAND_SECONDS)
    assert ended == 1
    return log.read_text("utf-8")


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
    assert state_of(f"sqlite:///{tmp_path / 'regulars.db'}") is None


def test_a_program_in_another_currency_is_complained_of(year, tmp_path):
    shop = open_shop(f"sqlite:///{tmp_path / 'regulars.db'}", new_id)
    programs.publish(shop, CORNER_SHOP, "ada", 0)
    shop.close()

    answer = asked("take-in", str(year), "--data-dir", str(tmp_path))

    assert answer.exit_code == 1
    assert "the year is in EUR, the program in force in USD" in answer.stderr


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
