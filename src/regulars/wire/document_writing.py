"""A document made to say something else by changing as few letters as possible: comments, order and layout stay as they were.

What is wanted is given as plain values: tables as dictionaries, lists, and the text of everything else, None for nothing. The
document is held against it place by place; where both say the same nothing is touched. What comes out is read again and says
exactly what was wanted; where it cannot be made to (aliases that reach from one place to another), it is refused.
"""

import json
import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any, Final, TypeAlias, cast

from msgspec import Struct
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from regulars.wire.document import NULLS, DocumentError, Problem, open_document

Plain: TypeAlias = "str | list[Plain] | dict[str, Plain] | None"

LONGEST_LINE: Final = 110
INDENT: Final = 2
_PLAIN: Final = re.compile(r"(?:[A-Za-z_$/(]|-?[0-9])(?:[A-Za-z0-9_.$/()%+' -]*[A-Za-z0-9_.$/()%+'-])?", re.ASCII)


class NotWritable(Exception):
    """The document is written in a way that only a person can change, in words for whoever asked."""


def plain_of(document: str) -> dict[str, Plain]:
    """What a document says, in plain values. NotWritable where it cannot be read."""
    problems: list[Problem] = []
    try:
        open_document(document, "program", problems)
    except DocumentError as error:
        raise NotWritable(f"The document cannot be read: {error}") from None
    try:
        root = YAML(typ="safe", pure=True).compose(document)
    except (YAMLError, ValueError, OverflowError):
        root = None
    if problems or not isinstance(root, MappingNode):
        raise NotWritable("The document cannot be read; mend it on the page of the program.")
    said = _plain(root)
    assert isinstance(said, dict)
    return said


def rewritten(document: str, wanted: Mapping[str, Plain]) -> str:
    """The document, saying what is wanted."""
    if plain_of(document) == wanted:
        return document
    root = YAML(typ="safe", pure=True).compose(document)
    writer = _Writer(document)
    writer.change(root, dict(wanted))
    written = writer.written()
    try:
        says_so = plain_of(written) == wanted
    except NotWritable:
        says_so = False
    if not says_so:
        raise NotWritable("The document is written in a way that a form cannot change; use the page of the program.")
    return written


def flow(value: Any) -> str:
    """In one line."""
    if isinstance(value, dict):
        return "{" + ", ".join([f"{scalar(name)}: {flow(one)}" for name, one in value.items()]) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return "null" if value is None else scalar(value)


def scalar(text: str) -> str:
    if _PLAIN.fullmatch(text) and text not in NULLS:
        return text
    return json.dumps(text, ensure_ascii=False)


def _plain(node: Node) -> Plain:
    if isinstance(node, MappingNode):
        return {str(key.value): _plain(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [_plain(one) for one in node.value]
    text, style = str(node.value), cast("ScalarNode", node).style
    return None if style is None and text in NULLS else text


class _Edit(Struct, frozen=True):
    start: int
    end: int
    text: str


class _Writer:
    """Collects what is to be changed; nothing overlaps, since a place is either changed itself or something within it is."""

    def __init__(self, document: str) -> None:
        self._document = document
        self._edits: list[_Edit] = []

    def written(self) -> str:
        text = self._document
        for edit in sorted(self._edits, key=lambda one: (one.start, one.end), reverse=True):
            text = text[: edit.start] + edit.text + text[edit.end :]
        return text

    def change(self, node: Node, wanted: Plain) -> None:
        if _plain(node) == wanted:
            return
        if isinstance(node, MappingNode) and isinstance(wanted, dict) and node.value and wanted:
            self._table(node, wanted)
        elif isinstance(node, SequenceNode) and isinstance(wanted, list) and node.value and wanted:
            self._list(node, wanted)
        else:
            self._instead(node, wanted)

    # --- tables ---

    def _table(self, node: MappingNode, wanted: dict[str, Plain]) -> None:
        pairs = node.value
        kept = [pair for pair in pairs if pair[0].value in wanted]
        new = {name: said for name, said in wanted.items() if name not in {key.value for key, _ in pairs}}
        if not kept:
            self._instead(node, wanted)
            return
        for key, value in kept:
            self._value(key, value, wanted[key.value])
        gone = [(key, value) not in kept for key, value in pairs]
        if node.flow_style:
            said = "".join([f", {scalar(name)}: {flow(one)}" for name, one in new.items()])
            self._out_of_line([(key.start_mark.index, _end(value, key)) for key, value in pairs], gone, said)
            return
        for number, (key, value) in enumerate(pairs):
            if gone[number]:
                self._lines_out(key.start_mark, _end(value, key), number, pairs[number + 1 :])
        last = kept[-1]
        indent, short = int(pairs[0][0].start_mark.column), _is_in_a_line([value for _, value in pairs])
        lines = [line for name, one in new.items() for line in _entry(name, one, short)]
        self._lines_in(_end(last[1], last[0]), indent, ["", *lines] if lines and not indent else lines)

    def _value(self, key: Node, value: Node, wanted: Plain) -> None:
        """A value that is left out stands nowhere, and one in a block stands on lines of its own."""
        if _plain(value) == wanted:
            return
        in_a_block = isinstance(value, MappingNode | SequenceNode) and not value.flow_style
        same = (isinstance(value, MappingNode) and isinstance(wanted, dict) and wanted) or (
            isinstance(value, SequenceNode) and isinstance(wanted, list) and wanted
        )
        if not _is_there(value) or (in_a_block and not same):
            colon = self._document.index(":", key.end_mark.index) + 1
            self._edits.append(_Edit(colon, max(colon, _end(value, key)), f" {flow(wanted)}"))
        else:
            self.change(value, wanted)

    # --- lists ---

    def _list(self, node: SequenceNode, wanted: list[Plain]) -> None:
        before, after = [_key(_plain(one)) for one in node.value], [_key(one) for one in wanted]
        steps = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        if node.flow_style:
            if len(before) == len(after):
                for one, said in zip(node.value, wanted, strict=True):
                    self.change(one, said)
            else:
                self._instead(node, wanted)
            return
        for what, first, end, first_wanted, end_wanted in steps:
            if what == "equal":
                continue
            common = min(end - first, end_wanted - first_wanted)
            for number in range(common):
                self.change(node.value[first + number], wanted[first_wanted + number])
            for number in range(first + common, end):
                one = node.value[number]
                self._lines_out(one.start_mark, _end(one), number, [(two, two) for two in node.value[number + 1 :]])
            added = wanted[first_wanted + common : end_wanted]
            if added:
                self._items_in(node, first + common, added)

    def _items_in(self, node: SequenceNode, at: int, added: list[Plain]) -> None:
        short = _is_in_a_line(node.value)
        lines = [line for one in added for line in _item(one, short)]
        dash = node.start_mark.column
        if at > 0:
            self._lines_in(_end(node.value[at - 1]), dash, lines)
            return
        start = self._document.rfind("\n", 0, node.start_mark.index) + 1
        text = "".join([f"{' ' * dash}{line}\n" for line in lines])
        self._edits.append(_Edit(start, start, text))

    # --- letters ---

    def _instead(self, node: Node, wanted: Plain) -> None:
        self._edits.append(_Edit(node.start_mark.index, _end(node), flow(wanted)))

    def _out_of_line(self, spans: list[tuple[int, int]], gone: list[bool], said: str) -> None:
        """Entries taken out of a table in braces, and others put behind the last that stays."""
        last = max(number for number, is_gone in enumerate(gone) if not is_gone)
        for number, is_gone in enumerate(gone[:last]):
            if is_gone:
                self._edits.append(_Edit(spans[number][0], spans[number + 1][0], ""))
        if said or last + 1 < len(gone):
            self._edits.append(_Edit(spans[last][1], spans[-1][1], said))

    def _lines_out(self, start: Any, end: int, number: int, following: list[tuple[Node, Node]]) -> None:
        """From where it begins to the end of its last line; what was written right above it goes as well, but not what stands above
        the first, which may be meant for all.
        """
        line_start = self._document.rfind("\n", 0, start.index) + 1
        before = self._document[line_start : start.index]
        line_end = self._line_end(end)
        if before.strip() not in ("", "-"):
            self._edits.append(_Edit(start.index, line_end, ""))
        elif before.strip() == "-" and following and following[0][0] is not following[0][1]:
            self._edits.append(_Edit(start.index, following[0][0].start_mark.index, ""))
        else:
            while number and (above := self._line_above(line_start)).lstrip().startswith("#"):
                line_start -= len(above) + 1
            self._edits.append(_Edit(line_start, min(line_end + 1, len(self._document)), ""))

    def _lines_in(self, end: int, indent: int, lines: list[str]) -> None:
        if lines:
            at = self._line_end(end)
            self._edits.append(_Edit(at, at, "".join([f"\n{' ' * indent}{line}" if line else "\n" for line in lines])))

    def _line_end(self, at: int) -> int:
        found = self._document.find("\n", at)
        return len(self._document) if found < 0 else found

    def _line_above(self, line_start: int) -> str:
        if line_start == 0:
            return ""
        return self._document[self._document.rfind("\n", 0, line_start - 1) + 1 : line_start - 1]


def _end(node: Node, otherwise: Node | None = None) -> int:
    """Behind the last letter of it: a block's own mark stands where the next thing begins."""
    if isinstance(node, MappingNode | SequenceNode) and not node.flow_style:
        inside = [one for pair in node.value for one in pair] if isinstance(node, MappingNode) else node.value
        return max([_end(one) for one in inside], default=int(node.start_mark.index))
    if otherwise is not None and not _is_there(node):
        return int(otherwise.end_mark.index) + 1
    if isinstance(node, ScalarNode) and node.style in ("|", ">"):
        return int(node.end_mark.index) - 1
    return int(node.end_mark.index)


def _is_there(node: Node) -> bool:
    return not isinstance(node, ScalarNode) or bool(node.value) or node.style is not None


def _key(said: Plain) -> str:
    """Two items are the same one if they say the same."""
    return json.dumps(said)


# --- how what is new is written ----------------------------------------------------------------------------------------


def _is_in_a_line(values: list[Node]) -> bool:
    return all(not isinstance(one, MappingNode | SequenceNode) or one.flow_style for one in values)


def _entry(name: str, said: Plain, short: bool) -> list[str]:
    line = f"{scalar(name)}: {flow(said)}"
    if isinstance(said, dict) and said and (len(line) > LONGEST_LINE or not short):
        return [f"{scalar(name)}:", *[f"{' ' * INDENT}{one}" for key in said for one in _entry(key, said[key], True)]]
    if isinstance(said, list) and said and isinstance(said[0], dict):
        return [f"{scalar(name)}:", *[f"{' ' * INDENT}{line}" for one in said for line in _item(one, True)]]
    return [line]


def _item(said: Plain, short: bool) -> list[str]:
    line = f"- {flow(said)}"
    if not isinstance(said, dict) or (short and len(line) <= LONGEST_LINE):
        return [line]
    first, *others = [line for name in said for line in _entry(name, said[name], True)]
    return [f"- {first}", *[f"{' ' * INDENT}{one}" for one in others]]
