"""The report of a backtest: one self-contained page that a shopkeeper can show to a partner.

No script, nothing loaded from anywhere: type, style and drawings stand in the page, and its policy forbids all else.
"""

from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from msgspec import structs

from regulars.backtesting.comparison import Comparison
from regulars.backtesting.examples import Example
from regulars.backtesting.outcome import Outcome
from regulars.backtesting.report.parts import Page
from regulars.backtesting.report.side_by_side import page_of_two
from regulars.backtesting.report.single import page_of_one
from regulars.kernel.rulebook import Rulebook


def render(
    outcome: Outcome,
    program: Rulebook,
    examples: Sequence[Example],
    *,
    comparison: Comparison | None = None,
    other: Rulebook | None = None,
    note: str = "",
) -> str:
    """The page as HTML. A `comparison` is of `outcome` and that of the `other` program, in this order. `note` is what must be said
    of the shop whose orders these are."""
    assert (comparison is None) == (other is None), "a comparison is with another program"
    if comparison is None or other is None:
        return _as_html(_noted(page_of_one(outcome, program, examples), note))
    assert comparison.first == outcome, "the first of the comparison is the outcome"
    return _as_html(_noted(page_of_two(comparison, program, other, examples), note))


def content_policy() -> str:
    """The Content-Security-Policy under which the page shows itself whole: its one style sheet and its type, nothing else."""
    digest = b64encode(sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; font-src data:; img-src data:; base-uri 'none'; form-action 'none'"


def _noted(page: Page, note: str) -> Page:
    return structs.replace(page, notes=[note, *page.notes]) if note else page


def _as_html(page: Page) -> str:
    template = _environment().get_template("report.html.j2")
    html = template.render(page=page, style=Markup(_style()), policy=Markup(content_policy()))
    return "".join("\ufffd" if letter == "\0" or "\ud800" <= letter <= "\udfff" else letter for letter in html)


@cache
def _style() -> str:
    here = files(__package__)
    font = b64encode((here / "fonts/regulars-sans.woff2").read_bytes()).decode()
    return (
        (here / "report.css")
        .read_text("utf-8")
        .replace("url(fonts/regulars-sans.woff2)", f"url(data:font/woff2;base64,{font})")
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
