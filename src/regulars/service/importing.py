"""Importing rows: a portion of a file in each transaction, so that memory is bounded and a run that broke off goes on.

What a row says happened in the past, and it keeps its time: nothing is sent to anybody for it. Its id is its own for ever, so
whatever came in already, in this run or another, is known. Imports are the shop's own word, and a little more: only they say
which balance a customer brought over from a former program.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy import select

from regulars.kernel.facts import BalanceBroughtOver, Instant
from regulars.kernel.rulebook import Rulebook
from regulars.service.folding import Step
from regulars.service.group import Ingested, IngestGroup
from regulars.service.known import Request, Told
from regulars.service.people import People
from regulars.service.shop import Shop
from regulars.service.writer import Unready
from regulars.store.schema import source_keys
from regulars.store.transaction import Transaction
from regulars.wire.events import EventReason
from regulars.wire.imports import BroughtOver, ImportReason, Refusal, Taken

PORTION: Final = 400
"""Rows of a transaction."""

T = TypeVar("T")


class Imported(Struct):
    """What an import did, or would do, in rows. `left_out` rows were taken without a part of them; `why` counts refusals."""

    rows: int = 0
    new: int = 0
    known: int = 0
    refused: int = 0
    left_out: int = 0
    why: dict[ImportReason, int] = field(default_factory=dict)


def import_rows(
    shop: Shop,
    rows: Iterable[Taken | Refusal],
    clock: Callable[[], Instant],
    *,
    dry_run: bool = False,
    refused: Callable[[Sequence[Refusal]], None] = lambda _: None,
    progress: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Takes the rows as they come. `refused` is handed the refusals of each portion, `progress` how many rows are done."""
    imported = Imported()
    for portion in _portions(rows, PORTION):
        refusals = _import_portion(shop, portion, clock(), dry_run, imported)
        for one in refusals:
            imported.why[one.reason] = imported.why.get(one.reason, 0) + 1
        refused(refusals)
        imported.rows += len(portion)
        progress(imported.rows)
    return imported


def expiry_by_rule(rulebook: Rulebook) -> Callable[[Instant], Instant]:
    """When points earned at a moment, in no level, expire by the program's rule."""
    return lambda earned_at: rulebook.earning.lifetimes.of(earned_at, None)[1]


def _import_portion(
    shop: Shop, portion: Sequence[Taken | Refusal], now: Instant, dry_run: bool, imported: Imported
) -> list[Refusal]:
    taken = [row for row in portion if isinstance(row, Taken)]
    held = _contents(shop, [one.id for row in taken for one in row.arrivals])
    bad: dict[int, Refusal] = {row.line: row for row in portion if isinstance(row, Refusal)}
    fresh: list[Taken] = []
    for row in taken:
        if any(held.get(one.id, one.content) != one.content for one in row.arrivals):
            bad[row.line] = Refusal(row.line, "", ImportReason.ID_REUSED)
        elif all(one.id in held for one in row.arrivals):
            imported.known += 1
        else:
            fresh.append(row)
            held |= {one.id: one.content for one in row.arrivals}
    if fresh and not dry_run:
        arrivals = [one for row in fresh for one in row.arrivals]
        arrivals.sort(key=lambda one: one.happened_at)
        answer = _store(shop, Request(arrivals, (), arrivals[0].source, now, is_history=True))
        failed = {one.position + 1 for one in answer.refusals if one.reason is EventReason.FAILED}
        bad |= {line: Refusal(line, "", ImportReason.FAILED) for line in failed}
    imported.new += sum([row.line not in bad for row in fresh])
    imported.refused += len(bad)
    without = [(row.line, column) for row in taken if row.line not in bad for column in row.left_out]
    imported.left_out += len({line for line, _ in without})
    left_out = [Refusal(line, column, ImportReason.TAKEN_WITHOUT) for line, column in without]
    return sorted([*bad.values(), *left_out], key=lambda one: (one.line, one.column))


def _contents(shop: Shop, ids: Sequence[str]) -> dict[str, bytes]:
    """What was said under those of these ids that are known."""
    asked = select(source_keys.c.key, source_keys.c.content).where(source_keys.c.key.in_(ids))
    with shop.store.reading() as connection:
        return {key: bytes(content) for key, content in connection.execute(asked)}


def _store(shop: Shop, request: Request) -> Ingested:
    """In one transaction; where that fails, row by row, and the culprit is set aside. Busy or NoProgram: nothing was stored."""
    group = ImportGroup(shop.rulebooks, shop.new_id)
    try:
        return shop.writer.run(lambda tx: group.store(tx, [request])[0])
    except Unready:
        raise
    except Exception as error:  # noqa: BLE001  the edge of an import: told in the answer, and the rest goes on
        parts = group.parts(request)
        if len(parts) > 1:
            return group.whole(request, [_store(shop, part) for part in parts])
        culprit = error
    return shop.writer.run(lambda tx: group.give_up(tx, request, culprit))


class ImportGroup(IngestGroup):
    """The same as for events, and balances besides."""

    def _people(self, tx: Transaction, fresh: Sequence[Told], rulebook: Rulebook) -> tuple[People, list[Step]]:
        people, steps = super()._people(tx, fresh, rulebook)
        return people, [_with_balance(step) for step in steps]


def _with_balance(step: Step) -> Step:
    one, deed = step.told.arrival, step.told.arrival.deed
    if not isinstance(deed, BroughtOver):
        return step
    customer, recorded_at = step.whose.customer, step.told.recorded_at
    balance = BalanceBroughtOver(
        one.id, customer, one.happened_at, recorded_at, one.source, deed.points, deed.expires_at
    )
    return replace(step, fact=balance)


def _portions(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    waiting = iter(rows)
    while portion := list(islice(waiting, size)):
        yield portion
