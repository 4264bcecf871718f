"""Alembic runs this. It is handed an open connection, within a transaction that whoever opened it ends."""

from alembic import context

from regulars.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
