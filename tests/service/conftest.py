"""A shop with a record in a file, and the words in which its stories are told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.town import Town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(f"sqlite:///{tmp_path / 'regulars.db'}")
    yield town
    town.close()
