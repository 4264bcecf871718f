"""The analytic tables as Ibis sees them. Nobody is connected to anything here."""

from collections.abc import Mapping
from functools import cache
from typing import Final

import ibis
from ibis.expr.types import Table

from regulars.store.analytics.tables import EXACT, NUMBER, SCHEMA, SMALL, TABLES, TEXT, TRUTH

TYPES: Final[Mapping[str, str]] = {
    NUMBER: "int64",
    SMALL: "int32",
    TEXT: "string",
    TRUTH: "boolean",
    EXACT: "decimal(38, 0)",
}


@cache
def table(name: str) -> Table:
    columns = {column: TYPES[kind] for column, kind in TABLES[name].items()}
    return ibis.table(columns, name=name, database=SCHEMA)
