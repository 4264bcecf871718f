"""A person's file, as large as their life with the shop: put together beside the memory, and sent piece by piece."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import Final

from litestar.response import Stream

from regulars.kernel.facts import Instant
from regulars.service.rights import write_person
from regulars.service.shop import Shop

HELD_BYTES: Final = 1 << 20
"""Beyond that it goes to a temporary file, which has no name and is gone with the answer."""
PIECE_BYTES: Final = 1 << 18


def person_file(shop: Shop, id: str, who: str, now: Instant, headers: Mapping[str, str]) -> Stream:
    """Complete, and in the audit trail, before the first byte is sent: who reads slowly holds up nobody. NobodyThere where there
    is none."""
    with ExitStack() as failing:
        file = failing.enter_context(SpooledTemporaryFile(HELD_BYTES))
        write_person(shop, id, who, now, file)
        failing.pop_all()
    size = file.tell()
    file.seek(0)
    return Stream(_pieces(file), media_type="application/json", headers={**headers, "Content-Length": str(size)})


def _pieces(file: SpooledTemporaryFile[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE_BYTES):
            yield piece
