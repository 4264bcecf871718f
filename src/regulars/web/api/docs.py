"""The page on which the interface can be read and tried. It loads nothing from elsewhere and holds no script of its own inline."""

import gzip
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any, Final

from litestar import Request, Response, get

from regulars.web.problems import Code, Problem
from regulars.web.signboard import signboard_of

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Regulars: the HTTP interface</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
%s<main id="interface"></main>
<noscript>This page needs JavaScript. The document itself is <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
_FILES: Final = {
    "swagger-ui.css": ("vendor/swagger-ui/swagger-ui.css", "text/css"),
    "swagger-ui-bundle.js": ("vendor/swagger-ui/swagger-ui-bundle.js", "text/javascript"),
    "start.js": ("docs.js", "text/javascript"),
}


@get("/docs", sync_to_thread=False)
def docs(request: Request[Any, Any, Any]) -> Response[str]:
    """Says what every page says of the shop, as it was last seen."""
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"}
    note = signboard_of(request).last.note
    said = f'<aside class="wrapper">{escape(note)}</aside>\n' if note else ""
    return Response(_PAGE % said, media_type="text/html", headers=headers)


@get("/docs/{name:str}", sync_to_thread=True)
def docs_file(request: Request[Any, Any, Any]) -> Response[bytes]:
    name = request.path_params["name"]
    if name not in _FILES:
        raise Problem(Code.NOT_FOUND, "The page at /docs needs no such file.")
    plain, packed, tag = _contents(_FILES[name][0])
    headers = {"Cache-Control": "no-cache", "ETag": tag, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == tag:
        return Response(b"", status_code=304, headers=headers)
    takes_gzip = "gzip" in request.headers.get("accept-encoding", "")
    if takes_gzip:
        headers["Content-Encoding"] = "gzip"
    return Response(packed if takes_gzip else plain, media_type=_FILES[name][1], headers=headers)


@cache
def _contents(path: str) -> tuple[bytes, bytes, str]:
    """Plain, packed, and the tag by which a browser knows that it has them."""
    plain = files("regulars.web").joinpath("static", *path.split("/")).read_bytes()
    return plain, gzip.compress(plain, mtime=0), f'W/"{sha256(plain).hexdigest()[:16]}"'
