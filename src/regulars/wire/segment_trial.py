"""A segment tried out in a program document: the document with it, and what the document's own checks say of it."""

from typing import Final

from msgspec import Struct

from regulars.kernel.rulebook import Rulebook
from regulars.kernel.segments.tree import Segment
from regulars.wire.document import DocumentError, did_you_mean
from regulars.wire.document_writing import NotWritable
from regulars.wire.program import parse_program
from regulars.wire.segment_form import Said
from regulars.wire.segment_writing import SEGMENTS, segments_in, with_segment, without_segment
from regulars.wire.vocabulary.words import ID

NAME: Final = "name"


class Fault(Struct, frozen=True):
    """What is wrong, and where: a place within the condition such as `.all[1].within`, `name`, or None for elsewhere."""

    place: str | None
    message: str


class Trial(Struct, frozen=True):
    """`program` is None where something is wrong; then `document` may be, too."""

    id: str
    document: str
    program: Rulebook | None
    faults: tuple[Fault, ...] = ()

    @property
    def segment(self) -> Segment | None:
        if self.program is None:
            return None
        return next((one for one in self.program.program.segments if one.id == self.id), None)


def tried(document: str, id: str, said: Said, instead_of: str | None = None) -> Trial:
    """With a segment in it, new or instead of one that is there."""
    if ID.parse(id) is None:
        expected = "a name is missing, such as gold-sleepers" if not id else f"expected {ID.expected}"
        return Trial(id, document, None, (Fault(NAME, f"{expected}{did_you_mean(ID.meant(id) if id else None)}"),))
    if id != instead_of and id in segments_in(document):
        return Trial(
            id, document, None, (Fault(NAME, f"there is a segment “{id}” already; give this one another name"),)
        )
    try:
        return _checked(id, with_segment(document, id, said, instead_of))
    except NotWritable as error:
        return Trial(id, document, None, (Fault(None, str(error)),))


def without(document: str, id: str) -> Trial:
    """KeyError where there is none of that name. Faults where others say {in: ...} of it."""
    try:
        return _checked(id, without_segment(document, id))
    except NotWritable as error:
        return Trial(id, document, None, (Fault(None, str(error)),))


def _checked(id: str, document: str) -> Trial:
    try:
        return Trial(id, document, parse_program(document))
    except DocumentError as error:
        faults = [_fault(id, problem.path, problem.message) for problem in error.problems]
        return Trial(id, document, None, tuple(faults))


def _fault(id: str, path: str, message: str) -> Fault:
    begun = f"{SEGMENTS}.{id}"
    inside = path.removeprefix(begun) if path.startswith(begun) else None
    if inside is not None and inside[:1] in ("", ".", "["):
        return Fault(inside, message)
    return Fault(None, f"{message} (at {path})" if path else message)
