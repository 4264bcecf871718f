"""What browser libraries fetch before they send anything: where to send it. It points at ourselves, and at nobody else.

For public keys only: a secret one in an address is answered like one that nobody knows.
"""

import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import parse_qs

from litestar import Request, get

from regulars.web.api.auth import credentials_of, is_public_key, need_public_key
from regulars.web.problems import Code, Problem

_HOST: Final = re.compile(
    rb"(?=.{1,255}\Z)(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?"
)


@get("/v1/projects/{write_key:str}/settings")
async def project_settings(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """For `@segment/analytics-next`; with it the library sends to us alone, and no figures about itself to its maker."""
    write_key = request.path_params["write_key"]
    if not await is_public_key(request, write_key):
        raise Problem(Code.SITE_NOT_FOUND, "The key in the address is no public key of this shop.")
    protocol, host = _reached_at(request)
    segment = {"apiKey": write_key, "apiHost": f"{host}/v1", "protocol": protocol}
    allowed = {"__default": {"enabled": True, "integrations": {}}}
    return {
        "integrations": {"Segment.io": segment},
        "plan": {"track": allowed, "identify": allowed, "group": allowed},
        "enabledMiddleware": {},
        "metrics": {"sampleRate": 0},
        "remotePlugins": [],
    }


@get("/sourceConfig")
async def source_config(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """For RudderStack's browser library, which shows its key as the user name of Basic, and some versions in the query."""
    shown = credentials_of(request.scope["headers"])
    shown_key = shown.user or shown.token or _queried_key(request.scope["query_string"])
    key = await need_public_key(request, shown_key)
    silent = {"errors": {"enabled": False}, "metrics": {"enabled": False}}
    source: dict[str, Any] = {
        "id": "regulars",
        "name": "Regulars",
        "writeKey": key,
        "enabled": True,
        "workspaceId": "regulars",
        "destinations": [],
        "config": {"statsCollection": silent},
    }
    return {"source": source}


def _queried_key(query: bytes) -> str | None:
    return next(iter(parse_qs(query.decode("latin-1")).get("writeKey", [])), None)


def _reached_at(request: Request[Any, Any, Any]) -> tuple[str, str]:
    """By which protocol and host the client reached us, or the proxy before us."""
    headers = request.scope["headers"]
    host = _only(headers, b"host")
    if host is None or not _HOST.fullmatch(host):
        raise Problem(
            Code.BAD_HOST, "Send one Host header with a name or an address, and a port if it is not the usual one."
        )
    forwarded = _only(headers, b"x-forwarded-proto")
    protocol = forwarded.decode("ascii") if forwarded in (b"http", b"https") else request.scope["scheme"]
    return protocol, host.decode("ascii")


def _only(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> bytes | None:
    values = [value for name, value in headers if name == wanted]
    return values[0] if len(values) == 1 else None
