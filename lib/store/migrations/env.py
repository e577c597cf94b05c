"""Run by Alembic: the connection, and the transaction around it, come from lib.store.versions."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
