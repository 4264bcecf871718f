"""A record on each kind of database, and shops upon it."""

import itertools
from collections.abc import Callable, Iterator

import pytest

from regulars.store.database import Store
from tests.service.town import Town


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    store = Store(database)
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def open_town() -> Iterator[Callable[[str], Town]]:
    """Opens shops; several on one database stand for several processes. No two of them use the same message id by chance."""
    towns: list[Town] = []

    def open(database: str) -> Town:
        towns.append(Town(database))
        towns[-1]._numbers = itertools.count(1_000_000 * len(towns))
        return towns[-1]

    yield open
    for town in towns:
        town.close()
