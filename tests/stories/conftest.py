"""The shop of the stories that hang on people, time and the wire, on both kinds of database."""

from collections.abc import Iterator

import pytest

from tests.stories.corner import Corner


@pytest.fixture
def corner(database: str) -> Iterator[Corner]:
    with Corner(database) as corner:
        yield corner
