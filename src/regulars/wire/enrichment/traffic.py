"""Traffic: from where somebody came, by the published table in `traffic_table`.

Campaign parameters (UTM) go first, as the event says them or else as they stand in its url; what they leave unsaid a click's id
says; then the referrer's host; and where nothing is said it is `direct`. Words are in small letters, without control characters
and at most 100 long. A word with an "@" in it is left out, since it would be somebody's address.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, unquote

from msgspec import Struct

from regulars.wire.enrichment.traffic_table import CLICKS, HOSTS, KINDS, MEDIUMS, NAMES, ByClick, ByHost, Channel
from regulars.wire.events.arrivals import Surroundings
from regulars.wire.events.texts import CONTROL

MOST_CHARACTERS: Final = 100
MOST_URL_CHARACTERS: Final = 4_096
MOST_HOST_CHARACTERS: Final = 253
MOST_REMEMBERED: Final = 4_096

__all__ = ["Channel", "Traffic", "traffic_of"]


class Traffic(Struct, frozen=True, gc=False):
    """`source`, `medium` and `campaign` are "" where nothing is said."""

    channel: Channel
    source: str = ""
    medium: str = ""
    campaign: str = ""

    @property
    def is_campaign(self) -> bool:
        """Whether somebody was sent: anything but by themselves, or from within the shop."""
        return self.channel is not Channel.DIRECT and self.channel is not Channel.INTERNAL


DIRECT: Final = Traffic(Channel.DIRECT)
INTERNAL: Final = Traffic(Channel.INTERNAL, medium="internal")


def traffic_of(surroundings: Surroundings, own: Collection[str] = ()) -> Traffic:
    """`own` are further hosts of the shop, in small letters, beside that of the event's url."""
    said, click = _said(surroundings)
    if said or click:
        return _of_campaign(said, click)
    here = _PLAIN_ORIGIN.match(surroundings.url)
    if here and surroundings.referrer.startswith(here[0]):
        return INTERNAL
    host = _host(surroundings.referrer)
    if not host:
        return DIRECT
    if _is_own(host, {_host(surroundings.url), *own}):
        return INTERNAL
    return _of_referrer(host)


def _said(surroundings: Surroundings) -> tuple[dict[str, str], ByClick | None]:
    """What UTM parameters say by `source`, `medium` and `name`, and the first click's id of the table."""
    _, _, query = surroundings.url[:MOST_URL_CHARACTERS].partition("#")[0].partition("?")
    if not query and not surroundings.campaign:
        return {}, None
    asked = {name.lower(): value for name, value in reversed(parse_qsl(query))}
    told = dict(surroundings.campaign)
    said = {}
    for name in ("source", "medium", "name"):
        parameter = "campaign" if name == "name" else name
        word = _word(told.get(name, "")) or _word(asked.get(f"utm_{parameter}", ""))
        if word:
            said[name] = word
    return said, next((click for click in CLICKS if asked.get(click.parameter)), None)


def _of_campaign(said: dict[str, str], click: ByClick | None) -> Traffic:
    """A click's id says nothing of a source of another kind than its own."""
    source, medium = said.get("source", ""), said.get("medium", "")
    if click and (not source or _kind_of(source) == _kind_of(click.source)):
        source, medium = source or click.source, medium or click.medium
    return Traffic(_channel(source, medium), source, medium, said.get("name", ""))


def _channel(source: str, medium: str) -> Channel:
    kind = _kind_of(source)
    fitting = (rule.channel for rule in MEDIUMS if medium in rule.mediums and rule.of in ("", kind))
    return next(fitting, Channel.OTHER)


@lru_cache(maxsize=MOST_REMEMBERED)
def _kind_of(source: str) -> str:
    """A source is known by its name or by its host."""
    known = NAMES.get(source) or _KIND_BY_SOURCE.get(source)
    return known or (entry.kind if (entry := _entry(source)) else "")


@lru_cache(maxsize=MOST_REMEMBERED)
def _of_referrer(host: str) -> Traffic:
    entry = _entry(host)
    if entry is None:
        return Traffic(Channel.REFERRAL, _word(_plain(host)), "referral")
    channel, medium = KINDS[entry.kind]
    return Traffic(channel, entry.source, medium)


def _entry(host: str) -> ByHost | None:
    labels = host.split(".")
    for start in range(len(labels)):
        entry = _BY_HOST.get(".".join(labels[start:])) or _by_country(labels[start:])
        if entry:
            return entry
    return None


def _by_country(labels: list[str]) -> ByHost | None:
    """For `google.de`, `google.co.uk` and `google.com.br`, but not for `google.example.org`."""
    for stem in (1, 2):
        if _COUNTRY.fullmatch(".".join(labels[stem:])):
            return _BY_HOST.get(".".join([*labels[:stem], "*"]))
    return None


def _is_own(host: str, own: Collection[str]) -> bool:
    """The same host, or one below the other."""
    plain = _plain(host)
    return any(
        mine and (plain == mine or _is_below(plain, mine) or _is_below(mine, plain)) for mine in map(_plain, own)
    )


def _is_below(host: str, other: str) -> bool:
    return "." in other and host.endswith(f".{other}")


def _plain(host: str) -> str:
    return _FRONT.sub("", host)


def _host(url: str) -> str:
    """In small letters; "" where there is none."""
    found = _HOST.match(url[:MOST_URL_CHARACTERS])
    return found[1].rstrip(".").lower()[:MOST_HOST_CHARACTERS] if found else ""


def _word(text: str) -> str:
    if not text or "@" in text or "@" in unquote(unquote(text)):
        return ""
    return CONTROL.sub(" ", text).strip().lower()[:MOST_CHARACTERS].rstrip()


_HOST: Final = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/?#@]*@)?([^/?#:@\[\s]+)")
_PLAIN_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]{1,253}/")
"""As nearly every page's: a referrer that begins the same is of the same host, with no need to look closer."""
_FRONT: Final = re.compile(r"^(?:www|m)\.")
_COUNTRY: Final = re.compile(r"(?:(?:com?|org|net)\.)?[a-z]{2}|com|net|org")
_BY_HOST: Final = {host: entry for entry in HOSTS for host in entry.hosts}
_KIND_BY_SOURCE: Final = {entry.source: entry.kind for entry in reversed(HOSTS)}
