"""Lines brought into order without holding them: sorted runs on the disk, merged (Knuth, TAOCP 3, 5.4).

Memory holds one run while lines come, and one line of each run while these are merged. Only so many files are open at once: more
runs than that are first merged into fewer.

On the disk a line stands behind its place in the order, in digits of a fixed width: so bytes compare as places do.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import blake2b, file_digest
from heapq import merge
from io import BufferedReader, BytesIO
from itertools import count
from pathlib import Path
from typing import BinaryIO, Final

from regulars.made_year.post import Line

RUN_BYTES: Final = 32 << 20
MOST_OPEN: Final = 64
BUFFER_BYTES: Final = 256 << 10
DIGEST_BYTES: Final = 16

_PLACE: Final = b"%014d%09d%09d"
_PLACE_BYTES: Final = 32


def sort_into(out: BinaryIO, lines: Iterable[Line], folder: Path, run_bytes: int = RUN_BYTES) -> str:
    """Writes the texts of the lines, each with a line's end, in order of arrival, sender and ordinal. Answers what `digest_of` says
    of the file.

    `folder` holds the runs meanwhile; none is left there, however it ends. No text has a line's end in it.
    """
    names = (folder / f"run-{number}.tmp" for number in count())
    runs: list[Path] = []
    try:
        for run in _runs(lines, run_bytes):
            runs.append(next(names))
            _write(runs[-1], run)
        while len(runs) > MOST_OPEN:
            runs.append(next(names))
            _merge_into(runs[-1], runs[:MOST_OPEN])
            for merged in runs[:MOST_OPEN]:
                merged.unlink()
            del runs[:MOST_OPEN]
        digest = blake2b(digest_size=DIGEST_BYTES)
        with _merging(runs) as placed:
            for line in placed:
                text = line[_PLACE_BYTES:]
                digest.update(text)
                out.write(text)
        return digest.hexdigest()
    finally:
        for run_left in runs:
            run_left.unlink(missing_ok=True)


def digest_of(file: BufferedReader | BytesIO) -> str:
    """From where it stands to its end; a gigabyte takes a second or two."""
    return file_digest(file, lambda: blake2b(digest_size=DIGEST_BYTES)).hexdigest()


def _runs(lines: Iterable[Line], run_bytes: int) -> Iterator[list[bytes]]:
    """Sorted, each of about so many bytes."""
    run: list[bytes] = []
    size = 0
    for line in lines:
        placed = _PLACE % line[:3] + line.text + b"\n"
        run.append(placed)
        size += len(placed)
        if size >= run_bytes:
            run.sort()
            yield run
            run, size = [], 0
    run.sort()
    yield run


def _write(path: Path, run: Iterable[bytes]) -> None:
    with path.open("wb", BUFFER_BYTES) as file:
        file.writelines(run)


def _merge_into(path: Path, runs: Sequence[Path]) -> None:
    with _merging(runs) as placed:
        _write(path, placed)


@contextmanager
def _merging(runs: Sequence[Path]) -> Iterator[Iterator[bytes]]:
    with ExitStack() as stack:
        yield merge(*[stack.enter_context(path.open("rb", BUFFER_BYTES)) for path in runs])
