"""Consents in events: given or taken back by an event of their own, or stamped on whatever a site sends.

An event `Consent Granted` or `Consent Withdrawn` names its `purpose` (or `purposes`), and the proof: `wording`, `place`,
`ground`. Segment's `context.consent.categoryPreferences` is stamped on every event; its categories are read as ours where
they mean the same. `context.globalPrivacyControl` is an objection to ads and to profiling.
"""

from collections.abc import Mapping
from typing import Final

from regulars.wire.events import texts
from regulars.wire.events.arrivals import ConsentSaid
from regulars.wire.events.envelope import Context, Event

GRANTED, WITHDRAWN = "Consent Granted", "Consent Withdrawn"
PURPOSES: Final = ("analytics", "profiling", "email", "sms", "ads")
GROUNDS: Final = ("consent", "contract", "legitimate_interest")
BY_CONTROL: Final = "Global Privacy Control"
BY_STAMP: Final = "consent banner"

_CATEGORIES: Final[Mapping[str, str]] = {
    **{purpose: purpose for purpose in PURPOSES},
    "statistics": "analytics",
    "performance": "analytics",
    "personalization": "profiling",
    "personalisation": "profiling",
    "preferences": "profiling",
    "advertising": "ads",
    "marketing": "ads",
    "targeting": "ads",
}


def consents_of(event: Event, context: Context) -> tuple[ConsentSaid, ...]:
    """Each purpose at most once; what the event itself says goes before what is stamped on it."""
    said = {one.purpose: one for one in (*_stamped(context), *_controlled(context), *_told(event))}
    return tuple(said.values()) if said else ()


def forbids_analytics(context: Context) -> bool:
    """Whether whoever did this does not want to be told apart from others."""
    return any(not one.granted and one.purpose == "analytics" for one in _stamped(context))


def _told(event: Event) -> list[ConsentSaid]:
    if event.event not in (GRANTED, WITHDRAWN) or type(event.properties) is not dict:
        return []
    said = event.properties
    purposes = said.get("purposes")
    named = purposes if type(purposes) is list else [said.get("purpose")]
    ground = said.get("ground")
    return [
        ConsentSaid(
            _CATEGORIES[purpose],
            event.event == GRANTED,
            ground if ground in GROUNDS else "consent",
            texts.text(said.get("wording")),
            texts.text(said.get("place")),
        )
        for purpose in named
        if type(purpose) is str and purpose in _CATEGORIES
    ]


def _stamped(context: Context) -> list[ConsentSaid]:
    consent = context.consent
    preferences = consent.get("categoryPreferences") if type(consent) is dict else None
    if type(preferences) is not dict:
        return []
    return [
        ConsentSaid(_CATEGORIES[category.lower()], granted, place=BY_STAMP)
        for category, granted in preferences.items()
        if type(granted) is bool and category.lower() in _CATEGORIES
    ]


def _controlled(context: Context) -> list[ConsentSaid]:
    if context.global_privacy_control is not True:
        return []
    return [ConsentSaid(purpose, False, place=BY_CONTROL) for purpose in ("ads", "profiling")]
