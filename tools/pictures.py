"""The pictures of the report that docs/pictures keeps: on a phone and at a desk, by day and by night.

    python -m tools.pictures

They show the corner shop's program over a year of real orders, so they want the demo's data and a Chromium.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from regulars.backtesting.examples import choose_examples
from regulars.backtesting.report import render
from regulars.backtesting.run import open_history, run
from regulars.wire.complete_journey import CompleteJourney
from regulars.wire.program import load_program
from tools.chromium import MISSING, find_chromium

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "programs/corner-shop/program.yaml"
TARGET = ROOT / "docs/pictures"

SCREENS: dict[str, ViewportSize] = {"phone": {"width": 375, "height": 1420}, "desk": {"width": 1280, "height": 1440}}


def main() -> int:
    chromium = find_chromium()
    if chromium is None:
        print(MISSING, file=sys.stderr)
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        report = Path(folder) / "report.html"
        report.write_text(_report(), "utf-8")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for screen, size in SCREENS.items():
            for theme in ("light", "dark"):
                _photograph(browser, report, size, theme, TARGET / f"report-{screen}-{theme}.png")
        browser.close()
    return 0


def _report() -> str:
    program = load_program(PROGRAM)
    source = CompleteJourney()
    history = open_history(source, [program])
    (outcome,) = run(source, [program], history=history, stopwatch=perf_counter)
    return render(outcome, program, choose_examples(history, program, outcome))


def _photograph(browser: Browser, report: Path, size: ViewportSize, theme: str, target: Path) -> None:
    context = browser.new_context(viewport=size, color_scheme="dark" if theme == "dark" else "light")
    page = context.new_page()
    page.goto(report.as_uri())
    page.evaluate("document.fonts.ready")
    page.screenshot(path=target)
    context.close()
    print(f"{target}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    sys.exit(main())
