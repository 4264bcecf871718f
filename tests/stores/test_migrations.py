"""Tables that grow from release to release, whoever starts first."""

import subprocess
import sys

import pytest
from sqlalchemy import inspect

from regulars.store import migrations
from regulars.store.database import Store
from regulars.store.schema import metadata

MIGRATE = "import sys; from regulars.store.database import Store; s = Store(sys.argv[1]); s.migrate(); s.close()"
TOGETHER = 4

pytestmark = pytest.mark.usefixtures("real_migrations")


def test_a_fresh_database_gets_the_tables_that_the_code_knows(database: str) -> None:
    store = Store(database)
    assert store.is_missing() or not store.is_migrated()
    store.migrate()
    assert store.is_migrated()
    with store.reading() as connection:
        assert migrations.differences(connection) == []
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}
    store.close()


def test_what_is_there_already_is_left_alone(store: Store) -> None:
    with store.writing() as tx:
        tx.claim([("a", "fact-1", b"")])
    store.migrate()
    with store.writing() as tx:
        assert list(tx.claim([("a", "fact-1", b"")])) == ["a"]


def test_processes_that_start_together_take_turns(database: str) -> None:
    command = [sys.executable, "-c", MIGRATE, database]
    starting = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(TOGETHER)]
    said = [one.communicate(timeout=60)[1] for one in starting]
    assert [one.returncode for one in starting] == [0] * TOGETHER, said
    store = Store(database)
    with store.reading() as connection:
        assert migrations.differences(connection) == []
    store.close()
