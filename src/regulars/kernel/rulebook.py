"""A program compiled: its rules as closures, its zone as a calendar, its watches by key. Made once per program version."""

from regulars.kernel.calendar import Calendar
from regulars.kernel.earning import EarningRules
from regulars.kernel.program import Program
from regulars.kernel.state import State
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
        self.watches = [(watch.key(), watch) for watch in watches]
        self.open_to_all = program.members == "everyone"

    def new_state(self) -> State:
        """A customer of whom nothing is known yet."""
        return State(self.version, observations={key: {} for key, _ in self.watches})

    def is_member(self, state: State) -> bool:
        return self.open_to_all or state.consequences.member_since is not None
