"""Forty cases in which points, tiers and rewards are known to go wrong, and what of them waits for what."""

from collections.abc import Mapping
from typing import Final

TITLES: Final[Mapping[int, str]] = {
    1: "Earned on 31 January, good for a month",
    2: "“Expires 31 December”: the last moment",
    3: "A midnight that is not there, or comes twice",
    4: "A member in another zone than the shop",
    5: "The program's zone is changed",
    6: "A year across a leap day",
    7: "A happy hour over midnight and a clock change",
    8: "An order that is told late",
    9: "Born on 29 February",
    10: "A birthday that is edited",
    11: "A night that was missed",
    12: "Two tabs spend the last 100 points",
    13: "The same request after a time-out",
    14: "The payment fails after points were spent",
    15: "A reservation runs out while the customer pays",
    16: "Points that expire while they are held",
    17: "A spending is taken back after its points expired",
    18: "A refund after the points expired",
    19: "A refund after the points were spent",
    20: "Owing points, then earning some",
    21: "Three partial refunds",
    22: "What is left is under a bonus's threshold",
    23: "A refund that is too large, or of shipping alone",
    24: "An exchange",
    25: "An order paid partly with points",
    26: "What comes back first, points or money",
    27: "The order that crosses a tier",
    28: "An upgrade, and the refund of its order",
    29: "A downgrade while an order is pending",
    30: "Old spending leaves a trailing window",
    31: "Thresholds are edited",
    32: "Everything in one night",
    33: "Two members are one",
    34: "One of them owes points",
    35: "Whoever recommends is whom they recommend",
    36: "A member is erased",
    37: "A coupon's last use, a thousand at once",
    38: "A cancelled order is opened again",
    39: "Everything is free, line by line",
    40: "Two currencies in one program",
}

LATER: Final[Mapping[int, str]] = {
    32: "what is redeemed by itself comes with rewards",
    35: "referrals are yet to come, and with them rewards that are taken back",
    37: "there are no coupons yet",
    38: "there are no coupons yet",
}
