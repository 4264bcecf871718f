"""What the pages for customers say, all of it: to be translated, change these.

Which words somebody saw is a part of the proof. Whoever changes what a purpose is said to be, or what its buttons say, raises
`WORDING`.
"""

from typing import Final

from msgspec import Struct

WORDING: Final = "preferences-1"


class PurposeWords(Struct, frozen=True):
    title: str
    sentence: str
    on: str
    off: str


PURPOSES: Final = {
    "analytics": PurposeWords(
        "Statistics",
        "The shop notes what you look at here, so that it sees what works and what does not.",
        "Allow statistics",
        "Stop statistics",
    ),
    "profiling": PurposeWords(
        "Chosen for you",
        "The shop looks at what you did here to choose what it shows you and what it offers you.",
        "Allow choosing for me",
        "Stop choosing for me",
    ),
    "email": PurposeWords(
        "E-mail",
        "The shop writes to you by e-mail: news, offers, reminders. Mails about your orders come in any case.",
        "Allow e-mail",
        "Stop e-mail",
    ),
    "sms": PurposeWords(
        "Text messages",
        "The shop sends you news and offers to your phone.",
        "Allow text messages",
        "Stop text messages",
    ),
    "ads": PurposeWords(
        "Advertising",
        "The shop tells advertisers that you are its customer, so that you see its advertisements elsewhere.",
        "Allow advertising",
        "Stop advertising",
    ),
}
"""In the order in which they stand on the page."""

STANDINGS: Final = {
    "granted": "On. You agreed.",
    "assumed": "On, until you object.",
    "withdrawn": "Off. You said no.",
    "missing": "Off. You did not agree.",
    "unconfirmed": "Waiting. It begins when you press the button behind the link in the shop’s mail.",
}
CONTRACT: Final = "On. It is part of what you agreed with the shop, and ends with that."

TITLE: Final = "Your choices"
HEADLINE: Final = "What the shop may do with what it knows of you."
LEAD: Final = "You can change your mind here at any time. What you turn off stops at once; your orders and points stay."
EVERYTHING: Final = "Turn everything off"
EVERYTHING_SAYS: Final = "One button for all of the above. What is part of a contract stays."
ABOUT_THE_LINK: Final = "Whoever has this link can change these choices. It shows nothing else about you."
NOTHING_CHANGED: Final = "Nothing changed: it was so already."

OVER: Final = "This link does not work any more."
OVER_SAYS: Final = "It may be too old, or not complete. Ask the shop for a new one; nothing was changed."

CONFIRM_TITLE: Final = "One more click"
CONFIRM_SAYS: Final = (
    "Press the button to confirm what you agreed to. If it was not you, close this page; nothing happens then."
)
CONFIRM_BUTTON: Final = "Yes, I agree"
OUTCOMES: Final = {
    "confirmed": ("Thank you. It is confirmed.", "You can take it back at any time, as easily."),
    "already": ("It was confirmed before.", "Nothing changed. You can take it back at any time."),
    "withdrawn": (
        "You said no since.",
        "That holds, and nothing was changed. To agree anew, use the page with your choices, or ask the shop.",
    ),
}

NOT_DONE: Final = "This was not done."
BUSY: Final = "The shop is busy at this moment. Wait a little and try again."
ELSEWHERE: Final = "The form did not come from this page. Open your link again, and press the button there."
FAILED: Final = "Something went wrong here. Open your link again, and look whether it was done."
NOT_UNDERSTOOD: Final = "What was sent could not be understood. Open your link again, and press the button there."


def recorded(granted: bool, when: str, place: str, wording: str) -> str:
    """What a choice was recorded as."""
    name = "Consent Granted" if granted else "Consent Withdrawn"
    where = f", {place}" if place else ""
    return f"Recorded as “{name}”: {when}{where}{f', words “{wording}”' if wording else ''}."


def changed(titles: list[str], granted: bool) -> str:
    return f"Turned {'on' if granted else 'off'}: {', '.join(titles)}."


NO_PROGRAM: Final = "Not yet"
NO_PROGRAM_SAYS: Final = "There is no program here yet. Look again later."
