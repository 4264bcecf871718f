"""Is it alive, can it serve, and how does it do. None of it needs a key; a proxy should keep `/metrics` inside."""

from typing import Any

from litestar import Request, Response, get
from prometheus_client import CONTENT_TYPE_LATEST

from regulars.web.face import face_of
from regulars.web.problems import Code, Problem


@get("/healthz", sync_to_thread=False)
def healthz() -> dict[str, str]:
    """The process answers. Says nothing of the database: restarting would not mend that."""
    return {"status": "alive"}


@get("/readyz", sync_to_thread=True)
def readyz(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The database answers, its tables are of this version, and there is a program."""
    missing = face_of(request.scope).shop.ready()
    if missing is not None:
        raise Problem(Code.NOT_READY, missing, {"Retry-After": "5"})
    return {"status": "ready"}


@get("/metrics", sync_to_thread=True)
def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """For Prometheus. Figures of the whole shop, nobody's in particular; still, keep it behind the proxy."""
    return Response(face_of(request.scope).meters.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})
