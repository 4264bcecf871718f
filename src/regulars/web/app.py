"""The HTTP face, assembled: which handlers there are, what stands around them, and what is handed to them."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.types import ControllerRouterHandler

from regulars.kernel.facts import Instant
from regulars.service.shop import Shop
from regulars.web.admin import admin_handlers, error_page
from regulars.web.api.customers import customer_handlers
from regulars.web.api.docs import docs, docs_file
from regulars.web.api.health import healthz, metrics, readyz
from regulars.web.api.openapi import openapi
from regulars.web.api.settings import project_settings, source_config
from regulars.web.api.tracking import TYPES, paths_of, tracking_handlers
from regulars.web.envelope import Envelope
from regulars.web.face import Face
from regulars.web.meters import Figure, Meters
from regulars.web.problems import handler
from regulars.web.turns import Turns

_SENDING: Final = "POST, OPTIONS"
_READING: Final = "GET, HEAD, OPTIONS"
OPEN_TO_BROWSERS: Final = {
    **{path: _SENDING for name in (*TYPES, "batch") for path in paths_of(name)},
    "/v1/projects/{write_key}/settings": _READING,
    "/sourceConfig": _READING,
}
"""The routes that a page of another origin may use. None of the others has CORS."""


def create_app(shop: Shop, clock: Callable[[], Instant], new_id: Callable[[], str]) -> Litestar:
    """The shop's lifetime is the caller's: nothing is opened or closed here."""
    face = Face(shop, clock, new_id, Meters(), [])
    _watch(face)
    app = Litestar(
        route_handlers=[*api_handlers(), *admin_handlers],
        exception_handlers={Exception: _answer},
        state=State({"face": face, "shop": shop, "clock": clock, "new_id": new_id}),
        openapi_config=None,
        lifespan=[partial(_taking_turns, face)],
        logging_config=None,
    )
    app.asgi_handler = Envelope(app.asgi_handler, OPEN_TO_BROWSERS)
    return app


@asynccontextmanager
async def _taking_turns(face: Face, _: Litestar) -> AsyncIterator[None]:
    turns = Turns()
    face.turns.append(turns)
    face.shop.writer.listen(turns.told)
    yield
    face.shop.writer.listen(None)
    face.turns.clear()


def api_handlers() -> Sequence[ControllerRouterHandler]:
    return [
        *tracking_handlers(),
        *customer_handlers(),
        project_settings,
        source_config,
        healthz,
        readyz,
        metrics,
        openapi,
        docs,
        docs_file,
    ]


def _answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A person with a browser who mistyped an address gets a page; programs, and whoever speaks to the API, a problem."""
    scope: Mapping[str, Any] = request.scope
    astray = "path_template" not in scope and not scope["path"].startswith("/v1/")
    if astray and "text/html" in request.headers.get("accept", ""):
        return error_page(request, error)
    return handler(request, error)


def _watch(face: Face) -> None:
    """What the writer knows of itself."""
    writer = face.shop.writer
    told = writer.statistics
    face.meters.watch(
        {
            "regulars_queue_events": Figure("Events that wait to be stored.", lambda: writer.waiting),
            "regulars_groups": Figure("Groups of requests that shared a transaction.", lambda: told.groups, grows=True),
            "regulars_group_events": Figure("Events in these groups.", lambda: told.events, grows=True),
            "regulars_group_largest_events": Figure("Events in the largest group so far.", lambda: told.largest),
            "regulars_group_retries": Figure("Groups that were tried again.", lambda: told.retries, grows=True),
            "regulars_group_failures": Figure("Groups of which nothing was stored.", lambda: told.failures, grows=True),
        }
    )
