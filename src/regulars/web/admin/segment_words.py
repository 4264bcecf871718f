"""What the builder calls the conditions of the document and what is filled in of them."""

from collections.abc import Mapping
from typing import Final

from regulars.wire.segment_form import ONLY_LISTS

GROUPS: Final = (
    ("all", "all of these hold"),
    ("any", "one of these holds, or several"),
    ("none", "none of these holds"),
)
KINDS: Final = (
    (
        "What they did",
        (
            ("did", "did something, so often"),
            ("since_last", "did something for the last time, so long ago"),
            ("since_first", "did something for the first time, so long ago"),
            ("sum", "the sum of what they did"),
            ("average", "the average of what they did"),
            ("least", "the least of what they did"),
            ("greatest", "the greatest of what they did"),
            ("distinct", "how many different ones"),
            ("share_of", "a share of the times they did it"),
            ("in_order", "one thing after the other"),
        ),
    ),
    (
        "How they buy",
        (
            ("lifecycle", "where they stand: new, active, at risk"),
            ("rhythm", "away for longer than they usually are"),
            ("rfm", "recency, frequency and money"),
            ("interest", "what they are drawn to"),
            ("score", "a score"),
        ),
    ),
    (
        "What they hold",
        (
            ("tier", "a level"),
            ("points", "points"),
            ("expiring_points", "points that expire soon"),
            ("member", "member or not"),
        ),
    ),
    (
        "Who they are",
        (
            ("trait", "something known of them"),
            ("known_by", "known by an e-mail, a phone number or the like"),
            ("consent", "what they allow"),
            ("visit", "their last visit"),
            ("first_visit", "their first visit"),
            ("near", "near a place"),
            ("list", "on a list"),
            (ONLY_LISTS, "on a list, and not on another"),
        ),
    ),
    ("Others", (("in", "in another segment"), ("share", "a share of all customers"))),
    (
        "Several conditions together",
        (("all", "a group: all of these"), ("any", "a group: one of these"), ("none", "a group: none of these")),
    ),
)

LABELS: Final[Mapping[str, str]] = {
    "did": "What they did",
    "same": "With one and the same",
    "at_least": "At least",
    "at_most": "At most",
    "exactly": "Exactly",
    "within": "In the last",
    "between.older": "In the last (longer)",
    "between.newer": "But not in the last (shorter)",
    "from": "From the day",
    "to": "Up to, without the day",
    "of": "Which property",
    "in": "Of what they did",
    "since_last": "What they did",
    "since_first": "What they did",
    "more_than": "More than … ago",
    "less_than": "Not more than … ago",
    "where": "only such",
    "lifecycle": "Where they stand",
    "rfm": "By name",
    "rfm.r": "Recency, 1 to 5",
    "rfm.f": "Frequency, 1 to 5",
    "rfm.m": "Money, 1 to 5",
    "rhythm.of": "Which gap",
    "rhythm.more_than": "More than … times their usual gap",
    "rhythm.at_most": "At most … times",
    "rhythm.presumed": "Usual gap of who has none",
    "in_order": "steps",
    "trait": "What is known",
    "tested": "Test",
    "tier": "These levels",
    "tier.at_least": "This level or higher",
    "tier.at_most": "This level or lower",
    "points.available.at_least": "Available, at least",
    "points.available.at_most": "Available, at most",
    "points.available.exactly": "Available, exactly",
    "points.pending.at_least": "Pending, at least",
    "points.pending.at_most": "Pending, at most",
    "points.pending.exactly": "Pending, exactly",
    "points.lifetime.at_least": "Ever given, at least",
    "points.lifetime.at_most": "Ever given, at most",
    "points.lifetime.exactly": "Ever given, exactly",
    "expiring_points.within": "Within the next",
    "member": "Takes part",
    "near.latitude": "Latitude",
    "near.longitude": "Longitude",
    "near.within": "At most so far",
    "near.traits.latitude": "Property with the latitude",
    "near.traits.longitude": "Property with the longitude",
    "list": "On one of these lists",
    "include": "Also whoever is on this list",
    "exclude": "But nobody who is on this list",
    "known_by": "Known by",
    "consent": "They allow",
    "score": "Which score",
    "level": "Or at this level of it",
    "interest": "Which interests",
    "value": "In what",
    "top": "Among so many of their strongest",
    "share": "Such a share",
    "salt": "Drawn by the word",
}
"""By the whole place of a field, else by its last word."""
OF_THE_SEGMENT: Final[Mapping[tuple[str, str], str]] = {("in", "in"): "Which segment"}
"""Where a word means something else in one kind of condition."""

EXAMPLES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("within", "more_than", "less_than", "between.older"), "60 days"),
    "between.newer": "30 days",
    "near.within": "25 km",
    **dict.fromkeys(("from", "to"), "2024-05-17"),
    "share": "10%",
    "rhythm.more_than": "3",
    "rhythm.at_most": "6",
    "rhythm.presumed": "30 days",
    "near.latitude": "55.7",
    "near.longitude": "13.19",
    **dict.fromkeys(("rfm.r", "rfm.f", "rfm.m"), "4-5"),
}

RARELY: Final = ("same", "exactly", "between", "from", "to", "traits", "include", "exclude", "presumed", "rhythm.of")
"""Fields that are put away until one asks for them: by the whole place, or by any word of it."""

TESTS: Final = (
    ("is", "is one of these"),
    ("is_not", "is none of these"),
    ("contains", "has in it"),
    ("starts_with", "begins with"),
    ("ends_with", "ends with"),
    ("at_least", "is at least"),
    ("at_most", "is at most"),
    ("exactly", "is exactly"),
    ("at_least at_most", "lies between … and …"),
    ("truth", "is true: yes or no"),
    ("before", "is a day before"),
    ("after", "is a day after"),
    ("after before", "is a day after … and before …"),
    ("within_last", "lies in the last"),
    ("within_next", "lies in the next"),
    ("anniversary_within", "has its anniversary within"),
    ("set", "is known: yes or no"),
)

SEEN: Final[Mapping[str, str]] = {
    **dict.fromkeys(("did", "since_last", "since_first", "event"), "seen-events"),
    **dict.fromkeys(("same", "of"), "seen-properties"),
    "trait": "seen-traits",
    **dict.fromkeys(("list", "include", "exclude"), "seen-lists"),
    **dict.fromkeys(("tier", "tier.at_least", "tier.at_most"), "program-levels"),
    "score": "program-scores",
    "level": "program-score-levels",
    "interest": "program-interests",
    "value": "seen-values",
    "known_by": "program-kinds",
}
"""Which list a field is offered."""


def label_of(kind: str, path: str) -> str:
    last = path.rsplit(".", 1)[-1]
    if (kind, path) in OF_THE_SEGMENT:
        return OF_THE_SEGMENT[kind, path]
    return LABELS.get(path) or LABELS.get(last) or last.replace("_", " ").capitalize()


def list_of(kind: str, path: str) -> str:
    last = path.rsplit(".", 1)[-1]
    if last == "in":
        return "program-segments" if kind == "in" else "seen-events"
    return SEEN.get(path) or SEEN.get(last, "")


def example_of(path: str) -> str:
    return EXAMPLES.get(path) or EXAMPLES.get(path.rsplit(".", 1)[-1], "")


def is_rare(path: str) -> bool:
    return path in RARELY or any(word in RARELY for word in path.split("."))
