"""The page of edge cases says what the stories show."""

from tools.cases_page import LATER, PAGE, TITLES, renewed, stories

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_table_is_that_of_the_stories() -> None:
    assert renewed(TEXT) == TEXT, "run `python -m tools.cases_page`"


def test_every_case_is_shown_or_later() -> None:
    shown = {story.case for story in stories()}
    assert sorted(shown | set(LATER)) == sorted(TITLES) == list(range(1, 41))
    assert len(shown) >= 26


def test_every_story_says_what_is_done() -> None:
    assert [story.name for story in stories() if len(story.says) < 40] == []
