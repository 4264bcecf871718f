"""What is known of everybody as numbers: the columns, in their order."""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.float64]
Truths: TypeAlias = NDArray[np.bool_]

PERIOD_DAYS: Final = 30

FEATURES: Final = (
    "has ordered",
    "days since the last order",
    "orders",
    "orders in the last 30 days",
    "orders in the last 180 days",
    "spent",
    "has a rhythm",
    "usual gaps since the last order",
    "has been on the site",
    "days since they were on the site",
    "views in the last 7 days",
    "views in the last 30 days",
    "put into the basket in the last 7 days",
    "put into the basket in the last 30 days",
    "days on the site in the last 7 days",
    "days on the site in the last 30 days",
    "days since first seen",
)
"""In the order of the columns. Numbers without an upper end come as log(1 + number)."""
