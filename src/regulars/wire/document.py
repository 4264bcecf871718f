"""A YAML 1.2 document as a tree of places, each knowing its line, column and path; and the list of everything wrong with it.

Nothing stops at the first mistake: whoever reads a place adds a problem and goes on with the rest.
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, Final

from msgspec import Struct
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

MAX_CHARACTERS: Final = 1_000_000
MAX_DEPTH: Final = 30
MAX_PLACES: Final = 100_000


class Problem(Struct, frozen=True, order=True):
    """One mistake. Lines and columns count from 1; `path` is like `earning[2].per`, empty for the whole document."""

    line: int
    column: int
    path: str
    message: str

    def describe(self, file: str) -> str:
        path = f"{self.path}: " if self.path else ""
        return f"{file}:{self.line}:{self.column}: {path}{self.message}"


class DocumentError(Exception):
    """A document that is refused, with every mistake in it, in the order of the file."""

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.file = file
        self.problems = sorted(set(problems))
        super().__init__("\n".join(problem.describe(file) for problem in self.problems))


class Place:
    """A node of the document and where it stands. `problems` and `context` are the whole document's."""

    def __init__(self, node: Node, path: str, problems: list[Problem], context: dict[str, Any]) -> None:
        self.node = node
        self.path = path
        self.problems = problems
        self.context = context

    def wrong(self, message: str) -> None:
        """Writes down what is wrong here."""
        mark = self.node.start_mark
        self.problems.append(Problem(mark.line + 1, mark.column + 1, self.path, message))

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, MappingNode)

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, SequenceNode)

    @property
    def text(self) -> str | None:
        """The scalar as it is written; None for anything else and for an empty value."""
        if isinstance(self.node, ScalarNode) and not self._is_null():
            return str(self.node.value)
        return None

    @property
    def found(self) -> str:
        """What stands here, for messages."""
        if self.is_mapping:
            return "a table of keys"
        if self.is_list:
            return "a list"
        return "nothing" if self.text is None else quoted(self.text)

    def entries(self) -> list[tuple[str, "Place", "Place"]]:
        """(name, place of the key, place of the value) of a table, in the order written; keys given twice are refused."""
        seen: dict[str, Place] = {}
        keys = []
        for key_node, value_node in self.node.value:
            name = str(key_node.value) if isinstance(key_node, ScalarNode) else "?"
            path = f"{self.path}.{name}" if self.path else name
            key, value = self._inner(key_node, path), self._inner(value_node, path)
            if name in seen:
                key.wrong(f"{quoted(name)} stands here a second time; the first is on line {seen[name].line}")
            else:
                seen[name] = key
                keys.append((name, key, value))
        return keys

    def items(self) -> Iterator["Place"]:
        for number, node in enumerate(self.node.value):
            yield self._inner(node, f"{self.path}[{number}]")

    @property
    def line(self) -> int:
        return int(self.node.start_mark.line) + 1

    def _inner(self, node: Node, path: str) -> "Place":
        return Place(node, path, self.problems, self.context)

    def _is_null(self) -> bool:
        return str(self.node.tag).endswith(":null")


def open_document(text: str, file: str, problems: list[Problem]) -> Place:
    """The document's root. DocumentError where it is not YAML at all, or too large."""
    if len(text) > MAX_CHARACTERS:
        raise DocumentError(file, [Problem(1, 1, "", f"the document is larger than {MAX_CHARACTERS:,} characters")])
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        raise DocumentError(file, [_syntax_problem(error)]) from None
    except (YAMLError, ReaderError, RecursionError) as error:
        raise DocumentError(file, [Problem(1, 1, "", f"this is not readable as YAML: {_first_line(error)}")]) from None
    if node is None:
        raise DocumentError(file, [Problem(1, 1, "", "the document is empty")])
    if not _is_bounded(node):
        message = f"the document is nested deeper than {MAX_DEPTH} levels or unfolds to over {MAX_PLACES:,} values"
        raise DocumentError(file, [Problem(1, 1, "", message)])
    return Place(node, "", problems, {})


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was most likely meant, if one is near."""
    by_folded = {one.casefold(): one for one in sorted(known)}
    near = get_close_matches(word.casefold(), list(by_folded), n=1, cutoff=0.6)
    return by_folded[near[0]] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    near = nearest(word, known)
    return f"; did you mean {quoted(near)}?" if near else ""


def quoted(text: str) -> str:
    """The text in quotation marks, cut and with control characters made visible."""
    visible = "".join([character if character.isprintable() else "�" for character in text[:60]])
    return f"“{visible}{'…' if len(text) > 60 else ''}”"


def _syntax_problem(error: MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    words = error.problem or error.context or "a mistake in the YAML"
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Problem(line, column, "", f"this is not YAML 1.2: {words}")


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _is_bounded(root: Any) -> bool:
    """Whether the tree, aliases unfolded, is small enough. A node that holds itself is not."""
    places = 0
    waiting = [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        places += 1
        if depth > MAX_DEPTH or places > MAX_PLACES:
            return False
        if isinstance(node, MappingNode):
            waiting += [(child, depth + 1) for pair in node.value for child in pair]
        elif isinstance(node, SequenceNode):
            waiting += [(child, depth + 1) for child in node.value]
    return True
