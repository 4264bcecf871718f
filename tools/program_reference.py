"""The reference of the program document, written from its shapes.

    python -m tools.program_reference

renews the tables of keys in docs/program.md (between `<!-- keys: RULE -->` and `<!-- end -->`) and docs/program.schema.json.
"""

import json
import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Final

from regulars.kernel.terms import listed
from regulars.wire import vocabulary
from regulars.wire.program import program_schema
from regulars.wire.shapes import Either, ListOf, Table

DOCS: Final = Path(__file__).parents[1] / "docs"
PAGE: Final = DOCS / "program.md"
SCHEMA: Final = DOCS / "program.schema.json"
MARKED: Final = re.compile(r"(<!-- keys: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def _tables() -> dict[str, Table]:
    """Every table of the vocabulary, by its name there; of what may be a word as well, the table."""
    found: dict[str, Table] = {}
    for module in iter_modules(vocabulary.__path__, f"{vocabulary.__name__}."):
        for name, shape in vars(import_module(module.name)).items():
            table = shape.table if isinstance(shape, Either) else shape
            if isinstance(table, Table):
                assert found.setdefault(name, table) is table, f"two tables are called {name}"
    return found


TABLES: Final = _tables()


def renewed(page: str) -> str:
    """The page with its tables as they should be."""
    return MARKED.sub(lambda marked: f"{marked[1]}{key_table(TABLES[marked[2]])}{marked[3]}", page)


def key_table(table: Table) -> str:
    rows = ["| key | needed | what it is | what may stand there |", "| --- | --- | --- | --- |"]
    for name, key in table.keys.items():
        needed = "yes" if key.required else ""
        rows.append(f"| `{name}` | {needed} | {_cell(key.about)} | {_cell(_expected(key.shape))} |")
    later = [f"`{name}`" for name in table.not_yet]
    text = "\n".join(rows) + "\n"
    return f"{text}\nNot yet: {listed(later)}.\n" if later else text


def schema_text() -> str:
    """What `regulars schema` prints."""
    return json.dumps(program_schema(), ensure_ascii=False, indent=2) + "\n"


def _expected(shape: object) -> str:
    expected = str(getattr(shape, "expected", ""))
    later = [f"“{word}”" for word in _not_yet(shape)]
    return f"{expected} (not yet: {listed(later)})" if later else expected


def _not_yet(shape: object) -> tuple[str, ...]:
    inner = shape.item if isinstance(shape, ListOf) else shape
    words = getattr(inner, "not_yet", ())
    return words if isinstance(words, tuple) else ()


def _cell(text: str) -> str:
    quoted = re.sub(r"“([^”]*)”", r"`\1`", text)
    quoted = re.sub(r"(?<!`)(\{[^}]*\})", r"`\1`", quoted)
    return quoted.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    SCHEMA.write_text(schema_text(), encoding="utf-8")
