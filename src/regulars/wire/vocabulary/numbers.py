"""Numbers and shares, as a program document says them."""

import re
from fractions import Fraction
from typing import Final

from regulars.kernel.terms import plain
from regulars.wire.shapes import Scalar, Unreadable, number

FACTOR = number("a number above 0, such as 1.5", above=0)


def _share(written: str) -> Fraction | None:
    percent = re.fullmatch(r"(\d{1,3}(\.\d{1,4})?) ?%", written, re.ASCII)
    if percent is None:
        return None
    share = Fraction(percent[1]) / 100
    if not 0 < share < 1:
        raise Unreadable("a share above 0 % and below 100 %")
    return share


SHARE = Scalar(
    "a share such as “10%”",
    _share,
    {"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,4})? ?%$"},
    lambda written: f"{written}%" if re.fullmatch(r"\d{1,2}(\.\d{1,4})?", written, re.ASCII) else None,
)


def _percent(written: str) -> Fraction | None:
    percent = re.fullmatch(PERCENT_PATTERN, written, re.ASCII)
    if percent is None:
        return None
    if Fraction(percent[1]) > 100:
        raise Unreadable("a share of at most 100 %")
    return Fraction(percent[1]) / 100


def _percent_meant(written: str) -> str | None:
    """Of `0.3` and of `30`."""
    if re.fullmatch(r"0?\.\d{1,4}", written, re.ASCII):
        return f"{plain(Fraction(written) * 100)}%"
    return f"{written}%" if re.fullmatch(r"\d{1,2}(\.\d{1,4})?|100", written, re.ASCII) else None


PERCENT_PATTERN: Final = r"(\d{1,3}(?:\.\d{1,4})?) ?%"
PERCENT = Scalar(
    "a share from “0%” to “100%”",
    _percent,
    {"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,4})? ?%$"},
    _percent_meant,
)


def whole(expected: str, least: int, most: int) -> Scalar:
    def parse(written: str) -> int | None:
        count = int(written) if re.fullmatch(r"\d{1,9}", written, re.ASCII) else -1
        return count if least <= count <= most else None

    bounds = {"minimum": least, "maximum": most, "pattern": "^[0-9]{1,9}$"}
    return Scalar(f"{expected} from {least:,} to {most:,}", parse, {"type": ["integer", "string"], **bounds})


MOST_POINTS: Final = 10**12
