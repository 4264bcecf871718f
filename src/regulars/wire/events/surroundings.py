"""Where an event was made, as far as its client and its request say."""

from typing import Final

from msgspec import Struct

from regulars.wire.events import texts
from regulars.wire.events.arrivals import Surroundings
from regulars.wire.events.envelope import Context

MOST_AGENT_CHARACTERS: Final = 512
MOST_ADDRESS_CHARACTERS: Final = 2_000
IN_A_MAIL: Final = frozenset(
    {
        "Email Bounced",
        "Email Delivered",
        "Email Link Clicked",
        "Email Marked As Spam",
        "Email Marked as Spam",
        "Email Opened",
        "Message Bounced",
        "Message Clicked",
        "Message Delivered",
        "Message Opened",
        "Message Unsubscribed",
        "Unsubscribed",
    }
)
"""What becomes of a message: it is nobody's visit, and the address that comes with it may be a mail proxy's."""
_CAMPAIGN: Final = ("source", "medium", "name", "term", "content", "id")


class Sent(Struct, frozen=True):
    """What the request itself says. `address` is the network address of the client, "" where a shop's server sends."""

    address: str = ""
    user_agent: str = ""
    privacy_control: bool = False


NOT_SAID: Final = Sent()


def surroundings_of(context: Context, sent: Sent) -> Surroundings:
    data = context.user_agent_data if type(context.user_agent_data) is dict else {}
    page = context.page if type(context.page) is dict else {}
    said = context.campaign if type(context.campaign) is dict else {}
    mobile = data.get("mobile")
    return Surroundings(
        _text(context.user_agent, MOST_AGENT_CHARACTERS) or sent.user_agent[:MOST_AGENT_CHARACTERS],
        _brands(data.get("brands")),
        mobile if type(mobile) is bool else None,
        _text(data.get("platform"), MOST_AGENT_CHARACTERS),
        sent.address or _text(context.ip, MOST_AGENT_CHARACTERS),
        _text(context.locale, MOST_AGENT_CHARACTERS),
        _text(page.get("url"), MOST_ADDRESS_CHARACTERS),
        _text(page.get("referrer"), MOST_ADDRESS_CHARACTERS),
        tuple([(name, texts.text(said[name])) for name in _CAMPAIGN if said.get(name)]) if said else (),
    )


def _text(value: object, most: int) -> str:
    return value[:most] if type(value) is str else ""


def _brands(said: object) -> str:
    """In the form of the header `Sec-CH-UA`."""
    if type(said) is not list:
        return ""
    brands = [one for one in said[:10] if type(one) is dict and type(one.get("brand")) is str]
    return ", ".join([f'"{one["brand"][:100]}";v="{str(one.get("version", ""))[:20]}"' for one in brands])
