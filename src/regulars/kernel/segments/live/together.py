"""Which conditions look at the same: they are told together, and remember it once."""

from collections.abc import Hashable, Mapping

from regulars.kernel.facts import Behaved, Fact
from regulars.kernel.segments.live.holdings import OfHoldings
from regulars.kernel.segments.live.watch import Watcher


class Memo:
    """One memory, and the leaves that look at it. `taker` takes facts in for all of them."""

    __slots__ = ("home", "leaves", "looks", "taker")

    def __init__(self, leaves: list[tuple[int, Watcher]]) -> None:
        self.home, self.leaves = leaves[0][0], leaves
        self.looks = [
            (place, watch, 1 << 2 * place, watch.needs) if watch.has_no_most else (place, watch, 0, 0)
            for place, watch in leaves
        ]
        """For whoever holds from so much on, with the bit that says that it holds, and what it needs at least."""
        watches = [watch for _, watch in leaves]
        self.taker = watches[0].widened(watches) if len(watches) > 1 else watches[0]


def memos_of(watches: Mapping[int, Watcher]) -> list[Memo]:
    together: dict[Hashable, list[tuple[int, Watcher]]] = {}
    for place, watch in watches.items():
        together.setdefault(place if watch.shares is None else watch.shares, []).append((place, watch))
    return [Memo(leaves) for leaves in together.values()]


class Listeners:
    """Who watches an event: everybody, or only where one of its properties has a certain value."""

    def __init__(self) -> None:
        self._all: list[Memo] = []
        self._always: list[Memo] = []
        self._by_value: dict[str, dict[str, list[Memo]]] = {}

    def add(self, memo: Memo) -> None:
        self._all.append(memo)
        if memo.taker.only is None:
            self._always.append(memo)
            return
        name, values = memo.taker.only
        for value in values:
            self._by_value.setdefault(name, {}).setdefault(value, []).append(memo)

    def to(self, fact: Fact) -> list[Memo]:
        """Of an order every line has its own, so it goes to all."""
        if not isinstance(fact, Behaved) or not self._by_value:
            return self._all
        found = self._always
        for name, by_value in self._by_value.items():
            those = by_value.get(fact.properties.get(name, ""))
            if those:
                found = found + those
        return found


def readings_of(holdings: Mapping[int, OfHoldings]) -> list[list[tuple[int, OfHoldings]]]:
    """Those together that read the same."""
    together: dict[Hashable, list[tuple[int, OfHoldings]]] = {}
    for place, of_held in holdings.items():
        together.setdefault(of_held.key, []).append((place, of_held))
    return list(together.values())
