"""The pages run: every `python` block is executed, every `console` block is typed in and its answer compared.

A page runs from top to bottom in a folder of its own, beside `programs/` and a small `orders.csv`. In an answer `...` stands
for anything. Pages about a shop that runs are typed into a shell, and their server is started (`tests/clients/reader.py`).
"""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from playwright.sync_api import Page

from regulars.boot import wiring
from regulars.cli import regulars
from regulars.web.problems import Code, Problem, render
from regulars.wire.events import MOST_BODY_BYTES, MOST_EVENT_BYTES, MOST_EVENTS, EventReason
from tests.clients.reader import Reader
from tests.clients.served import until
from tests.live import COMMAND

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
RUNNING = ("install.md", "first-event.md", "points.md", "serving.md")
"""Pages about a shop that runs."""
SERVING = ("take-in",)

PAGES = [
    page
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    if page.name not in RUNNING and BLOCK.search(page.read_text())
]
BROWSER = "From a browser"
ROW = re.compile(r"^\| (.+?) \|$", re.MULTILINE)
ORDERS = """customer,order,happened_at,amount
ada,1,2017-03-04T12:00:00-05:00,45.80
ada,2,2017-03-06T12:00:00-05:00,10.00
ben,3,2017-03-07T12:00:00-05:00,0.50
"""
LINK = re.compile(r"\]\((?!https?:)([^)#]+)[^)]*\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_shows_is_what_happens(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "programs").symlink_to(ROOT / "programs")
    (tmp_path / "orders.csv").write_text(ORDERS)
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    for kind, block in BLOCK.findall(page.read_text()):
        if kind == "python":
            exec(compile(block, str(page), "exec"), namespace)
        else:
            _type_in(block)


@pytest.fixture
def reader(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Reader]:
    (tmp_path / "programs").symlink_to(ROOT / "programs")
    with Reader(tmp_path, ROOT / "tests/clients/node_modules") as reader:
        yield reader


def test_installing(reader: Reader) -> None:
    reader.reads(_page("install.md"))


def test_the_first_event(reader: Reader) -> None:
    reader.reads(_page("first-event.md"), without=BROWSER)


def test_points_that_move(reader: Reader) -> None:
    reader.reads(_page("points.md"))


@pytest.mark.slow
def test_the_first_event_from_a_browser(reader: Reader, page: Page, outside_requests: list[str]) -> None:
    if not (ROOT / "tests/clients/node_modules").exists():
        pytest.skip("Segment's library is not here: `make install-clients` brings it")
    reader.reads(_page("first-event.md"), "A shop, two keys, a server", "From curl", BROWSER)
    page.goto(f"{reader.site}/index.html")
    page.get_by_role("button", name="Sign in").click()
    assert until(lambda: "Identified" in _done_by_ada(reader))
    page.get_by_role("button", name="Into the basket").click()

    assert until(lambda: "Product Added" in _done_by_ada(reader))
    in_the_browser = {"Page Viewed": "weak", "Identified": "weak", "Product Added": "weak"}
    assert _done_by_ada(reader) == {"Order Completed": "shop", **in_the_browser}
    assert outside_requests == []


@pytest.mark.slow
def test_running_it_for_real(reader: Reader, postgresql: str) -> None:
    reader.database = postgresql
    reader.reads(_page("serving.md"))


def test_every_command_stands_in_its_table() -> None:
    assert [row[0] for row in _table("serving.md", "command")] == sorted(f"`{name}`" for name in _commands(regulars))


def test_every_reason_for_a_refusal_stands_in_its_table() -> None:
    assert _table("api.md", "reason") == [[f"`{reason.value}`", reason.means] for reason in EventReason]
    assert _table("api.md", "code") == [
        [f"`{code.value}`", str(code.status.value), json.loads(render(Problem(code, ""), ""))["title"]] for code in Code
    ]


def test_every_limit_is_the_one_that_holds() -> None:
    said = dict(_table("api.md", "what"))
    assert said["a body, also unpacked"] == f"{MOST_BODY_BYTES:,} bytes"
    assert said["an event"] == f"{MOST_EVENT_BYTES:,} bytes"
    assert said["events in a batch"] == f"{MOST_EVENTS:,}"


@pytest.mark.parametrize(
    "page",
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "programs").rglob("*.md")],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def _type_in(block: str) -> None:
    for command in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        words, _, expected = command.partition("\n")
        program, *arguments = shlex.split(words)
        assert program == "regulars"
        answer = _answer(arguments)
        pattern = ".*".join(re.escape(part) for part in expected.strip().split("..."))
        assert re.fullmatch(pattern, answer.strip(), re.DOTALL), f"$ {words}\n{answer}"


def _answer(arguments: list[str]) -> str:
    """What serves, if only for itself, wants a process of its own: here a browser's loop may be running."""
    if arguments[0] not in SERVING:
        return CliRunner().invoke(regulars, arguments, obj=wiring()).output
    done = subprocess.run(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.stdout


def _page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def _done_by_ada(reader: Reader) -> dict[str, str]:
    """What she did, and how far it is believed."""
    ask = 'curl -s "$REGULARS_URL/v1/customers/ada/explain" -H "Authorization: Bearer $SECRET_KEY"'
    steps = json.loads(reader.types(ask))["steps"]
    return {step["fact"]["name"]: step["fact"]["trust"] for step in steps}


def _table(page: str, first: str) -> list[list[str]]:
    """The rows of the table whose first column is headed so."""
    _, _, table = _page(page).partition(f"\n| {first} |")
    rows = [row.split(" | ") for row in ROW.findall(table.partition("\n\n")[0])]
    return [row for row in rows if set(row[0]) != {"-"}]


def _commands(group: click.Group, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{before}{name} ")
        elif not command.hidden:
            yield f"{before}{name}"


def test_every_file_that_features_names_exists() -> None:
    page = (ROOT / "docs/features.md").read_text()
    named = re.findall(r"`((?:src|tests|docs|programs|requirements)/[^`]+)`", page)
    assert len(named) > 30
    assert [name for name in named if not (ROOT / name).exists()] == []
