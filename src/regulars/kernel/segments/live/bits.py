"""Many segments at once: every different condition is a *leaf* with two bits in one number, that it is true and that it is false.

A segment is a few sets of such bits: whoever has all the bits of one set is in it. That is exact for Kleene's logic: with `none`
drawn inwards, a condition is true if and only if some choice of leaves is true or false as it asks. What would take too many sets
is cut into parts that have two bits of their own; so has every segment, since others may name it.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from regulars.kernel.segments.tree import All, AnyOf, Condition, InSegment, NoneOf, Segment, inside_of

MOST_SETS: Final = 12
"""So many sets a condition may take before its parts get bits of their own."""

Bits: TypeAlias = int


class Node:
    """A segment, or a part of one. `sets` make it true; `counter` make it false, where it is a part: out of a segment is everybody
    who is not in it. `wakes` are the numbers of the nodes that look at it, `leaves` those on which it hangs, as bits.
    """

    __slots__ = ("bit", "counter", "id", "leaves", "sets", "wakes")

    def __init__(self, id: str | None, bit: int, sets: Sequence[Bits], counter: Sequence[Bits] | None) -> None:
        self.id, self.bit, self.sets, self.counter = id, bit, tuple(sets), counter
        self.wakes: Bits = 0
        self.leaves: Bits = 0

    def bits(self, truths: Bits) -> Bits:
        for bits in self.sets:
            if truths & bits == bits:
                return 1 << self.bit
        if self.counter is None:
            return 2 << self.bit
        for bits in self.counter:
            if truths & bits == bits:
                return 2 << self.bit
        return 0


class Table:
    """The leaves and nodes of some segments. With `everywhere`, every segment asks for that leaf beside its own condition."""

    def __init__(self, segments: Mapping[str, Segment], everywhere: Condition | None = None) -> None:
        self.leaves: list[Condition] = []
        self.place: dict[Condition, int] = {}
        for segment in segments.values():
            for leaf in sorted(leaves_of(segment.condition), key=repr):
                self._add_leaf(leaf)
        if everywhere is not None:
            self._add_leaf(everywhere)
        self._next_bit = 2 * len(self.leaves)
        self.nodes: list[Node] = []
        self._segment_bits: dict[str, int] = {}
        for id in in_order(segments):
            sets = self._sets(segments[id].condition, wanted=True)
            if everywhere is not None:
                sets = [bits | 1 << 2 * self.place[everywhere] for bits in sets]
            self._segment_bits[id] = self._add_node(id, sets, None)
        self.members = {id: 1 << bit for id, bit in self._segment_bits.items()}
        self.all_leaves: Bits = (1 << len(self.leaves)) - 1
        self.size = self._next_bit // 8 + 1
        """Bytes that hold all bits."""
        self.wakes: list[Bits] = [0] * len(self.leaves)
        """By leaf, the numbers of the nodes that look at it."""
        self._hang_together()

    def nobody(self) -> Bits:
        """Nothing is known, and nobody is in any segment."""
        return sum([2 << bit for bit in self._segment_bits.values()])

    def settled(self, truths: Bits, changed: Bits) -> tuple[Bits, list[Node]]:
        """After these leaves became others: all bits as they are then, and the segments that were entered or left."""
        waiting: Bits = 0
        for place in places_of(changed):
            waiting |= self.wakes[place]
        moved = []
        while waiting:
            lowest = waiting & -waiting
            waiting ^= lowest
            node = self.nodes[lowest.bit_length() - 1]
            bits = node.bits(truths)
            if truths & 3 << node.bit == bits:
                continue
            truths = truths & ~(3 << node.bit) | bits
            waiting |= node.wakes
            if node.id is not None:
                moved.append(node)
        return truths, moved

    def of(self, truths: Bits) -> frozenset[str]:
        """The segments that somebody is in."""
        return frozenset([id for id, bit in self.members.items() if truths & bit])

    def _add_leaf(self, leaf: Condition) -> None:
        if leaf not in self.place:
            self.place[leaf] = len(self.leaves)
            self.leaves.append(leaf)

    def _add_node(self, id: str | None, sets: Sequence[Bits], counter: Sequence[Bits] | None) -> int:
        bit = self._next_bit
        self._next_bit += 2
        self.nodes.append(Node(id, bit, sets, counter))
        return bit

    def _sets(self, condition: Condition, wanted: bool) -> list[Bits]:
        """The sets of bits by which it is true, or else false."""
        match condition:
            case All(inside):
                return self._all(inside, True) if wanted else self._any(inside, False)
            case AnyOf(inside):
                return self._any(inside, True) if wanted else self._all(inside, False)
            case NoneOf(inside):
                return self._all(inside, False) if wanted else self._any(inside, True)
            case InSegment(id):
                return [(1 if wanted else 2) << self._segment_bits[id]]
        return [(1 if wanted else 2) << 2 * self.place[condition]]

    def _any(self, inside: Sequence[Condition], wanted: bool) -> list[Bits]:
        return _smallest([bits for one in inside for bits in self._sets(one, wanted)])

    def _all(self, inside: Sequence[Condition], wanted: bool) -> list[Bits]:
        found: list[Bits] = [0]
        for one in inside:
            sets = self._sets(one, wanted)
            if len(found) * len(sets) > MOST_SETS and len(sets) > 1:
                part = self._add_node(None, self._sets(one, True), self._sets(one, False))
                sets = [(1 if wanted else 2) << part]
            found = _smallest([before | bits for before in found for bits in sets])
        return found

    def _hang_together(self) -> None:
        by_bit = {node.bit: node for node in self.nodes}
        for number, node in enumerate(self.nodes):
            asked: Bits = 0
            for bits in (*node.sets, *(node.counter or ())):
                asked |= bits
            for bit in sorted({bit & ~1 for bit in places_of(asked)}):
                if bit in by_bit:
                    by_bit[bit].wakes |= 1 << number
                    node.leaves |= by_bit[bit].leaves
                else:
                    self.wakes[bit // 2] |= 1 << number
                    node.leaves |= 1 << bit // 2


def leaves_of(condition: Condition) -> set[Condition]:
    """All conditions in it that are not made of others."""
    if isinstance(condition, All | AnyOf | NoneOf):
        return {leaf for one in inside_of(condition) for leaf in leaves_of(one)}
    return set() if isinstance(condition, InSegment) else {condition}


def in_order(segments: Mapping[str, Segment]) -> list[str]:
    """Every segment behind those that it names."""
    found: list[str] = []

    def follow(condition: Condition) -> None:
        for one in inside_of(condition):
            follow(one)
        if isinstance(condition, InSegment):
            add(condition.id)

    def add(id: str) -> None:
        if id not in found:
            follow(segments[id].condition)
            found.append(id)

    for id in segments:
        add(id)
    return found


def places_of(bits: Bits) -> list[int]:
    places = []
    while bits:
        lowest = bits & -bits
        places.append(lowest.bit_length() - 1)
        bits ^= lowest
    return places


def _smallest(sets: list[Bits]) -> list[Bits]:
    """Without those that ask for all that another one asks for, and more."""
    smallest: list[Bits] = []
    for bits in sorted(set(sets), key=lambda bits: (bits.bit_count(), bits)):
        if not any([bits & other == other for other in smallest]):
            smallest.append(bits)
    return smallest
