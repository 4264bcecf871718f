"""Good requests spoilt: in their JSON, their bytes, how they are packed, their headers, and their address.

Everything follows from the generator that is handed in, so that a request that did harm can be made again.
"""

import gzip
import re
from random import Random
from typing import Any, NamedTuple

import msgspec

from tests.storms.fuzz.corpus import Good, signed

MOST_BYTES = 1 << 20


class Spoilt(NamedTuple):
    """What goes over the wire. Where `is_whole` is False the client announces other than it sends, and hangs up."""

    method: str
    sent: bytes
    is_whole: bool


class Raw(bytes):
    """Bytes that stand in JSON as they are."""


def spoilt(good: Good, draw: Random) -> Spoilt:
    """Some are left as they are: between the bad ones stand good ones."""
    kinds = draw.choices(range(5), weights=(12, 3, 2, 3, 2), k=draw.choice((0, 1, 1, 1, 2, 3)))
    body = good.body if isinstance(good.body, bytes) else _rendered(_in_json(good.body, draw, kinds.count(0)))
    if 1 in kinds or (0 in kinds and isinstance(good.body, bytes)):
        body = _in_bytes(body, draw)
    body = body[:MOST_BYTES]
    headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in good.headers]
    if good.signing is not None and draw.random() < 0.9:
        name, value = signed(good, body)
        headers.append((name.encode(), value.encode()))
    if 2 in kinds:
        body, headers = _packed(body, headers, draw)
    if 3 in kinds:
        headers = _in_headers(headers, draw)
    path = _in_path(good.path.encode(), draw) if 4 in kinds else good.path.encode()
    method = draw.choice(METHODS) if draw.random() < 0.02 else good.method
    return _written(method, path, headers, body, draw)


def plain(good: Good) -> Spoilt:
    """As it is."""
    body = good.body if isinstance(good.body, bytes) else _rendered(good.body)
    headers = [*good.headers, *([signed(good, body)] if good.signing is not None else [])]
    lines = [f"{good.method} {good.path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    head = "\r\n".join([*lines, *[f"{name}: {value}" for name, value in headers], "", ""])
    return Spoilt(good.method, head.encode("latin-1") + body, True)


def _written(method: str, path: bytes, headers: list[tuple[bytes, bytes]], body: bytes, draw: Random) -> Spoilt:
    lines = [b"%b %b HTTP/1.1" % (method.encode(), path), b"Host: 127.0.0.1"]
    lines += [b"%b: %b" % header for header in headers]
    odd = draw.random()
    if odd < 0.03:
        announced = draw.choice((len(body) + 1, len(body) * 3 + 7, 1 << 31, 1 << 63))
        return Spoilt(method, b"\r\n".join([*lines, b"Content-Length: %d" % announced, b"", body]), False)
    if odd < 0.05:
        lengths = draw.choice(ODD_LENGTHS)
        return Spoilt(method, b"\r\n".join([*lines, *lengths, b"", body]), False)
    if odd < 0.10 and body:
        return Spoilt(method, b"\r\n".join([*lines, b"Transfer-Encoding: chunked", b"", _chunked(body, draw)]), True)
    if body or method not in ("GET", "HEAD", "OPTIONS"):
        lines.append(b"Content-Length: %d" % len(body))
    return Spoilt(method, b"\r\n".join([*lines, b"", body]), True)


METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW")
ODD_LENGTHS = (
    (b"Content-Length: -1",),
    (b"Content-Length: x",),
    (b"Content-Length: 5", b"Content-Length: 6"),
    (b"Content-Length: 5", b"Transfer-Encoding: chunked"),
    (b"Transfer-Encoding: gzip",),
    (b"Transfer-Encoding: chunked",),
    (b"Content-Length: 99999999999999999999999",),
)


def _chunked(body: bytes, draw: Random) -> bytes:
    size = max(1, len(body) // draw.randrange(1, 9))
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join([b"%x\r\n%b\r\n" % (len(part), part) for part in parts]) + b"0\r\n\r\n"


# --- JSON --------------------------------------------------------------------------------------------------------------

NUMBERS = (
    *("NaN", "-Infinity", "Infinity", "-0", "-0.0", "0", "1", "-1", "1e999", "-1e999", "1e-999", "1E5", "0.1", "0.005"),
    *("0.015", "1e15", "1e16", "-1e15", "9007199254740993", "2147483648", "9223372036854775807", "9223372036854775808"),
    *("-9223372036854775808", "-9223372036854775809", "18446744073709551616", "99999999999.99", "999999999999999.99"),
    *("123456789012345678901234567890", "01", "1.", ".5", "+1", "0x10", "1_000"),
)
TEXTS = (
    b'""',
    b'" "',
    b'"\\u0000"',
    b'"a\\u0000b"',
    b'"\\ud800"',
    b'"\\udc00\\ud800"',
    b'"a\\ud83d"',
    b'"\\ud83d\\ude00"',
    b'"\xff\xfe"',
    b'"\xed\xa0\x80"',
    b'"\xc0\x80"',
    b'"\xf4\x90\x80\x80"',
    b'"\\u202e\\u2028\\u0085"',
    b'"\\u0130@\\u0130.example"',
    b'"\xef\xbb\xbfada"',
    b'"\\x41"',
    b'"undefined"',
    b'"0"',
    b'"-1"',
    b'"' + b"x" * 201 + b'"',
    b'"' + b"x" * 40_000 + b'"',
    b'"' + "ǆ".encode() * 200 + b'"',
    b'"%s"' % ("\u0301" * 300).encode(),
    b'"ADA@SHOP.EXAMPLE"',
    b'"a@b@c"',
    b'"+49 (0) 171"',
    '"+٤٩١٧١٠٠٠٠٠"'.encode(),
    b'"12.34"',
    b'"1e3"',
    b'"1,5"',
    b'"NaN"',
    b'"order-1"',
    b'"Order Completed"',
    b'"Member Joined"',
    b'"Balance Brought Over"',
    b'"Customers Merged"',
    b'"email"',
    b"'ada'",
    b'"ada',
)
TIMES = tuple(
    [
        f'"{time}"'.encode()
        for time in (
            "2024-05-17",
            "2024-05-17T09:30",
            "2024-02-30T00:00:00Z",
            "2016-12-31T23:59:60Z",
            "9999-12-31T23:59:59.999999-23:59",
            "0001-01-01T00:00:00+23:59",
            "1990-01-01T00:00:00Z",
            "1989-12-31T23:59:59Z",
            "2999-01-01T00:00:00Z",
            "2024-05-17T09:30:00+99:99",
            "2024-05-17t09:30:00z",
            "2024-W20-5",
            "20240517T093000Z",
            "1715938200",
        )
    ]
)
OTHERS = (
    b"null",
    b"true",
    b"false",
    b"[]",
    b"{}",
    b"[null]",
    b'{"":""}',
    b"[[[[[[]]]]]]",
    b'["ada"]',
    b'{"email":"ada@shop.example"}',
    b"[" * 3_000 + b"]" * 3_000,
    b'{"a":' * 3_000 + b"1" + b"}" * 3_000,
    b"[" * 100_000,
    b"[" + b"1," * 20_000 + b"1]",
    b"{" + b",".join([b'"k%d":%d' % (one, one) for one in range(3_000)]) + b"}",
    b"1" * 5_000,
    b"",
    b"undefined",
    b"/* */ 1",
)
EDGES = (*[Raw(number.encode()) for number in NUMBERS], *map(Raw, (*TEXTS, *TIMES, *OTHERS)))
FIELDS = (
    *("userId", "anonymousId", "messageId", "timestamp", "originalTimestamp", "sentAt", "event", "type", "properties"),
    *("traits", "context", "writeKey", "batch", "order_id", "revenue", "products", "email", "phone", "card", "consent"),
    *("previousId", "groupId", "kind", "value", "id", "customer", "total_price", "currency", "line_items", "refunds"),
    *("created_at", "updated_at", "billing", "status", "total"),
)


def _in_json(value: Any, draw: Random, times: int) -> Any:
    """`times` places of it changed. Ids are drawn anew, so that not everything is known already."""
    for _ in range(times):
        value = _changed(value, draw)
    return _renamed(value, draw)


def _changed(value: Any, draw: Random) -> Any:
    if isinstance(value, dict) and value and draw.random() < 0.9:
        name = draw.choice(list(value))
        kind = draw.randrange(12)
        if kind == 0:
            return {key: one for key, one in value.items() if key != name}
        if kind == 1:
            return {**value, draw.choice(FIELDS): draw.choice(EDGES)}
        if kind == 2:
            return Twice(value, name, draw.choice(EDGES))
        return {**value, name: _changed(value[name], draw)}
    if isinstance(value, list) and value and draw.random() < 0.9:
        place = draw.randrange(len(value))
        if draw.random() < 0.05:
            return value * draw.choice((2, 50))
        return [*value[:place], _changed(value[place], draw), *value[place + 1 :]]
    return draw.choice(EDGES)


class Twice(dict[str, Any]):
    """An object that says one of its names twice."""

    def __init__(self, value: dict[str, Any], name: str, other: Any) -> None:
        super().__init__(value)
        self.again = (name, other)


def _renamed(value: Any, draw: Random) -> Any:
    if isinstance(value, list):
        return [_renamed(one, draw) for one in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name, one in value.items():
        fresh = isinstance(one, str) and name in ("messageId", "order_id") and draw.random() < 0.9
        somebody = isinstance(one, str) and name in ("userId", "anonymousId") and draw.random() < 0.3
        if fresh or somebody:
            found[name] = f"{one}-{draw.randrange(1_000_000 if fresh else 200)}"
        else:
            found[name] = _renamed(one, draw)
    return Twice(found, *value.again) if isinstance(value, Twice) else found


def _rendered(value: Any) -> bytes:
    if isinstance(value, Raw):
        return bytes(value)
    if isinstance(value, dict):
        pairs = [*value.items(), *([value.again] if isinstance(value, Twice) else [])]
        return b"{" + b",".join([msgspec.json.encode(name) + b":" + _rendered(one) for name, one in pairs]) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join([_rendered(one) for one in value]) + b"]"
    return msgspec.json.encode(value)


# --- bytes -------------------------------------------------------------------------------------------------------------

TOKENS = (b"\0", b"\xff", b"\xef\xbb\xbf", b"%00", b"%", b"&", b"=", b"{", b"}", b'"', b"\\", b"\r\n", b"\xed\xa0\x80")


def _in_bytes(body: bytes, draw: Random) -> bytes:
    spoiled = bytearray(body)
    for _ in range(draw.randrange(1, 5)):
        place, end = draw.randrange(len(spoiled) + 1), draw.randrange(len(spoiled) + 1)
        kind = draw.randrange(6)
        if kind == 0 and spoiled:
            spoiled[place % len(spoiled)] ^= 1 << draw.randrange(8)
        elif kind == 1:
            del spoiled[min(place, end) : max(place, end)]
        elif kind == 2:
            spoiled[place:place] = spoiled[min(place, end) : max(place, end)]
        elif kind == 3:
            spoiled[place:place] = draw.choice(TOKENS) * draw.choice((1, 1, 300))
        elif kind == 4:
            spoiled[place:place] = draw.randbytes(draw.randrange(30))
        else:
            spoiled = spoiled[:place]
    return bytes(spoiled)


def _packed(body: bytes, headers: list[tuple[bytes, bytes]], draw: Random) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    whole = gzip.compress(body, 1, mtime=0)
    cut = whole[: draw.randrange(len(whole))]
    crooked = bytearray(whole)
    crooked[draw.randrange(len(crooked))] ^= 1 << draw.randrange(8)
    packings = (
        whole,
        cut,
        bytes(crooked),
        whole * 2,
        whole + b"rest",
        b"",
        body,
        BOMB,
        BOMB * 3,
        gzip.compress(whole),
        EMPTY * 200,
    )
    encoding = draw.choice(
        (b"gzip", b"gzip", b"gzip", b"GZIP", b"x-gzip", b"deflate", b"br", b"gzip, gzip", b"identity", b"\xff")
    )
    return draw.choice(packings), [*headers, (b"Content-Encoding", encoding)]


BOMB = gzip.compress(b'{"batch":[' + b" " * (60 << 20), 9, mtime=0)
EMPTY = gzip.compress(b"", mtime=0)


# --- headers and address -----------------------------------------------------------------------------------------------

ODD_HEADERS = (
    (b"Content-Type", b"application/x-www-form-urlencoded"),
    (b"Content-Type", b"multipart/form-data; boundary=x"),
    (b"Content-Type", b"multipart/form-data"),
    (b"Content-Type", b"text/html; charset=utf-7"),
    (b"Content-Type", b"\xff\xfe"),
    (b"Content-Type", b"application/json; " + b"a=b; " * 500),
    (b"Authorization", b"Basic "),
    (b"Authorization", b"Basic !!!!"),
    (b"Authorization", b"Basic " + b"A" * 8_000),
    (b"Authorization", b"Bearer \xff\xfe"),
    (b"Authorization", b"Bearer " + b"x" * 300),
    (b"Authorization", b"Digest username=x"),
    (b"X-Forwarded-For", b"1.2.3.4, " * 400),
    (b"X-Forwarded-For", b"::1%eth0, [, \xff"),
    (b"X-Forwarded-Proto", b"https,http"),
    (b"X-Request-Id", b"a" * 64),
    (b"X-Request-Id", b"a b\xff"),
    (b"Cookie", b"regulars_session=" + b"x" * 4_000),
    (b"Cookie", b"=;;; regulars_session=\xff; regulars_door"),
    (b"Origin", b"null"),
    (b"Origin", b"https://" + b"x" * 1_000),
    (b"Origin", b"\xff"),
    (b"Host", b"other"),
    (b"Host", b""),
    (b"Expect", b"100-continue"),
    (b"Accept", b"text/html"),
    (b"Accept", b"*/*;q=" + b"9" * 300),
    (b"Accept", b"\xff/\xff"),
    (b"Accept-Language", b"x" * 2_000),
    (b"Range", b"bytes=0-,-1"),
    (b"If-None-Match", b'"x", W/"y"'),
    (b"If-Modified-Since", b"Thu, 99 Foo 9999"),
    (b"User-Agent", b"\xff" * 200),
    (b"User-Agent", b"Mozilla/5.0 " + b"(" * 3_000),
    (b"Sec-GPC", b"1"),
    (b"Sec-Fetch-Site", b"\xff"),
    (b"Idempotency-Key", b"x" * 500),
    (b"Idempotency-Key", b"\xff"),
    (b"Upgrade", b"websocket"),
    (b"Connection", b"Upgrade"),
    (b"X-Shopify-Topic", b"orders/nothing"),
    (b"X-Shopify-Topic", b"\xff"),
    (b"X-Shopify-Triggered-At", b"9999-99-99"),
    (b"X-Shopify-Webhook-Id", b"x" * 3_000),
    (b"X-WC-Webhook-Topic", b"order.deleted"),
    (b"X-Huge", b"x" * 60_000),
    (b"X-" + b"n" * 3_000, b"x"),
    (b"X-Nul", b"a\0b"),
    (b"Bad Name", b"x"),
    (b"", b"x"),
)


def _in_headers(headers: list[tuple[bytes, bytes]], draw: Random) -> list[tuple[bytes, bytes]]:
    for _ in range(draw.randrange(1, 4)):
        kind = draw.randrange(4)
        place = draw.randrange(len(headers)) if headers else 0
        if kind == 0 and headers:
            headers = [*headers[:place], *headers[place + 1 :]]
        elif kind == 1 and headers:
            headers = [*headers, headers[place]]
        elif kind == 2 and draw.random() < 0.2:
            headers = [*headers, *[(b"X-%d" % number, b"y" * 50) for number in range(draw.choice((50, 99, 200)))]]
        else:
            name, value = draw.choice(ODD_HEADERS)
            headers = [
                *[one for one in headers if one[0].lower() != name.lower() or draw.random() < 0.5],
                (name, value),
            ]
    return headers


ODD_PARTS = (
    b"%",
    b"%2F",
    b"%00",
    b"%FF%FE",
    b"%ED%A0%80",
    b"..%2f..%2f",
    b"/../../etc/passwd",
    b"//",
    b"\xff",
    b"%E2%80%AE",
    b"?",
    b"?limit=0",
    b"?limit=201&limit=1",
    b"?cursor=%00",
    b"?cursor=999999999999999999.999999999",
    b"?cursor=-1",
    b"&" * 300,
    b"x" * 3_000,
    b"email:ada@shop.example",
    b"card:",
    b":",
    b"id:%00",
    b"%C4%B0",
    b";",
    b"#",
    b"%20",
    b"%0d%0aX-Injected:%201",
)
_PLACES = re.compile(rb"(?=[/?=&])|$")


def _in_path(path: bytes, draw: Random) -> bytes:
    for _ in range(draw.randrange(1, 3)):
        if draw.random() < 0.2 and len(path) > 1:
            path = path[: draw.randrange(1, len(path))]
            continue
        place = draw.choice([found.start() for found in _PLACES.finditer(path) if found.start()] or [len(path)])
        path = (
            path[:place] + draw.choice(ODD_PARTS) + path[place:]
            if draw.random() < 0.5
            else path + draw.choice(ODD_PARTS)
        )
    return path
