"""The pages for the shop's customers: opened by a link, on a phone first, without a script and without signing in."""

from typing import Any, Final

from litestar import Router
from litestar.types import ControllerRouterHandler

from regulars.web.admin.rendering import LARGEST_FORM_AT_THE_DOOR
from regulars.web.member import how_it_works, preferences
from regulars.web.member.saying import error_page

_ANY_ERROR: Final[dict[Any, Any]] = {Exception: error_page}

member_handlers: Final[list[ControllerRouterHandler]] = [
    Router(
        "/preferences",
        route_handlers=[*preferences.handlers],
        include_in_schema=False,
        exception_handlers=_ANY_ERROR,
        request_max_body_size=LARGEST_FORM_AT_THE_DOOR,
    ),
    Router(
        "/how-it-works",
        route_handlers=[*how_it_works.handlers],
        include_in_schema=False,
        exception_handlers=_ANY_ERROR,
    ),
]
