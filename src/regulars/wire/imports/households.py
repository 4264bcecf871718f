"""What 801 households of The Complete Journey told the grocer about themselves: traits, in the year's own words."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Final

import pyarrow as pa
from pyarrow import parquet

from regulars.kernel.facts import FOREVER, Instant
from regulars.wire.complete_journey import NAME, data_folder
from regulars.wire.events import Arrival, Did
from regulars.wire.history import fact_id
from regulars.wire.imports import Taken
from regulars.wire.sorted_history import SortedHistory

TRAITS: Final = ("age", "income", "home_ownership", "marital_status", "household_size", "household_comp", "kids_count")


def households() -> Iterator[tuple[str, Mapping[str, str]]]:
    """Each household's id and what it told; what it left open is an absent key. HistoryError where the data is not installed."""
    columns = ["household_id", *TRAITS]
    table = parquet.ParquetFile(data_folder() / "demographics.parquet").read(columns)
    texts = [table.column(name).cast(pa.string()).to_pylist() for name in columns]
    for household, *said in zip(*texts, strict=True):
        yield household, {name: text for name, text in zip(TRAITS, said, strict=True) if text is not None}


def households_of(history: SortedHistory, now: Instant) -> Iterator[Taken]:
    """As rows to take: each household told of itself when it first bought, if that has been by now."""
    first = {id: history.first_order[number] for number, id in enumerate(history.ids)}
    for position, (household, traits) in enumerate(households()):
        at = int(history.happened_at[first[household]]) if household in first else FOREVER
        if at <= now:
            yield Taken(position + 1, (_arrival(position, household, traits, at),), ())


def _arrival(position: int, household: str, traits: Mapping[str, str], at: Instant) -> Arrival:
    content = blake2b(repr(sorted(traits.items())).encode(), digest_size=16).digest()
    message_id = f"demographics-{household}"
    return Arrival(
        position,
        fact_id(NAME, message_id),
        message_id,
        NAME,
        content,
        at,
        household,
        None,
        None,
        (),
        Did("Identified", {}),
        traits,
        is_timed=True,
    )
