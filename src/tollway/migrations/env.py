"""What Alembic executes: the migrations on a connection that the caller opened."""

from alembic import context

from tollway.migrations.all_tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
