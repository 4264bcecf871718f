"""What went back of an order's lines, by the refunds that a platform tells: goods by lines, money beside them, or one sum.

    goods                     take their lines' own money, as far as there is any left
    more than the goods       is money without goods: off what is left of all lines, in proportion
    less than the goods       stays with the lines that were given back
    in the end                whole minor units: rounded down line by line, the rest to those that lost most

Nothing ever takes more off a line than it cost. What goes back is reckoned from all refunds each time, never added up.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from regulars.kernel.facts import Line
from regulars.wire.webhooks.amounts import minors_of

Back = list[tuple[int, int]]


class Refunds:
    """Refunds of these lines, one after the other, in minor units."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._money = [Fraction(0) for _ in lines]
        self._counts = [0 for _ in lines]

    def take(self, money: Mapping[int, Fraction], counts: Mapping[int, int], beside: Fraction = Fraction(0)) -> None:
        """So much money of each line, and so many."""
        for place, count in counts.items():
            self._counts[place] = min(self._counts[place] + count, self._lines[place].quantity)
        given = {place: min(max(share, Fraction(0)), self._left(place)) for place, share in money.items()}
        goods = sum(given.values(), Fraction(0))
        kept = min(-beside, goods) if beside < 0 else Fraction(0)
        for place, share in given.items():
            self._money[place] += share * (goods - kept) / goods if goods else 0
        if beside > 0:
            self.take_money(beside)

    def take_money(self, money: Fraction) -> None:
        """Off what is left of all lines."""
        left = [self._left(place) for place in range(len(self._lines))]
        whole = sum(left, Fraction(0))
        share = min(money / whole, Fraction(1)) if whole else Fraction(0)
        for place, minor in enumerate(left):
            self._money[place] += minor * share

    def back(self) -> Back:
        return list(zip(minors_of(self._money, 0), self._counts, strict=True))

    def _left(self, place: int) -> Fraction:
        return self._lines[place].amount_minor - self._money[place]
