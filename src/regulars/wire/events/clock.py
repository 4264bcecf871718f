"""When an event happened, by three clocks: the client's when it happened and when it was sent, ours when it came.

A client's clock may be wrong, but it is wrong by the same amount twice: happened = received - (sent - original). Without a
usable `sentAt` the client's word is taken. Nothing happens in the future: what would is put at the moment it came.

A time is RFC 3339, with `Z` or an offset; one without an offset is read as UTC, and a date alone is its first moment.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from regulars.kernel.facts import Instant
from regulars.wire.events.refusals import EventReason, EventRefused

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_EARLIEST: Final = (datetime(1990, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_MOST_CHARACTERS: Final = 64


def happened_at(original: object, sent_at: Instant | None, received_at: Instant) -> Instant:
    """`original` is the event's own time as it came; nothing there means the moment it came."""
    if original is None or original == "":
        return received_at
    moment = instant_of(original)
    if moment is None:
        message = "The timestamp is not a time. Write RFC 3339 as text: 2024-05-17T09:30:00.000Z."
        raise EventRefused(EventReason.BAD_TIMESTAMP, message)
    if sent_at is not None:
        moment += received_at - sent_at
    if moment < _EARLIEST:
        message = "The timestamp lies before 1990. Correct it, or leave it out and the time of receipt is taken."
        raise EventRefused(EventReason.BAD_TIMESTAMP, message)
    return moment if moment < received_at else received_at


def instant_of(text: object) -> Instant | None:
    """None when it is no time."""
    if type(text) is not str or not _has_dashes(text):
        return None
    try:
        moment = datetime.fromisoformat(text if text[-1] != "z" else text.upper())
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICROSECOND


def _has_dashes(text: str) -> bool:
    """Python also reads week dates, dates without dashes and any separator, and so would take some numbers for dates."""
    return text[4:5] == "-" == text[7:8] and text[10:11] in ("T", "t", " ", "") and len(text) <= _MOST_CHARACTERS
