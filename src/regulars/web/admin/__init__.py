"""The pages for those who look after the shop. They work without a script; with one they reload less.

Everything comes from the shop's own host, and every page forbids all else (`rendering.POLICY`). Whoever is not signed in sees
the door only (`gate`).
"""

from typing import Any, Final

from litestar import Router
from litestar.types import ControllerRouterHandler

from regulars.web.admin import (
    adjustments,
    at_risk,
    books,
    catalogue,
    customers,
    debugger,
    identification,
    liability,
    likelihood,
    overview,
    points,
    program,
    program_forms,
    refused,
    segment_builder,
    segments,
    signing_in,
    static,
    switching,
    trials,
    trying,
    webhooks,
)
from regulars.web.admin.errors import EXCEPTION_HANDLERS, error_page
from regulars.web.admin.gate import gate
from regulars.web.admin.rendering import LARGEST_FORM, LARGEST_FORM_AT_THE_DOOR

__all__ = ["admin_handlers", "error_page"]

_OPTIONS: Final[dict[str, Any]] = {
    "include_in_schema": False,
    "exception_handlers": EXCEPTION_HANDLERS,
}

admin_handlers: Final[list[ControllerRouterHandler]] = [
    Router(
        "/",
        route_handlers=[*static.handlers, *signing_in.handlers, switching.from_next_door],
        request_max_body_size=LARGEST_FORM_AT_THE_DOOR,
        **_OPTIONS,
    ),
    Router(
        "/",
        route_handlers=[
            signing_in.sign_out,
            switching.next_door,
            *overview.handlers,
            *customers.handlers,
            *segments.handlers,
            *segment_builder.handlers,
            *at_risk.handlers,
            *likelihood.handlers,
            *identification.handlers,
            *liability.handlers,
            *books.handlers,
            *trials.handlers,
            *adjustments.handlers,
            *points.handlers,
            *catalogue.handlers,
            *program.handlers,
            *program_forms.handlers,
            *trying.handlers,
            *refused.handlers,
            *debugger.handlers,
            *webhooks.handlers,
        ],
        before_request=gate,
        request_max_body_size=LARGEST_FORM,
        **_OPTIONS,
    ),
]
