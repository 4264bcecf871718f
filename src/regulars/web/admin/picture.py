"""By what a customer is known, as a picture: the person in the middle, names on the one side, devices on the other, and what was
merged in as groups of its own. Behind it stands its table, which says the same in words.

How a line is drawn says how far the tie is trusted; the words beside each name say so too.
"""

from collections.abc import Iterator, Sequence
from typing import Final
from unicodedata import east_asian_width

from markupsafe import Markup
from msgspec import Struct

from regulars.backtesting.report import words
from regulars.backtesting.report.charts import Drawing
from regulars.backtesting.report.parts import Column, Figure, Row, Table
from regulars.kernel.calendar import Calendar
from regulars.service.accounts import Account
from regulars.service.customers import Customer, Identity
from regulars.service.people import ANONYMOUS_ID, CONFIRMED, FIRM, ITSELF, WEAK
from regulars.web.admin import telling

MOST_DRAWN: Final = 24
KINDS: Final = {"user_id": "shop’s id", ANONYMOUS_ID: "browser", "email": "e-mail", "phone": "phone", "card": "card"}
TIES: Final = {
    CONFIRMED: "confirmed by the person",
    FIRM: "the shop says so",
    WEAK: "a browser says so",
    ITSELF: "the account’s own name",
}
BECAUSE: Final = "a shared device: it leads to nobody"
GONE: Final = "somebody else uses it now"

WIDE, NARROW = 744, 343
ROW, TITLE, GAP = 48, 32, 24
MARK: Final = 6
LETTERS_WIDE, LETTERS_NARROW = 30, 33


class Group(Struct, frozen=True):
    """Names that belong together; `title` is empty for those of the customer's own account."""

    title: str
    names: tuple[Identity, ...]

    @property
    def height(self) -> int:
        return (TITLE if self.title else 0) + ROW * max(1, len(self.names))


def picture(one: Customer, name: str, merged: Sequence[Account], calendar: Calendar) -> Figure:
    """The drawing, for a desk and for a phone, and its table."""
    left = len(one.identities) - MOST_DRAWN
    title = "By what this customer is known" + (
        f": the first {MOST_DRAWN}, and {left} more in the table" if left > 0 else ""
    )
    groups = _groups(one.identities[:MOST_DRAWN], merged, calendar)
    said = _said(one, name, merged)
    drawing = Drawing(_wide(groups, name, said), _narrow(groups, name, said))
    return Figure(title, drawing, _table(one, merged, calendar))


def kind_of(kind: str) -> str:
    return KINDS.get(kind, kind.replace("_", " "))


def tie_of(identity: Identity) -> str:
    """In words, and whether it leads here at all."""
    if identity.shared:
        return BECAUSE
    return TIES[identity.trust] if identity.leads else GONE


# --- what belongs together -------------------------------------------------------------------------------------------


def _groups(
    identities: Sequence[Identity], merged: Sequence[Account], calendar: Calendar
) -> tuple[list[Group], list[Group]]:
    """Those at the left and those at the right: a merged account goes where there is more room."""
    titles = {one.record: f"merged in, {words.date(one.merged_at, calendar)}" for one in merged}
    own = [one for one in identities if one.record not in titles]
    sides: tuple[list[Group], list[Group]] = [], []
    for side, devices in zip(sides, (False, True), strict=True):
        names = tuple([one for one in own if (one.kind == ANONYMOUS_ID) == devices])
        if names:
            side.append(Group("", names))
    for record, title in titles.items():
        group = Group(title, tuple([one for one in identities if one.record == record]))
        min(sides, key=_height).append(group)
    return sides


def _height(groups: Sequence[Group]) -> int:
    return sum([group.height for group in groups]) + GAP * max(0, len(groups) - 1)


def _said(one: Customer, name: str, merged: Sequence[Account]) -> str:
    """What the picture shows, for those who cannot see it."""
    devices = [identity for identity in one.identities if identity.kind == ANONYMOUS_ID]
    shared = len([identity for identity in devices if identity.shared])
    parts = [
        words.capitalized(_number(len(one.identities) - len(devices), "name", "names")),
        _number(len(devices), "browser", "browsers") + (f", {shared} of them shared" if shared else ""),
        _number(len(merged), "account that was merged in", "accounts that were merged in"),
    ]
    return f"{name} in the middle. Around: {'; '.join(parts)}. The table below says how each is tied."


def _number(number: int, one: str, many: str) -> str:
    return f"{number or 'no'} {one if number == 1 else many}"


# --- drawing ---------------------------------------------------------------------------------------------------------


def _wide(groups: tuple[list[Group], list[Group]], name: str, said: str) -> Markup:
    height = max(144, *[_height(side) + 2 * GAP for side in groups])
    middle_x, middle_y, reach = WIDE // 2, height // 2, 128
    lines: list[Markup] = []
    nodes: list[Markup] = []
    for side, outwards in zip(groups, (-1, 1), strict=True):
        x = middle_x + outwards * reach
        for group, y in _stacked(side, (height - _height(side)) // 2):
            if group.title:
                nodes.append(_box(x if outwards > 0 else 0, y, WIDE - x if outwards > 0 else x, group, outwards))
            for identity, at in _rows(group, y):
                lines.append(_curve(middle_x + outwards * 56, middle_y, x - outwards * MARK, at, identity))
                nodes.append(_node(x, at, identity, outwards, LETTERS_WIDE))
            if not group.names:
                lines.append(_curve(middle_x + outwards * 56, middle_y, x - outwards * MARK, y + TITLE, None))
    return _svg(WIDE, height, said, [*lines, *nodes, _person(middle_x, middle_y, name)])


def _narrow(groups: tuple[list[Group], list[Group]], name: str, said: str) -> Markup:
    """The person above, and everything else on one line down."""
    together = [*groups[0], *groups[1]]
    top = 72
    height = top + _height(together) + GAP
    x, spine = 40, 16
    parts: list[Markup] = []
    for group, y in _stacked(together, top):
        if group.title:
            parts.append(_box(x - 16, y, NARROW - x + 16, group, 1))
        for identity, at in _rows(group, y):
            parts.append(_curve(spine, top - 24, x - MARK, at, identity, down=True))
            parts.append(_node(x, at, identity, 1, LETTERS_NARROW))
    person = Markup('<rect class="person" x="0.5" y="8.5" width="{}" height="39" rx="2"/>').format(NARROW - 1)
    label = _text(12, 34, _fitting(name, LETTERS_NARROW + 4), "name")
    return _svg(NARROW, height, said, [*parts, person, label])


def _stacked(groups: Sequence[Group], top: int) -> Iterator[tuple[Group, int]]:
    for group in groups:
        yield group, top
        top += group.height + GAP


def _rows(group: Group, top: int) -> Iterator[tuple[Identity, int]]:
    first = top + (TITLE if group.title else 0) + ROW // 2
    return ((identity, first + ROW * place) for place, identity in enumerate(group.names))


def _person(x: int, y: int, name: str) -> Markup:
    box = Markup('<rect class="person" x="{}" y="{}" width="112" height="40" rx="2"/>').format(x - 56, y - 20)
    return box + _text(x, y + 5, _fitting(name, 13), "name", "middle")


def _node(x: int, y: int, identity: Identity, outwards: int, letters: int) -> Markup:
    """A round mark for a name, a square one for a device; the value, and below it what it is and how far it is trusted."""
    look = "shared" if identity.shared else "" if identity.leads else "gone"
    if identity.kind == ANONYMOUS_ID:
        mark = Markup('<rect class="mark {}" x="{}" y="{}" width="12" height="12" rx="2"/>').format(
            look, x - MARK, y - MARK
        )
    else:
        mark = Markup('<circle class="mark {}" cx="{}" cy="{}" r="6"/>').format(look, x, y)
    cross = (
        Markup('<path class="cross" d="M{} {}l6 6m0 -6l-6 6"/>').format(x - 3, y - 3) if identity.shared else Markup("")
    )
    side = "start" if outwards > 0 else "end"
    label_x = x + outwards * 16
    value = _text(label_x, y - 1, _fitting(identity.value, letters), "value", side)
    return mark + cross + value + _text(label_x, y + 16, f"{kind_of(identity.kind)}: {_short(identity)}", "how", side)


def _short(identity: Identity) -> str:
    if identity.shared:
        return "shared by many"
    if not identity.leads:
        return GONE
    return {CONFIRMED: "confirmed", FIRM: "the shop says so", WEAK: "a browser says so", ITSELF: "its own name"}[
        identity.trust
    ]


def _curve(x1: int, y1: int, x2: int, y2: int, identity: Identity | None, *, down: bool = False) -> Markup:
    look = "merged" if identity is None else "weak" if not identity.leads else identity.trust
    if down:
        return Markup('<path class="tie {}" d="M{} {}V{}H{}"/>').format(look, x1, y1, y2, x2)
    bend = (x1 + x2) // 2
    return Markup('<path class="tie {}" d="M{} {}C{} {} {} {} {} {}"/>').format(
        look, x1, y1, bend, y1, bend, y2, x2, y2
    )


def _box(x: int, y: int, width: int, group: Group, outwards: int) -> Markup:
    box = Markup('<rect class="group" x="{}" y="{}" width="{}" height="{}" rx="2"/>').format(
        x + 0.5, y + 0.5, width - 1, group.height + 7
    )
    side, label_x = ("start", x + 16) if outwards > 0 else ("end", x + width - 16)
    return box + _text(label_x, y + 22, group.title, "how", side)


def _text(x: int, y: int, said: str, look: str, side: str = "start") -> Markup:
    return Markup('<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>').format(look, x, y, side, said)


def _svg(width: int, height: int, said: str, parts: Sequence[Markup]) -> Markup:
    start = Markup('<svg class="drawing ties" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        width, height, said
    )
    return start + Markup("").join(parts) + Markup("</svg>")


def _fitting(said: str, letters: int) -> str:
    """Without control characters, and not wider than so many letters; a Chinese one is as wide as two."""
    clean = "".join([letter if letter.isprintable() else "\ufffd" for letter in said])
    room, kept = letters, ""
    for letter in clean:
        room -= 2 if letter in "WM@%" or east_asian_width(letter) in "WF" else 1
        if room < 1 and len(kept) + 1 < len(clean):
            return kept.rstrip() + "…"
        kept += letter
    return kept


# --- the same as a table ---------------------------------------------------------------------------------------------


def _table(one: Customer, merged: Sequence[Account], calendar: Calendar) -> Table:
    came = {account.record: account for account in merged}
    columns = [
        Column("Name"),
        Column("Kind", words=True),
        Column("How it is tied", words=True),
        Column("Since", extra=True),
        Column("First told by", words=True, extra=True),
    ]
    rows = [
        Row(
            [
                identity.value,
                kind_of(identity.kind),
                words.capitalized(tie_of(identity))
                + (", by an account that was merged in" if identity.record in came else ""),
                telling.short_day(identity.first_at, calendar),
                identity.how or words.NOTHING,
            ]
        )
        for identity in one.identities
    ]
    return Table("By what this customer is known", columns, rows)
