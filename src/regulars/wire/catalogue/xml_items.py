"""A feed as XML: RSS 2.0 or Atom, with Google's attributes in the `g:` namespace.

It is read by expat, of the standard library, as it comes: no tree is built, and what an item says is let go when the item
ends. A document type is refused before anything in it is read, so there are no entities to expand and nothing outside to fetch;
that is what the package `defusedxml` would do, and it needs no package.
"""

from collections.abc import Iterator
from typing import BinaryIO, Final, NoReturn
from xml.parsers.expat import ExpatError, ParserCreate, errors

from regulars.wire.catalogue.columns import OF_ATTRIBUTE
from regulars.wire.catalogue.products import MOST_URL_CHARACTERS
from regulars.wire.catalogue.refusals import CatalogueError

GOOGLE: Final = "http://base.google.com/ns/1.0"
ATOM: Final = "http://www.w3.org/2005/Atom"
ROOTS: Final = ("rss", "feed")
MOST_OF_A_TEXT: Final = 2 * MOST_URL_CHARACTERS
"""Characters of one text that are kept: more than any column takes, so that one too long is seen to be."""
MOST_OF_A_PIECE: Final = 1_000_000
"""Bytes of one tag, comment or the like."""
MOST_DEPTH: Final = 100
READ_AT_ONCE: Final = 1 << 16


def xml_items(file: BinaryIO) -> Iterator[tuple[int, dict[str, str]]]:
    """The line and the texts of each item, by our names of columns. CatalogueError where the XML cannot be read on."""
    reader = _Reader()
    while chunk := file.read(READ_AT_ONCE):
        yield from reader.feed(chunk)
    yield from reader.feed(b"", is_last=True)


class _Reader:
    """Lives through one document. Of an item it keeps the foremost text that it has for each column."""

    def __init__(self) -> None:
        self._items: list[tuple[int, dict[str, str]]] = []
        self._depth = 0
        self._item_depth = 0
        self._line = 0
        self._said: dict[str, tuple[int, str]] = {}
        self._attribute: tuple[str, int] | None = None
        self._text: list[str] = []
        self._text_length = 0
        self._fed = 0
        self._parser = ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, chunk: bytes, is_last: bool = False) -> list[tuple[int, dict[str, str]]]:
        """The items that end in this chunk."""
        self._fed += len(chunk)
        try:
            self._parser.Parse(chunk, is_last)
        except ExpatError as error:
            if is_last and self._fed == 0:
                raise CatalogueError("The feed is empty.") from None
            why = errors.messages[error.code]
            raise CatalogueError(f"The feed is not XML from line {error.lineno} on ({why}). Mend it there.") from None
        except (ValueError, LookupError):
            raise CatalogueError("The feed's encoding is not known. Write it in UTF-8.") from None
        if self._fed - self._parser.CurrentByteIndex > MOST_OF_A_PIECE + READ_AT_ONCE:
            self._refuse("one tag or comment is longer than 1 MB")
        items, self._items = self._items, []
        return items

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        namespace, local = _apart(name)
        if self._depth > MOST_DEPTH:
            self._refuse(f"elements are nested deeper than {MOST_DEPTH} levels")
        if self._depth == 1 and local not in ROOTS:
            raise CatalogueError(f"The feed is XML, but neither RSS nor Atom: it begins with <{local[:40]}>.")
        if not self._item_depth and local in ("item", "entry") and namespace != GOOGLE:
            self._item_depth, self._line, self._said = self._depth, self._parser.CurrentLineNumber, {}
        elif self._item_depth and self._depth == self._item_depth + 1:
            self._attribute, self._text, self._text_length = _column(namespace, local), [], 0
            if namespace == ATOM and local == "link" and attributes.get("rel", "alternate") == "alternate":
                self._characters(attributes.get("href", ""))

    def _characters(self, text: str) -> None:
        if self._attribute is not None and self._depth == self._item_depth + 1:
            self._text.append(text[: MOST_OF_A_TEXT - self._text_length])
            self._text_length += len(self._text[-1])

    def _end(self, name: str) -> None:
        if self._depth == self._item_depth:
            self._items.append((self._line, {column: text for column, (_, text) in self._said.items()}))
            self._item_depth = 0
        elif self._depth == self._item_depth + 1 and self._attribute is not None:
            self._keep("".join(self._text).strip(), *self._attribute)
            self._attribute = None
        self._depth -= 1

    def _keep(self, text: str, column: str, rank: int) -> None:
        if text and (column not in self._said or rank < self._said[column][0]):
            self._said[column] = rank, text

    def _doctype(self, *_: object) -> None:
        self._refuse("it declares a document type, and so perhaps entities. Take “<!DOCTYPE …>” out")

    def _refuse(self, why: str) -> NoReturn:
        raise CatalogueError(f"The feed cannot be read at line {self._parser.CurrentLineNumber}: {why}.")


def _apart(name: str) -> tuple[str, str]:
    namespace, _, local = name.rpartition(" ")
    return namespace, local


def _column(namespace: str, local: str) -> tuple[str, int] | None:
    """Google's own attribute goes before a plain element of the same name."""
    known = OF_ATTRIBUTE.get(local)
    if known is None or namespace not in (GOOGLE, ATOM, ""):
        return None
    column, rank = known
    return column, 2 * rank + (namespace != GOOGLE)
