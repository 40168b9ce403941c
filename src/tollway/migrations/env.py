"""What Alembic executes: the migrations on a connection that the caller opened."""

from alembic import context

import tollway.accounts.tables
import tollway.audit.tables
import tollway.catalog.tables
import tollway.coupons.tables
import tollway.credits.tables
import tollway.keys.tables
import tollway.payments.tables
import tollway.presets.tables
import tollway.usage.tables  # noqa: F401 - These imports fill METADATA.
from tollway.kit.database import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
