"""Run by alembic, on the connection that it is handed."""

from alembic import context

from worker.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
