"""The backtest's report over what the shop has on record, reckoned in a process of its own: requests must not wait for it."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import perf_counter

from regulars.service.shop import Shop
from regulars.service.sign import sign_of


def report_over_record(shop: Shop, document: str) -> str:
    """The page. Takes seconds to a minute; HistoryError where nothing is recorded, DocumentError for a bad document."""
    url = shop.store.url.render_as_string(hide_password=False)
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(_report, url, document, sign_of(shop).note).result()


def _report(url: str, document: str, note: str) -> str:
    from regulars.backtesting.examples import choose_examples
    from regulars.backtesting.report import render
    from regulars.backtesting.run import open_history, run
    from regulars.store.history import Recorded
    from regulars.wire.program import parse_program

    rulebook, source = parse_program(document), Recorded(url)
    history = open_history(source, [rulebook])
    [outcome] = run(source, [rulebook], history=history, stopwatch=perf_counter)
    return render(outcome, rulebook, choose_examples(history, rulebook, outcome), note=note)
