"""Moments on the wire: RFC 3339 in UTC, with a `Z`."""

from datetime import UTC, datetime, timedelta
from typing import Final

from regulars.kernel.facts import Instant

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(instant: Instant) -> str:
    """`2024-05-17T09:30:00Z`, with microseconds where there are any. Only for instants within the years 1 to 9999."""
    return (_EPOCH + timedelta(microseconds=instant)).isoformat().replace("+00:00", "Z")
