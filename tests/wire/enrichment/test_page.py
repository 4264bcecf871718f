"""The page about enrichment says what the rules are."""

from tools.enrichment_page import MARKED, PAGE, TABLES, renewed

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_tables_are_those_of_the_rules():
    assert renewed(TEXT) == TEXT, "run `python -m tools.enrichment_page`"


def test_every_table_is_on_the_page():
    assert sorted(name for _, name, _ in MARKED.findall(TEXT)) == sorted(TABLES)
