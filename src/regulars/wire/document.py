"""A YAML 1.2 document as a tree of places, each knowing its line, column and path; and the list of everything wrong with it.

Nothing stops at the first mistake: whoever reads a place adds a problem and goes on with the rest. Only what is not YAML at
all, and what is too large to be a program, ends the reading. The tree is built from the parser's events, without recursion:
a scalar is what is written, whatever YAML's own types would make of it.
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, Final

from msgspec import Struct, field
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)
from ruamel.yaml.reader import ReaderError

MAX_CHARACTERS: Final = 200_000
MAX_DEPTH: Final = 30
MAX_PLACES: Final = 50_000
LONGEST_WORD: Final = 60
"""Longer ones are cut in messages, and nobody looks for the word that was meant."""

NULLS: Final = ("", "~", "null", "Null", "NULL")


class Problem(Struct, frozen=True):
    """One mistake. Lines and columns count from 1; `path` is like `earning[2].per`, empty for the whole document."""

    line: int
    column: int
    path: str
    message: str

    def describe(self, file: str) -> str:
        path = f"{self.path}: " if self.path else ""
        return f"{file}:{self.line}:{self.column}: {path}{self.message}"


class DocumentError(Exception):
    """A document that is refused, with every mistake in it, in the order of the file.

    What an alias brings to several places is one mistake.
    """

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.file = file
        different = {(one.line, one.column, one.message): one for one in reversed(list(problems))}
        in_order_found = reversed(different.values())
        self.problems = sorted(in_order_found, key=lambda one: (one.line, one.column))
        super().__init__("\n".join(problem.describe(file) for problem in self.problems))


class Node(Struct):
    """What is written at one spot: the text of a scalar (None for nothing), or what a list or a table holds."""

    line: int
    column: int
    text: str | None = None
    items: list["Node"] | None = None
    pairs: list[tuple["Node", "Node"]] | None = None
    places: int = 1
    """This one and all inside it, aliases unfolded."""
    is_refused: bool = False
    """Whether what is wrong here has been said."""


class Place:
    """A node at its path in the document. `problems` are the whole document's."""

    def __init__(self, node: Node, path: str, problems: list[Problem]) -> None:
        self.node = node
        self.path = path
        self.problems = problems

    def wrong(self, message: str) -> None:
        """Writes down what is wrong here."""
        if not self.node.is_refused:
            self.problems.append(Problem(self.node.line, self.node.column, self.path, message))

    @property
    def line(self) -> int:
        return self.node.line

    @property
    def is_table(self) -> bool:
        return self.node.pairs is not None

    @property
    def is_list(self) -> bool:
        return self.node.items is not None

    @property
    def is_empty(self) -> bool:
        """A list or a table that holds nothing."""
        return not self.node.pairs and not self.node.items

    @property
    def text(self) -> str | None:
        """The scalar as it is written; None for anything else and where nothing is written."""
        return self.node.text

    @property
    def found(self) -> str:
        """What stands here, for messages."""
        if self.is_table:
            return "an empty table" if self.is_empty else "a table of keys"
        if self.is_list:
            return "an empty list" if self.is_empty else "a list"
        return "nothing" if self.text is None else quoted(self.text)

    def entries(self) -> list[tuple[str, "Place", "Place"]]:
        """(name, place of the key, place of the value) of a table, in the order written.

        Keys that are no text, and keys given twice, are refused and left out.
        """
        seen: dict[str, int] = {}
        entries = []
        for key_node, value_node in self.node.pairs or ():
            name = key_node.text
            if name is None:
                self._inner(key_node, self.path).wrong("a key must be a word")
                continue
            path = f"{self.path}.{name}" if self.path else name
            key, value = self._inner(key_node, path), self._inner(value_node, path)
            if name in seen:
                key.wrong(f"{quoted(name)} stands here a second time; the first is on line {seen[name]}")
            else:
                seen[name] = key.line
                entries.append((name, key, value))
        return entries

    def items(self) -> Iterator["Place"]:
        for number, node in enumerate(self.node.items or ()):
            yield self._inner(node, f"{self.path}[{number}]")

    def _inner(self, node: Node, path: str) -> "Place":
        return Place(node, path, self.problems)


def open_document(text: str, file: str, problems: list[Problem]) -> Place:
    """The document's root. DocumentError where it is not YAML at all, or too large."""
    if len(text) > MAX_CHARACTERS:
        message = f"a program has at most {MAX_CHARACTERS:,} characters; this has {len(text):,}"
        raise DocumentError(file, [Problem(1, 1, "", message)])
    tree = _Tree(problems)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            tree.take(event)
    except _TooMuch as too_much:
        raise DocumentError(file, [too_much.problem]) from None
    except MarkedYAMLError as error:
        raise DocumentError(file, [_syntax_problem(error)]) from None
    except ReaderError as error:
        raise DocumentError(file, [_unreadable_character(error, text)]) from None
    except (YAMLError, ValueError, OverflowError) as error:
        # A number in a directive or in an escape that is beyond all bounds.
        raise DocumentError(file, [Problem(1, 1, "", f"this is not YAML 1.2: {error}")]) from None
    if tree.root is None:
        raise DocumentError(file, [Problem(1, 1, "", "the document is empty")])
    return Place(tree.root, "", problems)


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word that was most likely meant, if one is near."""
    if len(word) > LONGEST_WORD:
        return None
    by_folded = {_folded(one): one for one in sorted(known, reverse=True)}
    near = get_close_matches(_folded(word), list(by_folded), n=1, cutoff=cutoff)
    return by_folded[near[0]] if near else None


def did_you_mean(near: str | None) -> str:
    return f"; did you mean {quoted(near)}?" if near else ""


def quoted(text: str) -> str:
    """The text in quotation marks, cut and with control characters made visible."""
    visible = "".join([character if character.isprintable() else "�" for character in text[:LONGEST_WORD]])
    return f"“{visible}{'…' if len(text) > LONGEST_WORD else ''}”"


class _TooMuch(Exception):
    def __init__(self, node: Node, message: str) -> None:
        self.problem = Problem(node.line, node.column, "", message)
        super().__init__(message)


class _Open(Struct):
    """A list or table that is not yet closed, and what it holds so far."""

    node: Node
    is_table: bool
    anchor: str | None
    inside: list[Node] = field(default_factory=list)


class _Tree:
    """Grows by one event after another."""

    def __init__(self, problems: list[Problem]) -> None:
        self.root: Node | None = None
        self._problems = problems
        self._open: list[_Open] = []
        self._anchored: dict[str, Node] = {}

    def take(self, event: Any) -> None:
        if isinstance(event, CollectionEndEvent):
            self._close()
            return
        if not isinstance(event, NodeEvent | DocumentStartEvent):
            return
        node = Node(event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, DocumentStartEvent):
            self._start(node, event.version)
            return
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._wrong(node, f"the tag {quoted(str(tag))} is not understood; write the value without it")
        if isinstance(event, CollectionStartEvent):
            if len(self._open) == MAX_DEPTH:
                raise _TooMuch(node, f"tables and lists are nested deeper than {MAX_DEPTH} levels here")
            self._open.append(_Open(node, isinstance(event, MappingStartEvent), event.anchor))
        elif isinstance(event, ScalarEvent):
            is_null = event.style is None and event.value in NULLS
            node.text = None if is_null else str(event.value)
            if is_null and event.value == "":
                self._stand_by_the_key(node)
            self._add(node, event.anchor)
        else:
            self._add(self._named(event.anchor, node), None)

    def _start(self, node: Node, version: tuple[int, int] | None) -> None:
        if self.root is not None:
            raise _TooMuch(node, "a second document starts here; a program is one document")
        if version not in (None, (1, 2)):
            self._wrong(node, "a program is written in YAML 1.2; leave out the line that names another version")

    def _close(self) -> None:
        closed = self._open.pop()
        if closed.is_table:
            closed.node.pairs = list(zip(closed.inside[::2], closed.inside[1::2], strict=True))
        else:
            closed.node.items = closed.inside
        self._add(closed.node, closed.anchor)

    def _add(self, node: Node, anchor: str | None) -> None:
        if anchor is not None:
            self._anchored[anchor] = node
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        parent.inside.append(node)
        parent.node.places += node.places
        if parent.node.places > MAX_PLACES:
            raise _TooMuch(parent.node, f"a program has at most {MAX_PLACES:,} values; from here on there are more")

    def _stand_by_the_key(self, node: Node) -> None:
        """A value that is left out stands nowhere; the parser would have it on one of the lines that follow."""
        if self._open and self._open[-1].is_table and len(self._open[-1].inside) % 2:
            key = self._open[-1].inside[-1]
            node.line, node.column = key.line, key.column

    def _named(self, anchor: str, here: Node) -> Node:
        if anchor in self._anchored:
            return self._anchored[anchor]
        self._wrong(here, f"nothing above is marked {quoted(f'&{anchor}')}, which this stands for")
        here.is_refused = True
        return here

    def _wrong(self, node: Node, message: str) -> None:
        self._problems.append(Problem(node.line, node.column, "", message))


SYNTAX: Final = (
    ("character '\\t' that cannot start", "a tab stands here; indent with blanks"),
    ("that cannot start any token", "a text that starts with this character needs quotation marks"),
    ("mapping values are not allowed", "a “:” stands where there can be none; is the line indented wrongly?"),
    ("sequence entries are not allowed", "a “-” stands where there can be none; start the list on a line of its own"),
    ("could not find expected ':'", "this line belongs to no key; is a “:” missing, or the indentation wrong?"),
    ("but found '<block", "this line is not indented as those that it belongs to"),
    ("expected <block end>", "this line is not indented as those that it belongs to"),
    ("unexpected end of stream", "a quotation mark is opened and never closed"),
    ("expected ',' or ']'", "a “,” or the closing “]” of this list is missing"),
    ("expected ',' or '}'", "a “,” or the closing “}” of this table is missing"),
    ("but found '<stream end>'", "the document ends in the middle of a list or a table; is a “]” or “}” missing?"),
    ("unclosed '[' or '{'", "this line is not indented as those that it belongs to; is a “]” or “}” missing?"),
)  # fmt: skip
"""What YAML's parser complains of most, in words for whoever wrote the document."""


BEGUN_EARLIER: Final = ("could not find expected ':'", "unexpected end of stream")
"""Complaints that come at the end of what was begun wrongly; the beginning is the place to look at."""


def _syntax_problem(error: MarkedYAMLError) -> Problem:
    words = str(error.problem or error.context or "a mistake")
    marks = (error.problem_mark, error.context_mark)
    mark = next(filter(None, reversed(marks) if any(one in words for one in BEGUN_EARLIER) else marks), None)
    message = next((ours for theirs, ours in SYNTAX if theirs in words), f"this is not YAML 1.2: {words}")
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Problem(line, column, "", message)


def _unreadable_character(error: ReaderError, text: str) -> Problem:
    lines = text[: error.position].split("\n")
    message = f"the character U+{ord(text[error.position]):04X} cannot stand in YAML"
    return Problem(len(lines), len(lines[-1]) + 1, "", message)


def _folded(word: str) -> str:
    return word.casefold().replace("_", " ").replace("-", " ")
