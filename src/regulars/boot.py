"""Where everything is wired, and the settings are read, once."""

import gc
import logging
import os
import sys
from collections.abc import Callable
from time import perf_counter, time_ns
from typing import TYPE_CHECKING

from regulars.cli import regulars
from regulars.cli.inputs import complaint
from regulars.cli.wiring import Wiring

if TYPE_CHECKING:
    from pathlib import Path

    from regulars.service.neighbours import Neighbour
    from regulars.service.networks import Networks
    from regulars.service.shop import Shop
    from regulars.web.limits import Limits


def main() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        regulars(obj=wiring())
    except OSError as error:
        # The one broad catch, at the edge: a full disk, a closed pipe, a file that went away meanwhile.
        sys.exit(f"Error: {error.strerror or error}")
    except SystemExit as ended:
        if _served:
            _leave(ended.code)
        raise


def wiring(stopwatch: Callable[[], float] = perf_counter) -> Wiring:
    return Wiring(stopwatch, lambda: time_ns() // 1000, new_id, serve_shop)


def new_id() -> str:
    """A UUIDv7 as 32 hexadecimal digits: never twice, and sorted by time."""
    from uuid_utils import uuid7

    return uuid7().hex


def serve_shop(
    shop: "Shop",
    clock: Callable[[], int],
    host: str,
    port: int,
    ready: Callable[[str], None],
    proxies: int = 0,
    *,
    neighbour: "Neighbour | None" = None,
    private: bool = False,
    analytics: "Path | None" = None,
) -> None:
    """Pages, HTTP and the jobs behind them, until the process is told to stop. With a `neighbour`, cookies are named by the port:
    a browser keeps those of one host together. A `private` server has no limits.
    `analytics` is the file of the analytic tables, which is kept fresh."""
    from regulars.insight.likelihood.findings import Latest
    from regulars.service.connections import Connections
    from regulars.web.app import create_app
    from regulars.web.limits import NO_LIMITS
    from regulars.web.server import serve
    from regulars.wire.enrichment import device_of
    from regulars.wire.events import Surroundings
    from regulars.workers.auditing import Auditor
    from regulars.workers.learning import Learner
    from regulars.workers.likelihood import Foreteller
    from regulars.workers.outbox import Deliverer
    from regulars.workers.reconciling import Reconciler
    from regulars.workers.refreshing import Refresher
    from regulars.workers.waking import Worker

    limits = NO_LIMITS if private else _limits()
    networks = _networks()
    _collect_rarely()
    _served.append(True)
    worker = Worker(shop, clock)
    worker.start()
    there = Connections(shop.store, os.environ)
    reconciler = Reconciler(shop, there, clock)
    reconciler.start()
    learner = Learner(shop)
    learner.start()
    deliverer = Deliverer(shop, clock, networks)
    deliverer.start()
    refresher = Refresher(shop, analytics, clock) if analytics is not None else None
    if refresher is not None:
        refresher.start()
    likelihood = Latest()
    foreteller = Foreteller(shop, analytics.parent, clock, likelihood) if analytics is not None else None
    if foreteller is not None:
        foreteller.start()
    auditor = Auditor(shop, analytics.parent if analytics else None, clock)
    auditor.start()
    device_of(Surroundings())
    try:
        app = create_app(
            shop,
            clock,
            new_id,
            limits,
            proxies=proxies,
            connections=there,
            reconciled=reconciler.told,
            networks=networks,
            delivered=deliverer.told,
            audited=auditor.told,
            neighbour=neighbour,
            cookies=f"_{port}" if neighbour else "",
            analytics=analytics,
            likelihood=likelihood,
        )
        serve(app, host, port, ready)
    finally:
        auditor.stop()
        if foreteller is not None:
            foreteller.stop()
        if refresher is not None:
            refresher.stop()
        deliverer.stop()
        learner.stop()
        reconciler.stop()
        worker.stop()


def _limits() -> "Limits":
    from regulars.web.limits import VARIABLE, LimitsRefused, limits_of

    try:
        return limits_of(os.environ.get(VARIABLE, ""))
    except LimitsRefused as error:
        raise complaint(str(error)) from None


def _networks() -> "Networks":
    from regulars.service.networks import VARIABLE, NetworksRefused, networks_of

    try:
        return networks_of(os.environ.get(VARIABLE, ""))
    except NetworksRefused as error:
        raise complaint(str(error)) from None


def _collect_rarely() -> None:
    """What a group of events leaves behind is freed by itself; the collector would only look through it again and again.
    What was loaded until now stays for good."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


_served: list[bool] = []
"""Whether this process has been a server."""


def _leave(code: object) -> None:
    """Everything is stored and closed. The server's own threads do not survive an interpreter that takes itself apart."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)
