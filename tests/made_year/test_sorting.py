"""Lines brought into order without holding them."""

import io
import tracemalloc

import pytest

from regulars.made_year.draws import Draws
from regulars.made_year.post import Line
from regulars.made_year.sorting import MOST_OPEN, digest_of, sort_into


def lines(number: int):
    draws = Draws("sorting", number)
    for ordinal in range(number):
        yield Line(draws.below(1_000), draws.below(3), ordinal, b"%d" % ordinal)


def ordered(number: int) -> bytes:
    return b"".join([line.text + b"\n" for line in sorted(lines(number))])


@pytest.mark.parametrize(
    ("run_bytes", "what"), [(1 << 20, "one run"), (500, "several"), (100, "more than may be open")]
)
def test_any_number_of_runs_gives_the_same_order(tmp_path, run_bytes, what):
    out = io.BytesIO()
    digest = sort_into(out, lines(700), tmp_path, run_bytes)

    assert out.getvalue() == ordered(700)
    assert digest == digest_of(io.BytesIO(ordered(700)))
    assert list(tmp_path.iterdir()) == []


def test_no_more_files_are_open_at_once_than_may_be(tmp_path, monkeypatch):
    """Two hundred runs of one line each."""
    files, most = [], 0
    really_open = type(tmp_path).open

    def opened(path, *words):
        nonlocal most
        files.append(really_open(path, *words))
        most = max(most, sum(not file.closed for file in files))
        return files[-1]

    monkeypatch.setattr(type(tmp_path), "open", opened)
    out = io.BytesIO()
    sort_into(out, lines(200), tmp_path, 1)

    assert out.getvalue() == ordered(200)
    assert MOST_OPEN <= most <= MOST_OPEN + 1, "those that are merged, and the one that they go into"


def test_nothing_is_left_behind_when_it_fails(tmp_path):
    def breaking():
        yield from lines(100)
        raise OSError("no space left on the device")

    with pytest.raises(OSError, match="no space left"):
        sort_into(io.BytesIO(), breaking(), tmp_path, 300)

    assert list(tmp_path.iterdir()) == []


def test_no_line_at_all_is_an_empty_file(tmp_path):
    out = io.BytesIO()
    sort_into(out, (), tmp_path)

    assert out.getvalue() == b""


def test_memory_holds_a_run_and_not_the_year(tmp_path):
    """Eighty megabytes go through a few."""
    text = b"x" * 2_000
    year = (Line(number * 7_919 % 40_000, 0, number, text) for number in range(40_000))
    tracemalloc.start()
    try:
        with (tmp_path / "out").open("wb") as out:
            sort_into(out, year, tmp_path, 2 << 20)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (tmp_path / "out").stat().st_size > 80_000_000
    assert most < 24 << 20
