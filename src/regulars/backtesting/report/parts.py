"""What a page of the report is made of. Values only: words and figures ready to be shown, and no mark-up but what is drawn."""

from collections.abc import Sequence
from typing import ClassVar

from markupsafe import Markup
from msgspec import Struct

from regulars.backtesting.report.charts import Drawing


class Column(Struct, frozen=True):
    """`unit` stands under the title, so that the cells hold bare figures. `words` are set left, figures right. What is
    `extra` is left out on a phone: it follows from the rest, or matters least."""

    title: str
    unit: str = ""
    words: bool = False
    extra: bool = False


class Row(Struct, frozen=True):
    """The first cell is the name of the thing; `defined` is the definition that it opens. `tone` is gain or loss."""

    cells: Sequence[str]
    defined: str = ""
    total: bool = False
    tone: str = ""


class Table(Struct, frozen=True):
    kind: ClassVar[str] = "table"

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]


class Figure(Struct, frozen=True):
    """A chart under its title, and the table behind it."""

    kind: ClassVar[str] = "figure"

    title: str
    drawing: Drawing
    table: Table


class Story(Struct, frozen=True):
    """A single order: what it is an example of, what it was, what came of it, and why."""

    title: str
    order: str
    facts: Sequence[str]
    result: str
    empty: bool
    why: Sequence[str]


class Stories(Struct, frozen=True):
    kind: ClassVar[str] = "stories"

    stories: Sequence[Story]


class Sentences(Struct, frozen=True):
    """A list of sentences, under a name where there are two."""

    kind: ClassVar[str] = "sentences"

    title: str
    sentences: Sequence[str]


class Definition(Struct, frozen=True):
    id: str
    term: str
    meaning: str


class Definitions(Struct, frozen=True):
    kind: ClassVar[str] = "definitions"

    definitions: Sequence[Definition]


class Section(Struct, frozen=True):
    """`sentences` say what the parts show."""

    id: str
    title: str
    sentences: Sequence[str]
    parts: Sequence[Table | Figure | Stories | Sentences | Definitions] = ()


class Page(Struct, frozen=True):
    """`facts` are what the report is about, by their names; `notes` are what a reader must know before believing it."""

    title: str
    names: Sequence[str]
    headline: Markup
    lead: str
    notes: Sequence[str]
    account: Table
    facts: Sequence[tuple[str, str]]
    sections: Sequence[Section]
