"""Towns, as the stories of the service have them, and databases for what is asked of everybody at once."""

from collections.abc import Iterator

import pytest

from tests.service.town import Town


@pytest.fixture
def town(database: str) -> Iterator[Town]:
    town = Town(database)
    yield town
    town.close()
