"""The page about the made year says what the model is, and what follows from it."""

from tools.made_year_page import MARKED, PAGE, all_tables, renewed

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_tables_are_those_of_the_model():
    assert renewed(TEXT) == TEXT, "run `python -m tools.made_year_page`"


def test_every_table_is_on_the_page():
    assert sorted(name for _, name, _ in MARKED.findall(TEXT)) == sorted(all_tables())


def test_every_number_of_the_model_says_what_it_is_or_belongs_to_the_one_above():
    numbers = [
        line.split(" | ") for line in TEXT.partition("## Every number")[2].splitlines() if line.startswith("| `")
    ]

    assert len(numbers) > 100
    silent = [row[0] for row in numbers if row[2].strip(" |") == ""]
    assert len(silent) < len(numbers) / 10
