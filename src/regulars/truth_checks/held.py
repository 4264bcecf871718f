"""The truths of a made year, as far as the checks need them, and how one of them comes out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from regulars.made_year import truths

FILE: Final = "truths.jsonl"
MOST_EXAMPLES: Final = 5


class NoTruths(Exception):
    """The text says what is missing."""


class Truths(Struct, frozen=True):
    """`tablets` are devices that a household shares, each with all who signed in on it, in order of time. `second_accounts` are
    those of whoever has another already; `second_visitors` is how many of these are one visitor more, for both accounts were used
    in visits that may be kept. `sales_minor` is what the goods of all `orders` cost."""

    year: truths.Year
    counts: truths.Counts
    accounts: tuple[truths.Account, ...]
    second_accounts: tuple[str, ...]
    second_visitors: int
    tablets: Mapping[str, tuple[truths.SignedIn, ...]]
    crawls: frozenset[str]
    orders: int
    sales_minor: int


class Finding(Struct, frozen=True):
    """`truth` and `report` are as a person reads them; `examples` say where they part."""

    what: str
    holds: bool
    truth: str
    report: str
    examples: tuple[str, ...] = ()


def load(folder: Path) -> Truths:
    """Raises NoTruths, or TruthsError for a file that cannot be read as truths."""
    path = folder / FILE
    if not path.is_file():
        raise NoTruths(f"{folder} holds no {FILE}: name the folder that `regulars make-year` made.")
    year, counts = None, None
    accounts: list[truths.Account] = []
    second: list[str] = []
    tablets: dict[str, list[truths.SignedIn]] = {}
    crawls: set[str] = set()
    second_visitors = orders = sales_minor = 0
    for one in truths.read(path):
        if isinstance(one, truths.Year):
            year = one
        elif isinstance(one, truths.Counts):
            counts = one
        elif isinstance(one, truths.Bot):
            crawls.add(one.anonymous_id)
        elif isinstance(one, truths.Person):
            accounts += one.accounts
            second += [account.user_id for account in one.accounts[1:] if account.user_id]
            second_visitors += is_two_visitors(one)
            orders += len(one.orders)
            sales_minor += sum([order.total_minor for order in one.orders])
            if one.household:
                tablets.setdefault(one.household.device, []).extend(one.household.signed_in)
    if year is None or counts is None:
        raise NoTruths(f"{path} breaks off: it does not end with the counts. Make the year again.")
    return Truths(
        year,
        counts,
        tuple(accounts),
        tuple(second),
        second_visitors,
        {device: tuple(sorted(signed_in, key=lambda one: one.at)) for device, signed_in in sorted(tablets.items())},
        frozenset(crawls),
        orders,
        sales_minor,
    )


def is_two_visitors(person: truths.Person) -> bool:
    """Of whoever refused analytics no visit is kept, and an account without a visit is no visitor."""
    return person.agreed and sum([account.visits > 0 for account in person.accounts]) > 1


def equal(what: str, truth: int, report: int) -> Finding:
    return Finding(what, truth == report, f"{truth:,}", f"{report:,}")


def some(examples: Sequence[str]) -> tuple[str, ...]:
    """The first few, and how many there are besides."""
    more = len(examples) - MOST_EXAMPLES
    return (*examples[:MOST_EXAMPLES], *([f"and {more:,} more"] if more > 0 else []))
