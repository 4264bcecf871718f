"""The cells of a row, as what they mean; a `RowRefused` says in which place something else was expected."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from regulars.kernel.facts import Instant
from regulars.kernel.program import IdentityKind
from regulars.wire.events import texts
from regulars.wire.events.identities import MOST_MESSAGE_ID_CHARACTERS, is_nobody, usable
from regulars.wire.imports.columns import Layout
from regulars.wire.imports.refusals import ImportReason, RowRefused, refuse
from regulars.wire.orders.cells import CellRefused, identifier, instant, text_of
from regulars.wire.refusals import RefusalReason

USER_ID: Final = "user_id"
_OF_TIME: Final = {
    RefusalReason.BAD_TIME: ImportReason.BAD_TIME,
    RefusalReason.TIME_WITHOUT_ZONE: ImportReason.TIME_WITHOUT_ZONE,
    RefusalReason.TIME_SKIPPED: ImportReason.TIME_SKIPPED,
}


class Who(Struct, frozen=True):
    """Who a row is about. `left_out` are the places of what was said of them and identifies nobody."""

    user_id: str | None
    told: tuple[tuple[str, str], ...]
    left_out: tuple[int, ...]


class Terms(Struct, frozen=True):
    """What all rows of a file are read by. `identities` are the weightiest first, `times_in` is the zone of times without an
    offset; nothing happens after `now`. `expires` is when points earned at a moment expire by the program's rule.
    """

    identities: tuple[IdentityKind, ...]
    times_in: ZoneInfo | None
    now: Instant
    expires: Callable[[Instant], Instant]


class Cells(Struct, frozen=True):
    """One row, asked for by our names of columns; what the file lacks is nothing."""

    layout: Layout
    cells: Sequence[object]
    terms: Terms

    def place(self, name: str) -> int:
        return self.layout.at.get(name, -1)

    def cell(self, name: str) -> object:
        return self.cells[self.place(name)]

    def text(self, name: str) -> str:
        """ "" where nothing stands, or no single value."""
        return texts.text(self.cell(name))

    def word(self, name: str) -> str:
        """A text as words are compared: in small letters, with underscores."""
        return self.text(name).casefold().replace(" ", "_").replace("-", "_")

    def is_blank(self, name: str) -> bool:
        return text_of(self.cell(name)) == ""

    def moment(self, name: str) -> Instant:
        """A moment that has been."""
        moment = self._instant(self.cell(name), self.place(name))
        return moment if moment <= self.terms.now else refuse(ImportReason.IN_THE_FUTURE, self.place(name))

    def end(self, name: str) -> Instant:
        """A moment that may lie ahead; a bare date is its end."""
        cell, place = self.cell(name), self.place(name)
        day = _bare_date(cell)
        return self._instant(cell if day is None else day + timedelta(days=1), place)

    def identifier(self, name: str, reason: ImportReason, most: int = MOST_MESSAGE_ID_CHARACTERS) -> str:
        try:
            text = identifier(self.cell(name), name, RefusalReason.BAD_ID, RefusalReason.BAD_ID)
        except CellRefused:
            refuse(reason, self.place(name))
        return text if len(text) <= most else refuse(reason, self.place(name))

    def who(self) -> Who:
        """Refused where nobody is named, or the shop's own id is none; of the rest what is of no use is left out."""
        user_id = None
        if not self.is_blank(USER_ID):
            user_id = self.identifier(USER_ID, ImportReason.BAD_IDENTITY, 200)
            if is_nobody(user_id):
                refuse(ImportReason.BAD_IDENTITY, self.place(USER_ID))
        kinds = [kind for kind in self.terms.identities if not self.is_blank(kind.kind)]
        said = [(kind.kind, usable(kind, self.cell(kind.kind))) for kind in kinds]
        told = tuple([(kind, value) for kind, value in said if value is not None])
        left_out = tuple([self.place(kind) for kind, value in said if value is None])
        if user_id is None and not told:
            if left_out:
                refuse(ImportReason.BAD_IDENTITY, left_out[0])
            refuse(ImportReason.MISSING_IDENTITY)
        return Who(user_id, told, left_out)

    def mapping(self, name: str) -> dict[str, object]:
        """An object of JSON; empty where nothing stands."""
        cell = self.cell(name)
        if isinstance(cell, dict):
            return cell
        return {} if self.is_blank(name) else refuse(ImportReason.BAD_PROPERTIES, self.place(name))

    def rest(self) -> dict[str, object]:
        return {name: self.cells[place] for name, place in self.layout.rest}

    def _instant(self, cell: object, place: int) -> Instant:
        try:
            return instant(cell, self.terms.times_in)
        except CellRefused as refused:
            raise RowRefused(_OF_TIME[refused.reason], place) from None


def _bare_date(cell: object) -> date | None:
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return cell
    text = cell.strip() if isinstance(cell, str) else ""
    if len(text) != 10:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
