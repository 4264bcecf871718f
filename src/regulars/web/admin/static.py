"""What the pages load beside themselves: two style sheets, one typeface, one script, one icon. A closed list."""

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec import Struct

REPORT: Final = "regulars.backtesting.report"
WEB: Final = "regulars.web"

FILES: Final = {
    "look.css": (REPORT, "report.css", "text/css"),
    "fonts/regulars-sans.woff2": (REPORT, "fonts/regulars-sans.woff2", "font/woff2"),
    "fonts/OFL.txt": (REPORT, "fonts/OFL.txt", "text/plain"),
    "pages.css": (WEB, "static/pages.css", "text/css"),
    "htmx.min.js": (WEB, "static/htmx.min.js", "text/javascript"),
    "htmx-LICENSE.txt": (WEB, "static/htmx-LICENSE.txt", "text/plain"),
    "icon.svg": (WEB, "static/icon.svg", "image/svg+xml"),
}
"""Name in the address: package, path within it, media type. The look is the report's."""


class _File(Struct, frozen=True):
    content: bytes
    media_type: str
    digest: str


@get("/static/{name:path}", name="static", sync_to_thread=False)
def static_file(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """For a year where the address bears the content's digest, else for ten minutes."""
    name = name.lstrip("/")
    if name not in FILES:
        raise NotFoundException
    file = _file(name)
    lasting = request.query_params.get("v") == file.digest
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if lasting else "public, max-age=600",
        "ETag": f'"{file.digest}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(b"", status_code=304, headers=headers, media_type=file.media_type)
    return Response(file.content, headers=headers, media_type=file.media_type)


def address(name: str) -> str:
    """Where a page finds it."""
    return f"/static/{name}?v={_file(name).digest}"


@cache
def _file(name: str) -> _File:
    package, path, media_type = FILES[name]
    content = (files(package) / path).read_bytes()
    return _File(content, media_type, sha256(content).hexdigest()[:16])


handlers: Final = [static_file]
