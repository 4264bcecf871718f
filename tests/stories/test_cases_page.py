"""The pages of edge cases say what the stories show."""

import pytest

from tools.cases_page import OF_LOYALTY, OF_VISITORS, Cases, renewed, stories

pytestmark = pytest.mark.parametrize("cases", [OF_VISITORS, OF_LOYALTY], ids=["visitors", "loyalty"])


def test_the_table_is_that_of_the_stories(cases: Cases) -> None:
    text = cases.page.read_text(encoding="utf-8")
    assert renewed(text, cases) == text, "run `python -m tools.cases_page`"


def test_every_case_is_shown_or_later(cases: Cases) -> None:
    shown = {story.case for story in stories(cases)}
    assert sorted(shown | set(cases.later)) == sorted(cases.titles) == list(range(1, 41))
    assert len(shown) >= 23


def test_every_story_says_what_is_done(cases: Cases) -> None:
    assert [story.name for story in stories(cases) if len(story.says) < 40] == []
