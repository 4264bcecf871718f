"""What the example programs are expected to find: `python -m tools.program_examples` writes it anew."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from click.testing import CliRunner

from regulars.boot import wiring
from regulars.cli import regulars

PROGRAMS: Final = Path(__file__).parents[1] / "programs"
FOLDERS: Final = sorted(path.parent for path in PROGRAMS.glob("*/program.yaml"))
OF_THE_YEAR: Final = PROGRAMS / "corner-shop"


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


if __name__ == "__main__":
    for folder in FOLDERS:
        figures, customers = backtested(folder, orders_of(folder))
        (folder / "expected.json").write_text(figures, encoding="utf-8")
        (folder / "expected_customers.csv").write_text(customers, encoding="utf-8")
    figures, _ = backtested(OF_THE_YEAR, "complete-journey")
    (OF_THE_YEAR / "expected_year.json").write_text(figures, encoding="utf-8")
