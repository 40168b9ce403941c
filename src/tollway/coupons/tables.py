"""The tables of coupons."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from tollway.kit.database import METADATA, ROW_ID

coupons = Table(
    "coupons",
    METADATA,
    Column("code", String(64), primary_key=True),
    Column("amount_credits", BigInteger, nullable=False),
    Column("uses_max", Integer, nullable=True),
    Column("valid_from_ms", BigInteger, nullable=False),
    Column("valid_until_ms", BigInteger, nullable=True),
    Column("credits_last_days", Integer, nullable=True),
    Column("enabled", Boolean, nullable=False),
    Column("note", String(255), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    CheckConstraint("amount_credits > 0", name="amount"),
    CheckConstraint("uses_max IS NULL OR uses_max > 0", name="uses"),
)
"""Codes in capital letters. ``uses_max`` is how many accounts may redeem one, null for any number;
``credits_last_days`` is how long the credits can be spent, null for ever."""

coupon_redemptions = Table(
    "coupon_redemptions",
    METADATA,
    Column("code", String(64), ForeignKey("coupons.code"), primary_key=True),
    Column("use_number", Integer, primary_key=True, autoincrement=False),
    Column("account_id", ROW_ID, ForeignKey("accounts.id"), nullable=False),
    Column("redeemed_at_ms", BigInteger, nullable=False),
    UniqueConstraint("code", "account_id"),
)
"""One row for each use, in the commit of its grant. Uses are numbered from 1, so that two that come at once cannot both
be the last one, and an account is there once."""
