"""What the example programs are expected to find: `python -m tools.program_examples` writes it anew."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from click.testing import CliRunner
from msgspec.structs import replace

from regulars.boot import wiring
from regulars.cli import regulars
from regulars.kernel.facts import Instant
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.segments.meaning import Known, is_in
from regulars.kernel.step import advance, fold
from regulars.wire.complete_journey import CompleteJourney
from regulars.wire.imports.households import households
from regulars.wire.program import load_program
from regulars.wire.sources import parse_instant

PROGRAMS: Final = Path(__file__).parents[1] / "programs"
FOLDERS: Final = sorted(path.parent for path in PROGRAMS.glob("*/program.yaml"))
OF_THE_YEAR: Final = PROGRAMS / "corner-shop"
WITH_SEGMENTS: Final = OF_THE_YEAR / "with-segments.yaml"
THIRTY_SEGMENTS: Final = OF_THE_YEAR / "thirty-segments.yaml"
EXPECTED_SIZES: Final = {
    WITH_SEGMENTS: OF_THE_YEAR / "expected_segments.json",
    THIRTY_SEGMENTS: OF_THE_YEAR / "expected_thirty_segments.json",
}
END_OF_THE_YEAR: Final[Instant] = parse_instant("2018-01-01 00:00", "America/New_York")


def orders_of(folder: Path) -> Path:
    (orders,) = folder.glob("orders.*")
    return orders


def backtested(folder: Path, orders: str | Path) -> tuple[str, str]:
    """What the command prints as JSON, without `seconds`, and its customers as CSV."""
    with TemporaryDirectory() as scratch:
        customers = Path(scratch) / "customers.csv"
        command = [
            "backtest",
            str(folder / "program.yaml"),
            "--orders",
            str(orders),
            "--json",
            "--customers",
            str(customers),
        ]
        result = CliRunner().invoke(regulars, command, obj=wiring(stopwatch=lambda: 0.0), catch_exceptions=False)
        assert result.exit_code == 0, result.output
        figures = json.loads(result.stdout)
        del figures["seconds"]
        return json.dumps(figures, ensure_ascii=False, indent=2) + "\n", customers.read_text(encoding="utf-8")


def members_of_the_year(program: Path) -> dict[str, list[str]]:
    """Which households are in which segment at the end of the year. They go by their own numbers here, also where a share is drawn;
    a shop that runs draws by its ids.
    """
    rulebook = load_program(program)
    segments = {segment.id: segment.condition for segment in rulebook.program.segments}
    asked = frozenset({"category", "product", "department", "brand"})
    history = CompleteJourney().open(currency_exponent=2, currency="USD", properties=asked)
    told = dict(households())
    found: dict[str, list[str]] = {id: [] for id in segments}
    points_alone = Rulebook(replace(rulebook.program, segments=()), rulebook.version)
    for household, facts in history.customers():
        past = [fact for fact in facts if fact.happened_at < END_OF_THE_YEAR]
        state, _ = fold(points_alone.new_state(), past, points_alone)
        held = advance(state, END_OF_THE_YEAR, points_alone, END_OF_THE_YEAR)[0].consequences
        known = Known(
            household,
            rulebook.calendar,
            facts,
            told.get(household, {}),
            {"user_id"},
            tier=held.tier,
            is_member=True,
            lots=(*held.pending, *held.available),
            lifetime=held.issued,
            segments=segments,
        )
        for id, condition in segments.items():
            if is_in(condition, known, END_OF_THE_YEAR):
                found[id].append(household)
    return found


def sizes(members: dict[str, list[str]]) -> str:
    return json.dumps({id: len(those) for id, those in members.items()}, indent=2) + "\n"


if __name__ == "__main__":
    for folder in FOLDERS:
        figures, customers = backtested(folder, orders_of(folder))
        (folder / "expected.json").write_text(figures, encoding="utf-8")
        (folder / "expected_customers.csv").write_text(customers, encoding="utf-8")
    figures, _ = backtested(OF_THE_YEAR, "complete-journey")
    (OF_THE_YEAR / "expected_year.json").write_text(figures, encoding="utf-8")
    for program, expected in EXPECTED_SIZES.items():
        expected.write_text(sizes(members_of_the_year(program)), encoding="utf-8")
