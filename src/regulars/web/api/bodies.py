"""Bodies, read with a bound: never more is held than may be taken, packed or unpacked."""

import zlib
from collections.abc import Iterable
from typing import Any, Final

from litestar import Request

from regulars.web.problems import Code, Problem

_GZIP: Final = 16 + zlib.MAX_WBITS
_MOST_MEMBERS: Final = 100
"""Of gzip in a body: an empty one costs the client twenty bytes and us an unpacker."""
_DRAINED: Final = 8
"""So many times its bound is read from a body that is too large: a client that still sends would not see the answer."""


async def read_body(request: Request[Any, Any, Any], most_bytes: int) -> bytes:
    """The body, unpacked if it is gzip; each of the two forms may have `most_bytes`."""
    packed = _is_packed(request.scope["headers"])
    body = await _read(request, most_bytes)
    return _unpacked(body, most_bytes) if packed else body


async def _read(request: Request[Any, Any, Any], most_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await request.receive()
        if message["type"] != "http.request":
            raise Problem(Code.BODY_CUT_OFF, "The connection was closed before the whole body was here.")
        chunk, more = message.get("body", b""), message.get("more_body", False)
        size += len(chunk)
        if size <= most_bytes:
            chunks.append(chunk)
        elif size > most_bytes * _DRAINED:
            break
    if size > most_bytes:
        raise _too_large(most_bytes)
    return b"".join(chunks)


def _is_packed(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    encodings = [value.strip().lower() for name, value in headers if name == b"content-encoding"]
    if encodings in ([], [b""], [b"identity"]):
        return False
    if encodings in ([b"gzip"], [b"x-gzip"]):
        return True
    raise Problem(Code.ENCODING_NOT_KNOWN, "Send the body as it is, or with Content-Encoding: gzip.")


def _unpacked(packed: bytes, most_bytes: int) -> bytes:
    """Members one after the other are one body, as gzip has it."""
    parts: list[bytes] = []
    left, members = most_bytes + 1, 0
    try:
        while packed:
            members += 1
            if members > _MOST_MEMBERS:
                raise _bad_gzip()
            unpacker = zlib.decompressobj(_GZIP)
            parts.append(unpacker.decompress(packed, left))
            left -= len(parts[-1])
            if left <= 0:
                raise _too_large(most_bytes)
            if not unpacker.eof:
                raise _bad_gzip()
            packed = unpacker.unused_data
    except zlib.error:
        raise _bad_gzip() from None
    return b"".join(parts)


def _bad_gzip() -> Problem:
    return Problem(
        Code.BAD_GZIP,
        "Content-Encoding says gzip, but the body is not, not all of it is here, or it has too many parts.",
    )


def _too_large(most_bytes: int) -> Problem:
    return Problem(
        Code.TOO_LARGE, f"A body has at most {most_bytes:,} bytes, also when it is unpacked. Send less at once."
    )
