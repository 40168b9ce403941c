"""All tables of the product together."""

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

__all__ = ["METADATA"]
