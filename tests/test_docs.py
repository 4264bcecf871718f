"""The pages run: every `python` block is executed, every `console` block is typed in and its answer compared.

A page runs from top to bottom in a folder of its own, beside `programs/` and a small `orders.csv`. In an answer `...` stands
for anything.
"""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from regulars.boot import wiring
from regulars.cli import regulars

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = [page for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if BLOCK.search(page.read_text())]
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
        answer = CliRunner().invoke(regulars, arguments, obj=wiring()).output
        pattern = ".*".join(re.escape(part) for part in expected.strip().split("..."))
        assert re.fullmatch(pattern, answer.strip(), re.DOTALL), f"$ {words}\n{answer}"


def test_every_file_that_features_names_exists() -> None:
    page = (ROOT / "docs/features.md").read_text()
    named = re.findall(r"`((?:src|tests|docs|programs|requirements)/[^`]+)`", page)
    assert len(named) > 30
    assert [name for name in named if not (ROOT / name).exists()] == []
