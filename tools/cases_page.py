"""The table of docs/cases.md, written from the stories that show the cases.

    python -m tools.cases_page

renews what stands between `<!-- table: cases -->` and `<!-- end -->`: a row for each test whose name begins with `test_case_` and
the case's number, with what its docstring says, and one for what is still to come.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs/cases.md"
STORIES: Final = ROOT / "tests/stories"
MARKED: Final = re.compile(r"(<!-- table: cases -->\n).*?(<!-- end -->)", re.DOTALL)
NAMED: Final = re.compile(r"test_case_(\d\d)_\w+")

TITLES: Final[Mapping[int, str]] = {
    1: "A logs out, B logs in on the same browser",
    2: "Anonymous browsing before the first sign-in",
    3: "A link that was forwarded to a friend",
    4: "One person, two e-mail addresses",
    5: "Ids that are words for no id",
    6: "One device, five hundred people",
    7: "An event that is three days late",
    8: "A device whose clock is wrong by a year",
    9: "Old events from a server, without `sentAt`",
    10: "A `messageId` that comes twice",
    11: "No `messageId`",
    12: "Webhook and browser tell of the same order",
    13: "Update, refund and cancellation out of order",
    14: "500 properties, 5 MB, 60 levels",
    15: "Numbers as text",
    16: "Robots",
    17: "Opens and clicks that machines make",
    18: "Consent that is withdrawn on the way",
    19: "Subscribing again after a withdrawal",
    20: "Storage before consent",
    21: "Whose weekend it is",
    22: "The clocks change",
    23: "Born on 29 February",
    24: "Quiet hours and a coupon that counts down",
    25: "A shop that is one page",
    26: "Back and forward from the browser's cache",
    27: "Pages that are loaded ahead",
    28: "The script is blocked",
    29: "Two tabs, one cap, one unique coupon",
    30: "A test of two arms, and signing in",
    31: "A score given by one click in a mail",
    32: "A journey that is edited while people wait in it",
    33: "Late events of a person who was deleted",
    34: "A score that fades",
    35: "No zone and no country",
    36: "A segment of those who have not",
    37: "Unsubscribing by a link that machines open",
    38: "WooCommerce's ping and delivery ids",
    39: "A cart that is emptied and filled again",
    40: "A guest's order with a member's e-mail address",
}

LATER: Final[Mapping[int, str]] = {
    2: "what is old begins no journey, once there are journeys; segments are worked out when they are asked for",
    3: "a token for each message comes with messages",
    6: "no personal content on a shared device comes with campaigns on the site",
    7: "segments are joined as of now, and what is old begins no journey, once segments are live and there are journeys",
    9: "that old events trigger nothing comes with journeys; nothing is triggered today",
    12: "the coupon that a browser names counts once there are coupons",
    13: "the points of what goes back are taken back once there is a fact of a refund",
    14: "a bound on the names of properties comes with the page that lists them",
    15: "a rule that gives points compares texts alone; segments compare by a declared type",
    16: "leaving robots out of segments, campaigns and tests comes with these",
    17: "leaving machines out of scores and journeys comes with these",
    18: "messages that wait are stopped, and journeys left, once there are any; scores stop with profiling, as segments do",
    19: "addresses that bounce or complain, until staff clears them, come with messages",
    20: "what the browser keeps, and the one campaign that needs no id, come with the script and with campaigns",
    21: "the zone of a message's receiver comes with messages",
    22: "quiet hours and waits come with messages and journeys",
    23: "a segment can look at a birthday, no rule that gives points can yet",
    24: "there are no messages and no coupons yet",
    25: "there is no script of our own yet",
    26: "there is no script of our own yet",
    27: "there is no script of our own yet",
    28: "the script's own path and its cookie come with the script",
    29: "there are no campaigns and no coupons yet",
    30: "there are no tests of arms and no holdout yet",
    31: "there are no surveys yet",
    32: "there are no journeys yet",
    34: "there are no scores yet",
    37: "the one-click link of a mail comes with messages",
    39: "there are no journeys yet",
}


class Story(NamedTuple):
    case: int
    file: str
    name: str
    says: str


def stories() -> list[Story]:
    """By case, then as they stand in their files."""
    found = [story for file in sorted(STORIES.glob("test_*.py")) for story in _in(file)]
    return sorted(found, key=lambda story: story.case)


def renewed(page: str) -> str:
    """The page with its table as it should be."""
    return MARKED.sub(lambda marked: f"{marked[1]}{table()}{marked[2]}", page)


def table() -> str:
    told = stories()
    rows = ["| case | title | what Regulars does | shown by |", "| --- | --- | --- | --- |"]
    for case, title in TITLES.items():
        cells = [
            (story.says, f"`{story.name}` in [{story.file}](../tests/stories/{story.file})")
            for story in told
            if story.case == case
        ]
        cells += [(f"Later: {LATER[case]}.", "")] if case in LATER else []
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
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
