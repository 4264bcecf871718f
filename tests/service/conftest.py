"""A shop with a record, on both kinds of database, and the words in which its stories are told."""

from collections.abc import Iterator

import pytest

from tests.service.town import Town


@pytest.fixture
def town(database: str) -> Iterator[Town]:
    town = Town(database)
    yield town
    town.close()
