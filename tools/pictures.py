"""The pictures that docs/pictures keeps, on a phone and at a desk, by day and by night: the report, and the pages of the shop.

    python -m tools.pictures [report] [pages] [segments]

They show the corner shop's program over a year of real orders, so they want the demo's data and a Chromium. The pages are
those of `regulars demo`, in a folder that is thrown away; those that tell of visits are of its made year, those of segments of the
real one under the program with fourteen of them.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final, Literal, TypeAlias

from playwright.sync_api import Browser, Page, StorageState, ViewportSize, sync_playwright

from regulars.backtesting.examples import choose_examples
from regulars.backtesting.report import render
from regulars.backtesting.run import open_history, run
from regulars.wire.complete_journey import CompleteJourney
from regulars.wire.program import load_program
from tools.chromium import MISSING, find_chromium

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "programs/corner-shop/program.yaml"
TARGET = ROOT / "docs/pictures"

SCREENS: Final[dict[str, ViewportSize]] = {
    "phone": {"width": 375, "height": 1420},
    "desk": {"width": 1280, "height": 1440},
}
PAGES: Final = {"sign-in": 640, "overview": 1320, "customer": 1320, "program": 1000}
"""Name and height of each picture."""

CUSTOMER: Final = "1763"
MADE_PAGES: Final = {"made-identification": 1240, "made-customers": 1000, "made-life": 1500}
QUARTER: Final = "/identification?from=2025-10-01&to=2025-12-31"
SEGMENTS: Final = ROOT / "programs/corner-shop/with-segments.yaml"
SEGMENT_PAGES: Final = {
    "segments": ("/segments", 1100),
    "segment": ("/segments/regulars?with=slipping-away#overlap", 1000),
    "build-segment": ("/segments/small-baskets/edit", 1320),
    "at-risk": ("/at-risk", 1100),
}
"""Address and height of each."""
FEW: Final = "60"
"""Customers of the made year, where it is not looked at."""
MADE_CUSTOMER: Final = "M0000635"
HAPPENED: Final = "#steps"
COMMAND: Final = (sys.executable, "-c", "from regulars.boot import main; main()")
LINK: Final = re.compile(r"(http://127\.0\.0\.1:\d+)(/sign-in/link/\S+)")


def main() -> int:
    chromium = find_chromium()
    if chromium is None:
        print(MISSING, file=sys.stderr)
        return 1
    wanted = sys.argv[1:] or ["report", "pages", "segments"]
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        if "report" in wanted:
            _photograph_report(browser)
        if "pages" in wanted:
            _photograph_pages(browser)
        if "segments" in wanted:
            _photograph_segments(browser)
        browser.close()
    return 0


# --- the report ----------------------------------------------------------------------------------------------------------


def _photograph_report(browser: Browser) -> None:
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.html"
        report.write_text(_report(), "utf-8")
        for screen, size in SCREENS.items():
            for theme in ("light", "dark"):
                page = _open(browser, size, theme)
                page.goto(report.as_uri())
                _keep(page, f"report-{screen}-{theme}")
                page.context.close()


def _report() -> str:
    program = load_program(PROGRAM)
    source = CompleteJourney()
    history = open_history(source, [program])
    (outcome,) = run(source, [program], history=history, stopwatch=perf_counter)
    return render(outcome, program, choose_examples(history, program, outcome))


# --- the pages -----------------------------------------------------------------------------------------------------------


def _photograph_pages(browser: Browser) -> None:
    with TemporaryDirectory() as folder, _demo(Path(folder)) as (real, made):
        for address, link, pages in ((*real, PAGES), (*made, MADE_PAGES)):
            remembered = _sign_in(browser, address + link)
            for screen in ("phone", "desk"):
                for theme in ("light", "dark"):
                    width = SCREENS[screen]["width"]
                    for name, height in pages.items():
                        known = remembered if name != "sign-in" else None
                        page = _open(browser, {"width": width, "height": height}, theme, known)
                        _go(page, address, name)
                        _keep(page, f"{name}-{screen}-{theme}")
                        page.context.close()


def _photograph_segments(browser: Browser) -> None:
    with TemporaryDirectory() as folder, _demo(Path(folder), "--customers", FEW) as ((address, link), _):
        remembered = _sign_in(browser, address + link)
        _apply(browser, address, remembered, SEGMENTS.read_text("utf-8"))
        for screen in ("phone", "desk"):
            for theme in ("light", "dark"):
                for name, (path, height) in SEGMENT_PAGES.items():
                    size: ViewportSize = {"width": SCREENS[screen]["width"], "height": height}
                    page = _open(browser, size, theme, remembered)
                    page.goto(address + path)
                    _keep(page, f"{name}-{screen}-{theme}")
                    page.context.close()


def _apply(browser: Browser, address: str, remembered: StorageState, document: str) -> None:
    """And waits until every customer has been looked at, and the analytic tables are there."""
    page = _open(browser, SCREENS["desk"], "light", remembered)
    page.goto(f"{address}/program/edit")
    page.get_by_label("The document").fill(document)
    page.get_by_role("button", name="Show what would change").click()
    page.get_by_role("button", name="Apply it").click()
    page.get_by_text("Every customer has adopted it.").wait_for(timeout=300_000)
    for _ in range(60):
        page.goto(f"{address}/at-risk")
        if page.get_by_text("The tables for this are being made.").count() == 0:
            break
        page.wait_for_timeout(2_000)
    page.context.close()


def _go(page: Page, address: str, name: str) -> None:
    match name:
        case "customer":
            _go_to_customer(page, address, CUSTOMER)
        case "made-life":
            _go_to_customer(page, address, MADE_CUSTOMER)
            page.locator(HAPPENED).evaluate("one => window.scrollTo(0, one.getBoundingClientRect().top - 24)")
        case "made-identification":
            page.goto(address + QUARTER)
        case _:
            page.goto(f"{address}/{name.removeprefix('made-')}")


def _go_to_customer(page: Page, address: str, customer: str) -> None:
    page.goto(f"{address}/customers")
    page.locator("input[name=q]").fill(customer)
    page.locator("input[name=q]").press("Enter")
    page.locator("#found").get_by_role("link", name=customer, exact=True).click()
    page.wait_for_url("**/customers/*")


Door: TypeAlias = tuple[str, str]
"""The address of a shop, and the link that signs in there."""


@contextmanager
def _demo(folder: Path, *options: str) -> Iterator[tuple[Door, Door]]:
    """Of a demo that runs: the real year's and the made one's."""
    command = [*COMMAND, "demo", "--data-dir", str(folder / "shop"), "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as demo:
        assert demo.stdout is not None
        try:
            doors = ((found[1], found[2]) for line in demo.stdout if (found := LINK.search(line)))
            yield next(doors), next(doors)
        finally:
            demo.terminate()


def _sign_in(browser: Browser, link: str) -> StorageState:
    """What a browser remembers that has come in by the link."""
    page = _open(browser, SCREENS["desk"], "light")
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/overview")
    remembered = page.context.storage_state()
    page.context.close()
    return remembered


# --- the camera ----------------------------------------------------------------------------------------------------------


def _open(browser: Browser, size: ViewportSize, theme: str, remembered: StorageState | None = None) -> Page:
    scheme: Literal["light", "dark"] = "dark" if theme == "dark" else "light"
    return browser.new_context(viewport=size, color_scheme=scheme, storage_state=remembered).new_page()


def _keep(page: Page, name: str) -> None:
    target = TARGET / f"{name}.png"
    page.evaluate("document.fonts.ready")
    page.screenshot(path=target)
    print(f"{target}: {target.stat().st_size:,} bytes", flush=True)


if __name__ == "__main__":
    sys.exit(main())
