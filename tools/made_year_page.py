"""The tables of docs/made-year.md, written from the model and from the truths that follow from it.

    python -m tools.made_year_page

renews what stands between `<!-- table: NAME -->` and `<!-- end -->`: the model's numbers with what its docstrings say of them, and
what the campaigns, the mails, the surveys, the help desk and the referrals come to.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from regulars.made_year import campaigns, costs, forms, mails, model, referrals, support, surveys
from regulars.made_year.expected import there
from regulars.made_year.model import Model

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs/made-year.md"
MODEL: Final = Model()
MARKED: Final = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_LONGEST: Final = 90
"""What is longer is one of the page's own tables."""


def renewed(page: str) -> str:
    """The page with its tables as they should be."""
    tables = all_tables()
    return MARKED.sub(lambda marked: f"{marked[1]}{tables[marked[2]]}{marked[3]}", page)


def all_tables() -> dict[str, str]:
    return {
        "identification": _identification(),
        "campaigns": _campaigns(),
        "surveys": _surveys(),
        "shares": _shares(),
        "costs": _table(("column", "such as"), zip([f"`{name}`" for name in costs.COLUMNS], _a_cost(), strict=True)),
        "model": _model(),
    }


def _identification() -> str:
    days = (("the whole year", 0, 364), ("January", 0, 30), ("July", 181, 211), ("December", 334, 364))
    rows = [(name, _share(there(MODEL, first, last).rate)) for name, first, last in days]
    return _table(("in", "named, of those who were there and agree"), rows)


def _campaigns() -> str:
    head = ("campaign", "kind", "from", "to", "shown", "ordered, held out", "ordered, shown", "value", "code")
    rows = [
        (
            f"`{one.id}`",
            one.kind,
            one.first_date,
            one.last_date,
            _share(one.share),
            _share(one.conversion_held_out),
            _share(one.conversion_shown),
            f"{one.value_effect:.3f}",
            f"`{one.code}`, {one.percent_off} %" if one.code else "",
        )
        for one in campaigns.truth(MODEL)
    ]
    return _table(head, rows)


def _surveys() -> str:
    head = ("survey", "kind", "answered", "from", "scores from the lowest up", "mean", "figure")
    return _table(
        head,
        [
            (
                f"`{one.survey}`" if wave == 0 else "",
                f"`{one.kind}`, from {one.lowest}" if wave == 0 else "",
                _share(one.answered) if wave == 0 else "",
                one.dates[wave],
                ", ".join([f"{share:g}" for share in scores]),
                f"{one.means[wave]:.2f}",
                f"{one.figure[wave]:.4g}",
            )
            for one in surveys.truth(MODEL)
            for wave, scores in enumerate(one.scores)
        ],
    )


def _shares() -> str:
    mail, desk, brought = mails.truth(MODEL), support.truth(MODEL), referrals.truth(MODEL)
    return _table(
        ("of", "share"),
        [
            *[
                (f"the form `{form.form}`, of those who see it: answered", _share(form.answered))
                for form in forms.truth(MODEL)
            ],
            ("shoppers: loyal to one category", _share(MODEL.people.one_category)),
            ("shoppers: look for bargains", _share(MODEL.people.bargains)),
            ("delivered mails: opened by people", _share(mail.opened)),
            ("delivered mails: opened by people, and told", _share(mail.opened_told)),
            ("delivered mails: opened by a machine at once", _share(mail.opened_by_machine)),
            ("delivered mails: every link clicked by a machine", _share(mail.clicked_by_machine)),
            ("addresses: there is no such", _share(mail.addresses_that_bounce)),
            ("orders delivered before the shift: cases for each", _share(desk.cases_per_order_before)),
            ("orders delivered since: cases for each", _share(desk.cases_per_order_after)),
            ("cases after orders, before the shift: about the delivery", _share(desk.about_delivery_before)),
            ("cases after orders, since: about the delivery", _share(desk.about_delivery_after)),
            ("customers known before the year: advocates", _share(brought.advocates)),
            ("new shoppers with a name: referred", _share(brought.referred)),
            ("advocates: refer themselves", _share(brought.false)),
        ],
    )


def _a_cost() -> Iterator[str]:
    """The first row of a campaign's."""
    row = next(row for row in costs.rows(MODEL, 5_000) if row[2])
    return iter([f"`{cell}`" for cell in row])


def _model() -> str:
    return "\n".join([_part(node) for node in _classes() if node.name != "Model"])


def _classes() -> Iterator[ast.ClassDef]:
    tree = ast.parse(Path(str(model.__file__)).read_text(encoding="utf-8"))
    return (node for node in tree.body if isinstance(node, ast.ClassDef))


def _part(node: ast.ClassDef) -> str:
    told = " ".join((ast.get_docstring(node) or "").split())
    rows = [(f"`{name}`", value, says) for name, value, says in _fields(node)]
    return f"### {node.name}\n\n{told}\n\n{_table(('name', 'value', 'what it is'), rows)}"


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, str, str]]:
    """Each with its value and the docstring beneath it, if it has one."""
    for place, one in enumerate(node.body):
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            below = node.body[place + 1] if place + 1 < len(node.body) else None
            yield one.target.id, _value(one.value), _says(below)


def _value(node: ast.expr | None) -> str:
    if node is None:
        return ""
    written = ast.unparse(node)
    return f"`{written}`" if len(written) <= _LONGEST else "its own table above, or the code"


def _says(node: ast.stmt | None) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return " ".join(node.value.value.split()).replace("|", "\\|")
    return ""


def _share(share: float) -> str:
    return f"{100 * share:.1f} %"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
