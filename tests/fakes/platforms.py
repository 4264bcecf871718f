"""The two platforms' lists of orders, as their documentation has them: what a reconciling shop asks, and nothing else.

    with standing(Shopify("token")) as shop:
        shop.orders = [...]
        shop.address

Both refuse whoever shows the wrong key, page as they do, and answer what is `in_the_way` first: a status, with its headers.
"""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qs, urlsplit

Order = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]


class Platform(Protocol):
    address: str
    in_the_way: list[Answer]
    asked: list[str]

    def answers(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer: ...


class Shopify:
    """Pages are `most` long, whatever is asked for. The next one is named by the last."""

    def __init__(self, token: str, most: int = 250) -> None:
        self.address = ""
        self.orders: list[Order] = []
        self.in_the_way: list[Answer] = []
        self.asked: list[str] = []
        self._token = token
        self._most = most

    def answers(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        if headers.get("X-Shopify-Access-Token") != self._token:
            return 401, {}, b'{"errors":"[API] Invalid API key or access token"}'
        if not path.startswith("/admin/api/") or not path.endswith("/orders.json"):
            return 404, {}, b'{"errors":"Not Found"}'
        if "page_info" in query:
            assert set(query) == {"page_info", "limit"}, "Shopify refuses any other filter beside the name of a page"
            since, _, start = query["page_info"].partition("|")
        else:
            assert query["status"] == "any"
            since, start = query["updated_at_min"], "0"
        changed = [one for one in self.orders if moment(one["updated_at"]) >= moment(since)]
        first = int(start)
        found, after = changed[first : first + self._most], first + self._most
        link = (
            f'<{self.address}{path}?limit=250&page_info={since}%7C{after}>; rel="next"' if after < len(changed) else ""
        )
        previous = f'<{self.address}{path}?limit=250&page_info={since}%7C0>; rel="previous"' if first else ""
        links = ", ".join([one for one in (previous, link) if one])
        return 200, {"Link": links} if links else {}, json.dumps({"orders": found}).encode()


class WooCommerce:
    """`on_page` is called after each page of a list: it may change orders meanwhile. `trash` is not in the list."""

    def __init__(self, key: str, secret: str) -> None:
        self.address = ""
        self.orders: list[Order] = []
        self.trash: list[Order] = []
        self.refunds: dict[int, list[Order]] = {}
        self.in_the_way: list[Answer] = []
        self.asked: list[str] = []
        self.on_page: Any = lambda: None
        self._shown = "Basic " + b64encode(f"{key}:{secret}".encode()).decode()

    def answers(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        if headers.get("Authorization") != self._shown:
            return 401, {}, b'{"code":"woocommerce_rest_cannot_view"}'
        at, _, id = path.partition("/wp-json/wc/v3/orders")
        if at == path:
            return 404, {}, b"<html>"
        if id.endswith("/refunds"):
            refunds = self.refunds.get(int(id.split("/")[1]))
            return (404 if refunds is None else 200), {}, json.dumps(refunds).encode()
        if id:
            found = [one for one in (*self.orders, *self.trash) if str(one["id"]) == id.strip("/")]
            told = found[0] if found else {"code": "woocommerce_rest_shop_order_invalid_id"}
            return (200 if found else 404), {}, json.dumps(told).encode()
        assert (query["orderby"], query["order"], query["dates_are_gmt"]) == ("modified", "asc", "true")
        changed = [one for one in self.orders if one["date_modified_gmt"] > query["modified_after"]]
        changed.sort(key=lambda one: (one["date_modified_gmt"], one["id"]))
        length = int(query["per_page"])
        assert 1 <= length <= 100
        start = (int(query["page"]) - 1) * length
        body = json.dumps(changed[start : start + length]).encode()
        self.on_page()
        return 200, {}, body


def moment(written: str) -> datetime:
    return datetime.fromisoformat(written).astimezone(UTC)


Platform_ = TypeVar("Platform_", bound=Platform)


@contextmanager
def standing(platform: Platform_) -> Iterator[Platform_]:
    """Served at an address of its own, as long as this lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            platform.asked.append(self.path)
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            found = platform.in_the_way.pop(0) if platform.in_the_way else None
            status, headers, body = found or platform.answers(parts.path, query, self.headers)  # type: ignore[arg-type]
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    platform.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
