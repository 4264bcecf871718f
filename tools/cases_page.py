"""The tables of docs/cases.md and docs/loyalty-cases.md, written from the stories that show the cases.

    python -m tools.cases_page

renews what stands between `<!-- table: cases -->` and `<!-- end -->`: a row for each test whose name begins with `test_case_` and
the case's number, with what its docstring says, and one for what is still to come.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tools import loyalty_cases, visitor_cases

ROOT: Final = Path(__file__).parents[1]
MARKED: Final = re.compile(r"(<!-- table: cases -->\n).*?(<!-- end -->)", re.DOTALL)
NAMED: Final = re.compile(r"test_case_(\d\d)_\w+")


class Story(NamedTuple):
    case: int
    file: str
    name: str
    says: str


class Cases(NamedTuple):
    page: Path
    stories: Path
    titles: Mapping[int, str]
    later: Mapping[int, str]


OF_VISITORS: Final = Cases(ROOT / "docs/cases.md", ROOT / "tests/stories", visitor_cases.TITLES, visitor_cases.LATER)
OF_LOYALTY: Final = Cases(
    ROOT / "docs/loyalty-cases.md", ROOT / "tests/stories/loyalty", loyalty_cases.TITLES, loyalty_cases.LATER
)


def stories(cases: Cases) -> list[Story]:
    """By case, then as they stand in their files."""
    found = [story for file in sorted(cases.stories.glob("test_*.py")) for story in _in(file)]
    return sorted(found, key=lambda story: story.case)


def renewed(page: str, cases: Cases) -> str:
    """The page with its table as it should be."""
    return MARKED.sub(lambda marked: f"{marked[1]}{table(cases)}{marked[2]}", page)


def table(cases: Cases) -> str:
    told = stories(cases)
    rows = ["| case | title | what Regulars does | shown by |", "| --- | --- | --- | --- |"]
    folder = f"../{cases.stories.relative_to(ROOT)}"
    for case, title in cases.titles.items():
        cells = [
            (story.says, f"`{story.name}` in [{story.file}]({folder}/{story.file})")
            for story in told
            if story.case == case
        ]
        cells += [(f"Later: {cases.later[case]}.", "")] if case in cases.later else []
        for place, (says, shown) in enumerate(cells):
            rows.append(f"| {case if place == 0 else ''} | {title if place == 0 else ''} | {says} | {shown} |")
    return "\n".join(rows) + "\n"


def _in(file: Path) -> Iterator[Story]:
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        named = NAMED.fullmatch(node.name) if isinstance(node, ast.FunctionDef) else None
        if named and isinstance(node, ast.FunctionDef):
            says = " ".join((ast.get_docstring(node) or "").split()).replace("|", "\\|")
            yield Story(int(named[1]), file.name, node.name, says)


if __name__ == "__main__":
    for cases in (OF_VISITORS, OF_LOYALTY):
        cases.page.write_text(renewed(cases.page.read_text(encoding="utf-8"), cases), encoding="utf-8")
