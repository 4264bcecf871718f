"""A program compiled: its rules as closures, its zone as a calendar, its watches by key. Made once per program version."""

from regulars.kernel.behaviour import Watch
from regulars.kernel.calendar import Calendar
from regulars.kernel.celebrations import CelebrationRules
from regulars.kernel.consents import standing
from regulars.kernel.earning import EarningRules
from regulars.kernel.endings import Endings
from regulars.kernel.games.interest import offered_by
from regulars.kernel.games.playing import GameRules
from regulars.kernel.pauses import stopped
from regulars.kernel.program import Program
from regulars.kernel.segments.live.rules import SegmentRules
from regulars.kernel.state import Consequences, SegmentState, State
from regulars.kernel.tiers import TierRules


class Rulebook:
    """`version` names the program's content: the document, the zone's transitions and the engine's number."""

    def __init__(self, program: Program, version: str) -> None:
        self.program = program
        self.version = version
        self.calendar = Calendar(program.zone)
        self.earning = EarningRules(program, version, self.calendar)
        self.tiers = TierRules(program.tiers, program, self.calendar) if program.tiers else None
        watches = [self.tiers.watch] if self.tiers and self.tiers.watch else []
        self.stopped = stopped(program.pauses, "expiry")
        """The days on which points do not grow older."""
        self.spared = frozenset(program.points.spares)
        has_endings = program.points.notices or program.points.inactive
        self.endings = Endings(program, self.calendar) if has_endings else None
        self.waits_for_fulfilment = (
            program.points.hold_until is not None and program.points.hold_until.end == "fulfilment"
        )
        watches += self.endings.watches if self.endings else []
        self.tier_watches: list[tuple[str, Watch]] = [(watch.key(), watch) for watch in watches]
        self.clubs = {club.id: club for club in program.clubs}
        has_games = bool(program.games.every or program.clubs or offered_by(program))
        self.games = GameRules(program, self.calendar) if has_games else None
        self.watches = [*self.tier_watches, *(self.games.watches if self.games is not None else [])]
        self.counted = frozenset([watch.counts for _, watch in self.tier_watches])
        """The behaviours that watches count, among what else they do."""
        self.celebrations = CelebrationRules(program, self.calendar) or None
        self.open_to_all = program.members == "everyone"
        self.segments = self._segments() if program.segments else None
        self.earning.circumstances.segments = self.segments
        self.trials = self.earning.trials
        if self.trials is not None:
            self.trials.segments = self.segments

    def spares(self, state: State) -> bool:
        """Whether no date ends the points of this customer now."""
        if not self.spared or self.segments is None or state.segments is None:
            return False
        return not self.spared.isdisjoint(self.segments.of(state.segments))

    def new_state(self) -> State:
        """A customer of whom nothing is known yet."""
        segments = SegmentState() if self.segments is not None else None
        return State(self.version, observations={key: {} for key, _ in self.watches}, segments=segments)

    def is_member(self, state: State) -> bool:
        return self._has_joined(state.consequences)

    def _has_joined(self, held: Consequences) -> bool:
        return self.open_to_all or held.member_since is not None

    def _segments(self) -> SegmentRules:
        program = self.program
        allowed = [rule.purpose for rule in program.consent if standing(rule, []).standing.allows]
        return SegmentRules(
            program.segments,
            self.calendar,
            program.words(),
            self._has_joined,
            allowed,
            program.scores,
            program.interests,
        )
