"""One segment put into a program document, or taken out of it: everything else stays as it was written, letter by letter.

Only the lines of that segment are written anew. Before the document is given back it is read again, and says the same of
everything else; where it would not (one long line, or aliases that reach into the segment), it is refused.
"""

from typing import Any, Final

from regulars.wire.document import DocumentError, Node, Problem, open_document
from regulars.wire.document_writing import INDENT, LONGEST_LINE, NotWritable, flow, scalar
from regulars.wire.segment_form import Said

SEGMENTS: Final = "segments"


def segments_in(document: str) -> dict[str, Any]:
    """Every segment as it is written, by its id, in the order of the document. Nothing where that cannot be read."""
    try:
        said = _plain(document)
    except NotWritable:
        return {}
    found = said.get(SEGMENTS) if isinstance(said, dict) else None
    return found if isinstance(found, dict) else {}


def with_segment(document: str, id: str, said: Said, instead_of: str | None = None) -> str:
    """The document with this segment: in the place of the one that it is written instead of, else behind the others."""
    lines, root = document.split("\n"), _root(document)
    new = _lines(id, said)
    section = _value(root, SEGMENTS)
    if section is None:
        while lines and not lines[-1].strip():
            lines.pop()
        changed = [*lines, "", f"{SEGMENTS}:", *_indented(new, INDENT), ""]
    elif _is_flow(section, lines):
        raise NotWritable("The segments stand in one line of the document; change it on the page of the program.")
    else:
        entries = section.pairs or []
        here = next((number for number, (key, _) in enumerate(entries) if key.text == instead_of), None)
        indent = entries[0][0].column - 1
        if here is None:
            at = _end(len(entries) - 1, entries, root, lines)
            changed = [*lines[:at], *_indented(new, indent), *lines[at:]]
        else:
            at = entries[here][0].line - 1
            changed = [*lines[:at], *_indented(new, indent), *lines[_end(here, entries, root, lines) :]]
    wanted = dict(segments_in(document))
    names = [id if name == instead_of else name for name in wanted]
    wanted = {name: said if name == id else wanted[name] for name in ([*names, id] if id not in names else names)}
    return _held(document, "\n".join(changed), wanted)


def without_segment(document: str, id: str) -> str:
    """KeyError where there is none."""
    lines, root = document.split("\n"), _root(document)
    section = _value(root, SEGMENTS)
    entries = section.pairs or [] if section else []
    here = next((number for number, (key, _) in enumerate(entries) if key.text == id), None)
    if section is None or here is None:
        raise KeyError(id)
    if _is_flow(section, lines):
        raise NotWritable("The segments stand in one line of the document; change it on the page of the program.")
    first, end = entries[here][0].line - 1, _end(here, entries, root, lines)
    if len(entries) == 1:
        first = next(key for key, _ in root.pairs or () if key.text == SEGMENTS).line - 1
    wanted = {name: said for name, said in segments_in(document).items() if name != id}
    return _held(document, "\n".join([*lines[:first], *lines[end:]]), wanted)


# --- where it stands ---------------------------------------------------------------------------------------------------


def _root(document: str) -> Node:
    problems: list[Problem] = []
    try:
        place = open_document(document, "program", problems)
    except DocumentError as error:
        raise NotWritable(f"The document cannot be read: {error}") from None
    if not place.is_table or problems:
        raise NotWritable("The document cannot be read; mend it on the page of the program.")
    return place.node


def _value(root: Node, name: str) -> Node | None:
    return next((value for key, value in root.pairs or () if key.text == name and value.pairs), None)


def _is_flow(section: Node, lines: list[str]) -> bool:
    return lines[section.line - 1][section.column - 1 :].startswith("{")


def _end(number: int, entries: list[tuple[Node, Node]], root: Node, lines: list[str]) -> int:
    """The line behind an entry; blank lines and comments before the next one are the next one's."""
    last = max(node.line for node in _nodes(entries[number][1]))
    following = [key.line for key, _ in (*entries[number + 1 :], *(root.pairs or ())) if key.line > last]
    end = min(following, default=len(lines) + 1) - 1
    while end > last and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end


def _nodes(node: Node) -> list[Node]:
    inside = [one for pair in node.pairs or () for one in pair] + (node.items or [])
    return [node, *[deeper for one in inside for deeper in _nodes(one)]]


def _plain(document: str) -> Any:
    def plain(node: Node) -> Any:
        if node.pairs is not None:
            return {key.text: plain(value) for key, value in node.pairs}
        return [plain(one) for one in node.items] if node.items is not None else node.text

    return plain(_root(document))


def _held(before: str, after: str, segments: dict[str, Any]) -> str:
    wanted = {name: said for name, said in _plain(before).items() if name != SEGMENTS}
    found = _plain(after)
    said = found.pop(SEGMENTS, None) or {}
    if found != wanted or said != segments:
        raise NotWritable(
            "The document is written in a way that the builder cannot change; use the page of the program."
        )
    return after


# --- how it is written -------------------------------------------------------------------------------------------------


def _lines(id: str, said: Said) -> list[str]:
    line = flow(said)
    if not _is_long(said, line):
        return [f"{scalar(id)}: {line}"]
    return [f"{scalar(id)}:", *_indented(_block(said), INDENT)]


def _is_long(said: Any, line: str) -> bool:
    return len(line) > LONGEST_LINE or (isinstance(said, dict) and any(name in said for name in ("all", "any", "none")))


def _block(said: Said) -> list[str]:
    lines: list[str] = []
    for name, value in said.items():
        line = flow(value)
        if isinstance(value, list) and value and (isinstance(value[0], dict) or len(line) > LONGEST_LINE):
            lines.append(f"{scalar(name)}:")
            for one in value:
                lines += _item(one)
        elif isinstance(value, dict) and value and _is_long(value, line):
            lines += [f"{scalar(name)}:", *_indented(_block(value), INDENT)]
        else:
            lines.append(f"{scalar(name)}: {line}")
    return lines


def _item(value: Any) -> list[str]:
    line = flow(value)
    if not isinstance(value, dict) or not _is_long(value, line):
        return [f"{' ' * INDENT}- {line}"]
    first, *others = _block(value)
    return [f"{' ' * INDENT}- {first}", *_indented(others, 2 * INDENT)]


def _indented(lines: list[str], by: int) -> list[str]:
    return [f"{' ' * by}{line}" for line in lines]
