"""The segments of one program, kept for one customer after another.

A fact changes the leaves that watch its event; what changes somebody's points, level or traits, those that look at these; time
alone those that said so beforehand (`dues`). A segment is looked at again only when one of its leaves became another one
(`live.bits`). The meaning is `segments.meaning`: at every moment the same customers are in it.

The clock of segments goes by when we were told, so that no word from outside moves it, and it goes forward only.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from hashlib import blake2b
from typing import Final

from regulars.kernel.calendar import Calendar
from regulars.kernel.consents import PROFILING
from regulars.kernel.effects import Because, Effect, SegmentEntered, SegmentLeft
from regulars.kernel.facts import FOREVER, MEMBER_JOINED, ORDER_COMPLETED, Behaved, Fact, Instant
from regulars.kernel.scores.tree import InterestProfile, Score
from regulars.kernel.segments.live.bits import Bits, Node, Table, places_of
from regulars.kernel.segments.live.holdings import (
    AboutHoldings,
    AboutThem,
    OfHoldings,
    OfProfile,
    of_holdings,
    of_profile,
)
from regulars.kernel.segments.live.scored import AboutInterests, AboutScores, Interested, Scored
from regulars.kernel.segments.live.together import Listeners, Memo, memos_of, readings_of
from regulars.kernel.segments.live.watch import Memory, Occasion, Watcher
from regulars.kernel.segments.live.watches import Watched, watch_of
from regulars.kernel.segments.meaning import Known, holds
from regulars.kernel.segments.tree import Condition, Consented, InShare, KnownBy, Near, Segment, Trait, Visited, Words
from regulars.kernel.state import Consequences, Profile, SegmentState

MOST_KEPT: Final = 1_000
"""Entries of one memory that are written down. What is larger is forgotten, and read again from the facts when it is needed."""


class Cause:
    """Why something is looked at: by which program, because of which fact if there is one, and when we were told. `why` is said
    where everything is looked at anew.
    """

    __slots__ = ("fact", "recorded_at", "version", "why")

    def __init__(
        self, version: str, recorded_at: Instant, fact: str | None = None, why: str = "What is known of them changed."
    ) -> None:
        self.version, self.recorded_at, self.fact, self.why = version, recorded_at, fact, why


class SegmentRules:
    """The segments of one program, compiled. `allowed` are the purposes that nobody has to be asked for, and `usual` is what is
    known of somebody of whom nothing was told.
    """

    def __init__(
        self,
        segments: Sequence[Segment],
        calendar: Calendar,
        words: Words,
        is_member: Callable[[Consequences], bool],
        allowed: Collection[str] = (),
        scores: Sequence[Score] = (),
        interests: Sequence[InterestProfile] = (),
    ) -> None:
        self.calendar, self._words = calendar, words
        self._said: dict[int, str] = {}
        self._scores = {score.id: score for score in scores}
        self._interests = {profile.id: profile for profile in interests}
        self.table = Table({segment.id: segment.canonical() for segment in segments}, Consented(PROFILING))
        leaves = self.table.leaves
        self.watches: dict[int, Watcher] = {}
        self.holdings: dict[int, OfHoldings] = {}
        self.told: dict[int, OfProfile] = {}
        for place, leaf in enumerate(leaves):
            watch = self._watch(leaf)
            if watch is not None:
                self.watches[place] = watch
            elif isinstance(leaf, AboutHoldings):
                self.holdings[place] = of_holdings(leaf, calendar, is_member)
            elif isinstance(leaf, AboutThem):
                self.told[place] = of_profile(leaf, calendar)
        self.readings = readings_of(self.holdings)
        self.memos = memos_of(self.watches)
        self.home = {place: memo.home for memo in self.memos for place, _ in memo.leaves}
        """By leaf, where its memory is."""
        self.keys = {memo.home: self._key([leaves[place] for place, _ in memo.leaves]) for memo in self.memos}
        self._by_event: dict[str, Listeners] = {}
        for memo in self.memos:
            for event in memo.taker.events:
                self._by_event.setdefault(event, Listeners()).add(memo)
        self.traits = frozenset([name for leaf in leaves for name in _traits(leaf)])
        self.visits = frozenset([leaf.name for leaf in leaves if isinstance(leaf, Visited)])
        self.kinds = frozenset([leaf.kind for leaf in leaves if isinstance(leaf, KnownBy)])
        self.purposes = frozenset([leaf.purpose for leaf in leaves if isinstance(leaf, Consented)])
        self.usual = Profile(allows=tuple(sorted(self.purposes.intersection(allowed))))

    def take(
        self, state: SegmentState, held: Consequences, fact: Fact, now: Instant, version: str, held_changed: bool
    ) -> list[Effect]:
        """What follows from a fact at `now`, which is not before the state's clock, and from what the fact changed in `held`."""
        turn = Turn(self, state, held, now)
        turn.begin(fact.customer)
        listeners = self._by_event.get(fact.name)
        if listeners is not None and (fact.name not in SHOPS_OWN or not isinstance(fact, Behaved)):
            occasion, memories = Occasion(fact, self.calendar), state.memories
            for memo in listeners.to(fact):
                before = memories.get(memo.home)
                after = memo.taker.take(before, occasion, now)
                if after is not before:
                    turn.take(memo, after, occasion)
        if held_changed:
            turn.look_at_holdings()
        return turn.end(Cause(version, fact.recorded_at, fact.id))

    def fall_due(
        self, state: SegmentState, held: Consequences, due: Instant, cause: Cause, held_changed: bool
    ) -> list[Effect]:
        """What time alone brings about by `due`; nothing for whoever was never looked at."""
        if not state.truths:
            state.due_at = FOREVER
            return []
        turn = Turn(self, state, held, max(due, state.clock))
        for place in [place for place, at in state.dues.items() if at <= turn.now]:
            turn.look(place)
        if held_changed:
            turn.look_at_holdings()
        turn.was_next = True
        return turn.end(cause)

    def regard(
        self, state: SegmentState, held: Consequences, customer: str, profile: Profile, now: Instant, cause: Cause
    ) -> list[Effect]:
        """What follows where something else is known of somebody: traits, names, consents."""
        turn = Turn(self, state, held, max(now, state.clock))
        turn.begin(customer)
        if profile != state.profile:
            state.profile = profile
            for place in self.told:
                turn.look(place)
        return turn.end(cause)

    def refold(
        self,
        state: SegmentState,
        held: Consequences,
        customer: str,
        facts: Iterable[Fact],
        profile: Profile,
        was: frozenset[str],
        now: Instant,
        cause: Cause,
    ) -> list[Effect]:
        """Everything anew, from all facts in the order in which they were recorded. What follows is the difference to the segments
        that they were in.
        """
        now = max(now, state.clock)
        state.memories, state.forgotten = self._memories(facts, now), []
        return self._anew(state, held, customer, profile, was, now, cause)

    def carry(
        self,
        state: SegmentState,
        old: "SegmentRules",
        held: Consequences,
        customer: str,
        profile: Profile,
        now: Instant,
        cause: Cause,
    ) -> list[Effect] | None:
        """From another program's segments to these, where these ask for no facts that those did not watch; else None."""
        places = {key: place for place, key in old.keys.items()}
        if state.forgotten or not places.keys() >= set(self.keys.values()):
            return None
        was, before = old.of(state), state.memories
        state.memories = {place: before[places[key]] for place, key in self.keys.items() if places[key] in before}
        return self._anew(state, held, customer, profile, was, max(now, state.clock), cause)

    def profile_of(self, known: Known) -> Profile:
        """What these segments ask for of what is told of somebody."""
        return Profile(
            {name: value for name, value in sorted(known.traits.items()) if name in self.traits},
            {name: value for name, value in sorted(known.first_visit.items()) if name in self.visits},
            {name: value for name, value in sorted(known.last_visit.items()) if name in self.visits},
            tuple(sorted(self.kinds.intersection(known.kinds))),
            tuple(sorted(self.purposes.intersection(known.allows))),
        )

    def recover(self, state: SegmentState, facts: Iterable[Fact]) -> None:
        """What was too much to write down, from all facts in the order in which they were recorded."""
        state.memories = {**state.memories, **self._memories(facts, state.clock, frozenset(state.forgotten))}
        state.forgotten = []

    def of(self, state: SegmentState | None) -> frozenset[str]:
        """The segments that somebody of this state is in."""
        return self.table.of(number_of(state)) if state is not None else frozenset()

    def why(self, node: Node, changed: Bits, truths: Bits) -> str:
        """The condition that became another one, in words."""
        place = places_of(node.leaves & changed)[0]
        begin = {1: "They", 2: "It is not so that they", 0: "It is unknown whether they"}[truths >> 2 * place & 3]
        said = self._said.get(place)
        if said is None:
            said = self._said[place] = self.table.leaves[place].describe(self._words)
        return f"{begin} {said}."

    # --- how -------------------------------------------------------------------------------------------------------------

    def _anew(
        self,
        state: SegmentState,
        held: Consequences,
        customer: str,
        profile: Profile,
        was: frozenset[str],
        now: Instant,
        cause: Cause,
    ) -> list[Effect]:
        state.profile, state.dues, state.due_at, state.truths = profile, {}, FOREVER, b""
        turn = Turn(self, state, held, now)
        turn.begin(customer)
        turn.end(cause)
        effects: list[Effect] = []
        for id in sorted(was ^ self.of(state)):
            kind = SegmentLeft if id in was else SegmentEntered
            effects.append(kind(id, cause.why, now, cause.recorded_at, Because(id, cause.version, cause.fact)))
        return effects

    def _memories(self, facts: Iterable[Fact], now: Instant, only: frozenset[int] | None = None) -> dict[int, Memory]:
        memories: dict[int, Memory] = {}
        for fact in facts:
            if isinstance(fact, Behaved) and fact.name in SHOPS_OWN:
                continue
            occasion = Occasion(fact, self.calendar)
            listeners = self._by_event.get(fact.name)
            for memo in listeners.to(fact) if listeners is not None else ():
                if only is None or memo.home in only:
                    memory = memo.taker.take(memories.get(memo.home), occasion, now)
                    if memory is not None:
                        memories[memo.home] = memory
        return memories

    def _watch(self, leaf: Condition) -> Watcher | None:
        if isinstance(leaf, AboutScores):
            return Scored(leaf, self._scores[leaf.score], self.calendar)
        if isinstance(leaf, AboutInterests):
            return Interested(leaf, self._interests[leaf.profile], self.calendar)
        return watch_of(leaf, self.calendar) if isinstance(leaf, Watched) else None

    def _key(self, leaves: Sequence[Condition]) -> str:
        """Of what is remembered for these: a score by what it says, not by its name alone."""
        told = [(repr(leaf), repr(self._about(leaf))) for leaf in leaves]
        definition = f"{sorted(told)!r} {self.calendar.zone.digest()}"
        return blake2b(definition.encode(), digest_size=12).hexdigest()

    def _about(self, leaf: Condition) -> object:
        if isinstance(leaf, AboutScores):
            return self._scores[leaf.score]
        return self._interests[leaf.profile] if isinstance(leaf, AboutInterests) else None


def _traits(leaf: Condition) -> tuple[str, ...]:
    if isinstance(leaf, Near):
        return leaf.latitude_trait, leaf.longitude_trait
    return (leaf.name,) if isinstance(leaf, Trait) else ()


SHOPS_OWN: Final = (ORDER_COMPLETED, MEMBER_JOINED)
"""What only the shop's own word can say; a browser's of the same name is neither."""


def bounded(state: SegmentState) -> SegmentState:
    """As it is written down: without what is too much."""
    if not state.forgotten:
        return state
    kept = {place: memory for place, memory in state.memories.items() if place not in state.forgotten}
    return SegmentState(state.clock, state.due_at, state.truths, kept, state.dues, state.forgotten, state.profile)


class Turn:
    """One look at one customer: leaves become others, then the segments that hang on them."""

    __slots__ = ("changed", "held", "now", "rules", "state", "truths", "was_next")

    def __init__(self, rules: SegmentRules, state: SegmentState, held: Consequences, now: Instant) -> None:
        self.rules, self.state, self.held, self.now = rules, state, held, now
        state.clock = now
        self.truths: Bits = int.from_bytes(state.truths, "little")
        self.changed: Bits = 0
        self.was_next = False
        """Whether what was due next is due at another time now."""

    def begin(self, customer: str) -> None:
        """Whoever was never looked at is, at everything."""
        state, rules = self.state, self.rules
        if state.truths:
            return
        self.truths = rules.table.nobody()
        if state.profile is None:
            state.profile = rules.usual
        known = Known(customer, rules.calendar)
        for place, leaf in enumerate(rules.table.leaves):
            if isinstance(leaf, InShare):
                self._set(place, holds(leaf, known, self.now), FOREVER)
            else:
                self.look(place)
        self.changed = rules.table.all_leaves

    def look(self, place: int) -> None:
        rules, state = self.rules, self.state
        watch = rules.watches.get(place)
        if watch is not None:
            home = rules.home[place]
            if home in state.forgotten and home not in state.memories:
                # Whoever only reads a state looks no further than it was written down; whoever goes on with it recovers first.
                state.dues.pop(place, None)
                return
            memory, truth, due = watch.look(state.memories.get(home), self.now)
            if watch.shares is None:
                self._remember(home, watch, memory)
            self._set(place, truth, due)
            return
        of_held = rules.holdings.get(place)
        if of_held is not None:
            self._set(place, *of_held.judge(of_held.read(self.held, self.now)))
            return
        assert state.profile is not None, "whoever is looked at was begun"
        self._set(place, *rules.told[place](state.profile, self.now))

    def look_at_holdings(self) -> None:
        for those in self.rules.readings:
            read = those[0][1].read(self.held, self.now)
            for place, of_held in those:
                self._set(place, *of_held.judge(read))

    def take(self, memo: Memo, memory: Memory, occasion: Occasion) -> None:
        """The memory that took in a fact, and what its leaves say to that."""
        now, taker = self.now, memo.taker
        self._remember(memo.home, taker, memory)
        if taker.follows_nothing(memory, occasion, now):
            return
        adds, truths = taker.only_adds(occasion.fact), self.truths
        for place, watch, holding, needs in memo.looks:
            if adds:
                if truths & holding:
                    continue
                if needs and (len(memory) < needs or (memory[-needs] + watch.longest <= now and memory[-1] <= now)):
                    continue  # It is plain that it does not hold, and will not by time alone.
            seen, truth, due = watch.look(memory, now)
            if watch.shares is None and seen is not memory:
                self._remember(memo.home, taker, seen)
            self._set(place, truth, due)

    def _remember(self, home: int, watch: Watcher, memory: Memory) -> None:
        state = self.state
        if memory is None or memory == []:
            state.memories.pop(home, None)
            return
        state.memories[home] = memory
        if watch.size(memory) > MOST_KEPT and home not in state.forgotten:
            state.forgotten = [*state.forgotten, home]

    def end(self, cause: Cause) -> list[Effect]:
        """Writes down what is so now; the segments that were entered and left."""
        state, table = self.state, self.rules.table
        if self.was_next:
            state.due_at = min(state.dues.values(), default=FOREVER)
        if not self.changed:
            return []
        truths, moved = table.settled(self.truths, self.changed)
        state.truths = truths.to_bytes(table.size, "little")
        effects: list[Effect] = []
        for node in moved:
            assert node.id is not None
            kind = SegmentEntered if truths >> node.bit & 1 else SegmentLeft
            why, because = self.rules.why(node, self.changed, truths), Because(node.id, cause.version, cause.fact)
            effects.append(kind(node.id, why, self.now, cause.recorded_at, because))
        return effects

    def _set(self, place: int, truth: bool | None, due: Instant) -> None:
        """Writes down a leaf's truth and its due time."""
        state = self.state
        dues = state.dues
        before = dues.get(place, FOREVER)
        if due != before:
            if due == FOREVER:
                del dues[place]
            else:
                dues[place] = due
            if due < state.due_at:
                state.due_at = due
            elif before == state.due_at:
                self.was_next = True
        bits = 0 if truth is None else 1 if truth else 2
        at = 2 * place
        if self.truths >> at & 3 != bits:
            self.truths = self.truths & ~(3 << at) | bits << at
            self.changed |= 1 << place


def number_of(state: SegmentState) -> Bits:
    return int.from_bytes(state.truths, "little")
