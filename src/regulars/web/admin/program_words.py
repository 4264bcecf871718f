"""What the pieces of a program say of themselves, and what their fields are called: for the program's page and its forms."""

from collections.abc import Mapping
from inspect import signature
from typing import Any, Final

from regulars.backtesting.report import words
from regulars.kernel.program import Program
from regulars.web.admin import telling
from regulars.wire.program_form import LEVELS, Leaf, Section

LABELS: Final[Mapping[str, str]] = {
    "id": "Name",
    "on": "When this happens",
    "points": "Points",
    "per": "For each whole",
    "multiply": "Multiply the points by",
    "only": "Only goods where",
    "except": "Not for goods where",
    "when": "Only when",
    "when.from": "From",
    "when.to": "Until before",
    "when.weekday": "Weekdays",
    "when.recurs": "On days that come again",
    "when.tier": "Levels",
    "when.segment": "Segments",
    "when.where": "Where",
    "leap_day": "Whoever is born on 29 February",
    "retroactive": "For those who joined before, too",
    "basis": "Which money counts",
    "on_return": "When an order goes back in part",
    "for": "Only for some",
    "at": "Reached at",
    "earn": "Points are multiplied by",
    "points_expire": "Points earned here expire",
    "gives": "For entering it",
    "name.one": "One point is called",
    "name.other": "Several are called",
    "name": "What points are called",
    "worth": "What one costs the shop",
    "redeemed": "Share you expect to be spent",
    "hold": "Pending for",
    "expire": "They expire",
    "expire.after": "After",
    "expire.until": "Rounded up to",
    "debt": "When spent points are taken back",
    "second_look_above": "By hand, look twice above",
    "by": "Levels are reached by",
    "over": "Summed up over",
    "keep.until": "A level is kept",
    "window": "When it holds",
    "opens": "Earlier than others",
    "arms": "Arms",
    "share": "Share of customers",
    "salt": "Drawn by",
    "limit": "At most",
    "stack": "Beside other rules",
    "hold.until": "Or until",
    "hold.at_most": "But no longer than",
    "hold.window": "And then for",
    "expire.on": "Or on these dates",
    "expire.at_least": "But not before",
    "expire.inactive_for": "Or when nothing is done for",
    "expire.counts": "What counts as doing something",
    "notices": "Told so long before they end",
    "back_first": "What is paid back first",
    "levels": "Levels, the lowest first",
    "do": "What is to be done",
    "stops": "What it stops",
    "why": "What members are told",
}
"""By place within the piece; the last word of it where it is not named."""

MAIN: Final[Mapping[str, tuple[str, ...]]] = {
    "points": ("name", "worth", "hold", "expire"),
    "earning": (
        "id",
        "on",
        "points",
        "per",
        "multiply",
        "when.weekday",
        "when.from",
        "when.to",
        "only",
        "except",
        "limit",
    ),
    "tiers": ("by", "over", "keep", "levels"),
    LEVELS: ("id", "at", "earn", "perks"),
    "perks": ("id", "title", "window", "opens"),
}
"""What one asks for first; the rest stands behind “More”, unless it is filled in."""
FEW: Final = 10
"""So many fields are shown at once."""

SUGGESTED: Final[Mapping[str, str]] = {
    "on": "seen-events",
    "by.times": "seen-events",
    "for.segment": "program-segments",
    "for.trial": "program-trials",
    "perks": "program-perks",
}
EXAMPLES: Final[Mapping[str, str]] = {
    "on": "Order Completed",
    "only": "category: bread",
    "except": "category: [gift-cards, tobacco]",
    "arms": "plain, doubled",
    "limit": "times: 1, per: month",
    "when.hours": "17:00-20:00",
    "levels": "{id: silver, at: 500}, {id: gold, at: 1500}",
    "do": "{on: Product Reviewed, times: 2}, {on: Order Completed}",
    "notices": "30 days, 7 days",
    "hold": "14 days",
    "expire.after": "12 months",
    "over": "calendar_year",
    "share": "50%",
}
BEGUN: Final[Mapping[str, Mapping[str, str]]] = {"earning": {"on": "Order Completed"}}
"""What stands in a new form."""


def label(leaf: Leaf) -> str:
    return LABELS.get(leaf.path) or words.capitalized(leaf.path.rpartition(".")[2].replace("_", " "))


def legend(group: str) -> str:
    return LABELS.get(group) or words.capitalized(group.rpartition(".")[2].replace("_", " "))


def is_main(section: Section, leaf: Leaf, number: int) -> bool:
    if section.id in MAIN:
        return leaf.path in MAIN[section.id] or leaf.path.partition(".")[0] in MAIN[section.id]
    return leaf.required or number < FEW


def sentence(section: Section, number: int, name: str, program: Program) -> str:
    """What a piece says of itself; "" where it says nothing."""
    if section.id == "tiers":
        tiers = program.tiers
        return " ".join([f"Levels go by {tiers.basis(program)}.", *tiers.manner()]) if tiers else ""
    found = _found(section, program)
    if isinstance(found, tuple):
        named = [
            one for one in found if getattr(one, "id", None) == name and section.id.startswith(getattr(one, "kind", ""))
        ]
        found = named[0] if named else found[number] if number < len(found) else None
    describe = getattr(found, "describe", None)
    if describe is None:
        return ""
    known: dict[str, Any] = {
        "program": program,
        "currency": program.currency,
        "name": program.points.name,
        "levels": program.holders_of(name),
        "words": program.words(),
    }
    asked = signature(describe).parameters
    if not known.keys() >= asked.keys():
        return ""
    said = describe(**{one: known[one] for one in asked})
    said = " ".join(said) if isinstance(said, list) else str(said)
    return telling.with_spoken_days(f"{words.capitalized(said)}{'' if said.endswith('.') else '.'}")


def _found(section: Section, program: Program) -> Any:
    found: Any = program
    if section.path[0] == "games":
        return program.games.every if len(section.path) > 1 else None
    for name in section.path:
        found = getattr(found, name, None)
    return found
