"""What happens to points besides earning: drawn at random, told to a town as its shop would."""

import json
import random

from regulars.kernel.calendar import DAY
from regulars.kernel.facts import Instant
from regulars.service import adjusting, customers, returns, spending, transfers
from regulars.service.adjusting import Adjustment
from regulars.service.commands import Command, NotPossible
from regulars.service.returns import Return
from tests.service.town import Town


class Deeds:
    """Remembers what there is to go back, to be released and to be brought back."""

    def __init__(self, town: Town, draw: random.Random) -> None:
        self._town, self._draw = town, draw
        self._orders: list[str] = []
        self._held: list[tuple[str, str]] = []
        self._spent: list[tuple[str, str]] = []
        self.done = 0

    def ordered(self, order_id: str) -> None:
        self._orders.append(order_id)

    def one(self, who: str, other: str, now: Instant) -> None:
        """What cannot be done is not done."""
        shop, draw = self._town.shop, self._draw
        record, receiver = (customers.find(shop, "user_id", name) for name in (who, other))
        command = Command("drawn", None, b"", "staff")
        points = draw.choice([1, 10, 40])
        if record is None or receiver is None:
            return
        try:
            match draw.randrange(7):
                case 0:
                    amount = draw.choice([None, 100, 3000])
                    wanted = Return(draw.choice([*self._orders, "none"]), (), amount)
                    returns.take_back(shop, wanted, command, now)
                case 1:
                    until = now + draw.choice([DAY, 40 * DAY, 80 * DAY])
                    found = spending.reserve(shop, record, points, until, command, now)
                    self._held.append((record, json.loads(found.answer)["id"]))
                case 2 if self._held:
                    holder, reservation = draw.choice(self._held)
                    spending.release(shop, holder, reservation, command, now)
                case 3:
                    holder, reservation = draw.choice([*self._held, (record, "none")])
                    found = spending.spend(shop, holder, points, "a cup", reservation, command, now)
                    self._spent.append((holder, json.loads(found.answer)["id"]))
                case 4 if self._spent:
                    holder, spent = draw.choice(self._spent)
                    spending.bring_back(shop, holder, spent, draw.choice([None, 1]), command, now)
                case 5:
                    sign = draw.choice([1, 1, -1])
                    adjusting.adjust(shop, Adjustment(record, sign * points, "by hand"), command, now)
                case _:
                    transfers.transfer(shop, record, receiver, points, "a present", command, now)
            self.done += 1
        except NotPossible:
            pass
