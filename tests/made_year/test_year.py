"""A made year as files: the same bytes for the same seed, whole or not at all, and true of what a shop takes in."""

import csv
import json
import os
import subprocess
import sys
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec.structs import fields

from regulars.boot import wiring
from regulars.cli import regulars
from regulars.made_year import catalogue, truths
from regulars.made_year.calendar import SECOND, midnight
from regulars.made_year.life import Kind, lead
from regulars.made_year.model import Model
from regulars.made_year.sorting import digest_of
from regulars.made_year.year import FILES, UNFINISHED, YearRefused, make_year
from tests.made_year.carrying import carry, happened, is_timed, recorded

GOLDEN = Path(__file__).with_name("golden-year.txt")
"""What a year of twelve customers is on every machine, under every version of Python. Who changes the model, or what is said,
changes it, too: then put here what the test found, and say in the changelog that years are others from now on."""

MAKING = "import sys; from pathlib import Path; from regulars.made_year.year import make_year; "
MEASURED = MAKING + (
    "make_year(7, int(sys.argv[2]), Path(sys.argv[1])); "
    "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
)
SHORT = MAKING + "make_year(7, 10, Path(sys.argv[1]), 40)"


@pytest.fixture(scope="module")
def year(tmp_path_factory) -> Path:
    """Of twelve customers."""
    out = tmp_path_factory.mktemp("made") / "year"
    make_year(7, 12, out)
    return out


def digests(folder: Path) -> dict[str, str]:
    return {one.name: sha256(one.read_bytes()).hexdigest() for one in sorted(folder.iterdir())}


def made_by_a_process(program: str, out: Path, *words: str, hash_seed: str = "0") -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run([sys.executable, "-c", program, str(out), *words], env=environment, stdout=-1, check=True)
    return done.stdout.decode()


def year_of(folder: Path) -> truths.Year:
    first = next(truths.read(folder / "truths.jsonl"))
    assert isinstance(first, truths.Year)
    return first


def says(*words: str):
    return CliRunner().invoke(regulars, ["make-year", *words], obj=wiring())


def lines_of(folder: Path, name: str) -> list[dict]:
    return [json.loads(line) for line in (folder / name).read_bytes().splitlines()]


# --- the same, and another ------------------------------------------------------------------------------------------------


def test_a_year_is_the_same_bytes_on_every_machine_and_under_every_python(year):
    found = "".join([f"{digest}  {name}\n" for name, digest in digests(year).items()])

    assert found == GOLDEN.read_text()


def test_the_same_seed_gives_the_same_bytes_whatever_the_seed_of_hashes(tmp_path):
    for name, hash_seed in (("one", "1"), ("other", "4242")):
        made_by_a_process(SHORT, tmp_path / name, hash_seed=hash_seed)

    assert digests(tmp_path / "one") == digests(tmp_path / "other")


def test_another_seed_is_another_year(year, tmp_path):
    make_year(8, 12, tmp_path / "other")

    same = {name for name, digest in digests(tmp_path / "other").items() if digest == digests(year)[name]}
    assert same == {"costs.csv", "products.csv"}, "the shop is the same, its people are not"


# --- what stands in it ----------------------------------------------------------------------------------------------------


def test_events_stand_in_the_order_in_which_they_arrive(year):
    came = [event["receivedAt"] for event in lines_of(year, "events.jsonl")]

    assert came == sorted(came)
    assert came[0] < "2025-01-02"
    assert "2025-12-25" < came[-1] < "2026-01-05"


def test_so_many_customers_are_born_as_were_asked_for(year):
    told = list(truths.read(year / "truths.jsonl"))
    people = [one for one in told if isinstance(one, truths.Person) and one.kind != "passer_by"]
    counts = told[-1]
    assert isinstance(counts, truths.Counts)

    assert len(people) == counts.shoppers == 12
    assert lead(Model(), 7, counts.shoppers + counts.passing_by - 1).kind is not Kind.PASSER_BY
    assert sum([isinstance(one, truths.Bot) for one in told]) == counts.crawls


def test_the_year_stands_first_and_the_counts_last(year):
    first, *_, last = truths.read(year / "truths.jsonl")

    assert isinstance(first, truths.Year)
    assert (first.seed, first.customers, first.days, first.zone) == (7, 12, 365, "Europe/Amsterdam")
    assert first.model["coming"]["agree"] == Model().coming.agree
    assert [one.first_day for one in first.identification.months][:3] == [0, 31, 59]
    assert len(first.identification.days) == 365
    assert all(0 < rate < 1 for rate in first.identification.days)
    assert set(first.effects) == {"forms", "shoppers", "campaigns", "mails", "surveys", "support", "referrals"}
    assert isinstance(last, truths.Counts)
    assert last.messages == len(lines_of(year, "events.jsonl"))
    assert last.requests == len({event["request"] for event in lines_of(year, "events.jsonl")})
    assert truths.ends(year / "truths.jsonl") == (first, last)


def test_whoever_reads_truths_misses_nothing_that_is_written(year):
    typed: dict[str, Any] = {
        "person": truths.Person,
        "bot": truths.Bot,
        "referral": truths.Referral,
        "year": truths.Year,
    }
    for line in lines_of(year, "truths.jsonl")[:-1]:
        known = {field.encode_name for field in fields(typed[line["is"]])}
        assert set(line) - {"is"} == known


def test_nobody_in_it_can_be_reached(year):
    """Addresses are of domains that belong to nobody, and of networks that lead nowhere."""
    for event in lines_of(year, "events.jsonl"):
        traits = {**event["context"].get("traits", {}), **event.get("traits", {})}
        email = traits.get("email")
        assert email is None or email.rpartition("@")[2] in ("example.com", "example.org", "example.net")
        address = event["context"].get("ip", "192.0.2.1")
        assert address.startswith(("2001:db8:", "192.0.2.", "198.51.100.", "203.0.113."))


def test_the_first_days_are_a_year_that_ends_early(tmp_path):
    make_year(7, 10, tmp_path / "january", 31)
    first = year_of(tmp_path / "january")
    last = max([happened(event) for event in lines_of(tmp_path / "january", "events.jsonl") if is_timed(event)])

    assert [(one.first_day, one.last_day) for one in first.identification.months] == [(0, 30)]
    assert midnight(30) < last < midnight(31) + SECOND


def test_a_readme_says_what_it_is(year):
    text = (year / "README.md").read_text()

    assert "Nobody in it is real" in text
    assert "--seed 7 --customers 12" in text
    assert "regulars take-in" in text
    assert all(name in text for name in FILES if name != "README.md")


# --- whole or not at all --------------------------------------------------------------------------------------------------


def test_what_breaks_off_leaves_nothing_behind(tmp_path, monkeypatch):
    def breaks():
        raise OSError("no space left on the device")

    monkeypatch.setattr(catalogue, "rows", breaks)
    with pytest.raises(OSError, match="no space left"):
        make_year(7, 2, tmp_path / "year", 10)

    assert list(tmp_path.iterdir()) == []


def test_what_breaks_off_leaves_the_year_that_was_there(tmp_path, monkeypatch):
    make_year(7, 2, tmp_path / "year", 10)
    before = digests(tmp_path / "year")
    monkeypatch.setattr(catalogue, "rows", lambda: iter([1]))
    with pytest.raises(csv.Error, match="iterable expected"):
        make_year(8, 2, tmp_path / "year", 10)

    assert digests(tmp_path / "year") == before
    assert [one.name for one in tmp_path.iterdir()] == ["year"]


def test_a_year_takes_the_place_of_a_year(tmp_path):
    make_year(7, 2, tmp_path / "year", 10)
    make_year(8, 2, tmp_path / "year", 10)

    assert lines_of(tmp_path / "year", "truths.jsonl")[0]["seed"] == 8


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work")
    result = says("--out", str(tmp_path), "--customers", "2", "--days", "10")

    assert result.exit_code == 1
    assert f"{tmp_path} holds something else: thesis.docx. Name a folder that is not there yet" in result.output
    assert [one.name for one in tmp_path.iterdir()] == ["thesis.docx"]


@pytest.mark.parametrize("name", ["README.md", "costs.csv", "events.jsonl"])
def test_a_file_of_the_same_name_makes_no_made_year_of_a_folder(tmp_path, name):
    (tmp_path / name).write_text("years of work")
    with pytest.raises(YearRefused, match=f"holds something else: {name}"):
        make_year(7, 2, tmp_path, 10)

    assert digests(tmp_path) == {name: sha256(b"years of work").hexdigest()}


def test_what_its_owner_wrote_beside_a_made_year_is_left_alone(tmp_path):
    make_year(7, 2, tmp_path / "year", 10)
    (tmp_path / "year" / "README.md").write_text("# What I found in this year")

    with pytest.raises(YearRefused, match=r"holds something else: README\.md"):
        make_year(8, 2, tmp_path / "year", 10)
    assert lines_of(tmp_path / "year", "truths.jsonl")[0]["seed"] == 7


def test_folders_that_look_like_ones_own_are_left_alone(tmp_path):
    for name in (".year.making", ".year.before"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "thesis.docx").write_text("years of work")
    make_year(7, 2, tmp_path / "year", 10)
    make_year(8, 2, tmp_path / "year", 10)

    assert sorted([str(one.relative_to(tmp_path)) for one in tmp_path.rglob("thesis.docx")]) == [
        ".year.before/thesis.docx",
        ".year.making/thesis.docx",
    ]


def test_an_empty_folder_is_filled_through_a_link_and_from_within(tmp_path, monkeypatch):
    """As a disk of its own is, too, that is mounted there: the folder itself stays."""
    disk = tmp_path / "disk"
    disk.mkdir()
    (tmp_path / "link").symlink_to(disk)
    before = disk.stat().st_ino

    make_year(7, 2, tmp_path / "link", 10)
    seventh = digests(disk)
    monkeypatch.chdir(disk)
    make_year(8, 2, Path("."), 10)

    assert (tmp_path / "link").is_symlink()
    assert disk.stat().st_ino == before
    assert sorted(seventh) == sorted(digests(disk)) == sorted(FILES)
    assert year_of(disk).seed == 8


def test_a_link_in_a_circle_is_refused_before_anything_is_made(tmp_path):
    (tmp_path / "year").symlink_to(tmp_path / "year")

    with pytest.raises(YearRefused, match="leads in a circle"):
        make_year(7, 2, tmp_path / "year", 10)


def test_two_makers_of_one_folder_do_each_other_no_harm(tmp_path):
    """While one is at its work, another makes the same folder from its beginning to its end."""
    makers: list[truths.Counts] = []

    def meanwhile(_done: int, _of: int) -> None:
        if not makers:
            makers.append(make_year(8, 2, tmp_path / "year", 10))

    mine = make_year(7, 2, tmp_path / "year", 10, progress=meanwhile)

    assert mine.digest != makers[0].digest
    assert truths.ends(tmp_path / "year" / "truths.jsonl")[1] == mine
    assert digest_of(BytesIO((tmp_path / "year" / "events.jsonl").read_bytes())) == mine.digest
    assert [one.name for one in tmp_path.iterdir()] == ["year"]


def test_what_a_maker_that_was_killed_has_left_does_not_stand_in_the_way(tmp_path):
    (tmp_path / "year" / f"{UNFINISHED}x7").mkdir(parents=True)
    make_year(7, 2, tmp_path / "year", 10)

    assert set(FILES) < {one.name for one in (tmp_path / "year").iterdir()}


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "year").write_text("")

    with pytest.raises(YearRefused, match="is a file"):
        make_year(7, 2, tmp_path / "year", 10)


def test_where_nothing_may_be_written_it_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    result = says("--out", str(tmp_path / "file" / "year"), "--customers", "2", "--days", "10")

    assert result.exit_code == 1
    assert "cannot be written: Not a directory" in result.output


# --- the command ----------------------------------------------------------------------------------------------------------


def test_the_command_says_what_it_made(tmp_path):
    out = tmp_path / "year"
    asked = ("--out", str(out), "--seed", "3", "--customers", "4", "--days", "20")
    spoken, answered = says(*asked), says(*asked, "--json")
    counts = json.loads(answered.stdout)["counts"]

    assert spoken.exit_code == answered.exit_code == 0
    assert f"{counts['messages']:,} messages of 4 customers" in spoken.output
    assert f"regulars take-in {out}" in spoken.output
    assert counts["messages"] == len((out / "events.jsonl").read_bytes().splitlines())


# --- truths that cannot be read -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"is": "year", "format": 99}\n', "are of format 99, and this version reads format 2"),
        ('{"type": "track"}\n', "these are no truths of a made year"),
        ("PK\x03\x04", "these are no truths of a made year"),
        ("", "these are no truths of a made year"),
    ],
)
def test_what_is_no_truth_is_refused_by_name(tmp_path, text, says):
    (tmp_path / "truths.jsonl").write_text(text)

    with pytest.raises(truths.TruthsError, match=says):
        list(truths.read(tmp_path / "truths.jsonl"))


@pytest.mark.parametrize("lost", [1, 40, 1_000])
def test_truths_that_break_off_are_told_by_their_end(year, tmp_path, lost):
    whole = (year / "truths.jsonl").read_bytes()
    (tmp_path / "truths.jsonl").write_bytes(whole[: -lost - 1])

    with pytest.raises(truths.TruthsError, match="does not end with the counts"):
        truths.ends(tmp_path / "truths.jsonl")


def test_a_line_that_is_damaged_is_named(year, tmp_path):
    whole = (year / "truths.jsonl").read_text()
    (tmp_path / "truths.jsonl").write_text(whole.replace('"is":"counts"', '"is":"count"'))
    lines = whole.count("\n")

    with pytest.raises(truths.TruthsError, match=rf"truths.jsonl:{lines}: this is no truth"):
        list(truths.read(tmp_path / "truths.jsonl"))


# --- in the large ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_shop_that_takes_a_year_in_says_what_its_truths_say(database, tmp_path):
    counts = make_year(11, 40, tmp_path / "year")
    with (tmp_path / "year" / "events.jsonl").open("rb") as events:
        shop = carry(database, events)
    try:
        found = recorded(shop)
    finally:
        shop.close()

    assert found == {name: getattr(counts, name) for name in found}
    assert counts.orders > 20
    assert counts.unstored > 0
    assert counts.duplicates > 0


@pytest.mark.slow
def test_ten_times_the_customers_need_no_more_memory(tmp_path):
    """One run of lines is held, and nobody's life but the present one."""
    few = int(made_by_a_process(MEASURED, tmp_path / "few", "200"))
    many = int(made_by_a_process(MEASURED, tmp_path / "many", "2000"))

    assert many - few < 60 * 1024, "kilobytes"
    assert (tmp_path / "many" / "events.jsonl").stat().st_size > 150 << 20
