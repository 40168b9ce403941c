"""Accounts in the database."""

from typing import TYPE_CHECKING

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from tollway.accounts.errors import AccountExistsError
from tollway.accounts.tables import account_identities, accounts, due_sign_up_grants
from tollway.accounts.types import Account, AccountStatus, DueGrant, Identity, NewAccount

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_SELECT = select(accounts.c.id, accounts.c.email, accounts.c.status, accounts.c.created_at_ms, accounts.c.is_operator)


async def insert_account(connection: "AsyncConnection", new: NewAccount) -> Account:
    """Store a new, active account.

    Raises:
        AccountExistsError: the email is taken.
    """
    values = {
        "email": new.email,
        "password_hash": new.password_hash,
        "status": AccountStatus.ACTIVE,
        "created_at_ms": new.created_at_ms,
        "is_operator": new.is_operator,
        "email_is_proved": new.email_is_proved,
    }
    try:
        account_id = (await connection.execute(insert(accounts).returning(accounts.c.id), values)).scalar_one()
    except IntegrityError as error:
        raise AccountExistsError(f"There is already an account {new.email}", param="email") from error
    return Account(
        id=account_id,
        email=new.email,
        status=AccountStatus.ACTIVE,
        created_at_ms=new.created_at_ms,
        is_operator=new.is_operator,
    )


async def find_by_email(connection: "AsyncConnection", email: str) -> Account | None:
    """Look an account up by the normal form of its email."""
    row = (await connection.execute(_SELECT.where(accounts.c.email == email))).mappings().one_or_none()
    return None if row is None else _account(row)


async def find_by_id(connection: "AsyncConnection", account_id: int) -> Account | None:
    """Look an account up by its id."""
    row = (await connection.execute(_SELECT.where(accounts.c.id == account_id))).mappings().one_or_none()
    return None if row is None else _account(row)


async def password_hash_of(connection: "AsyncConnection", account_id: int) -> str:
    """Return the hash of an account's password."""
    return str((await connection.execute(select(accounts.c.password_hash).where(accounts.c.id == account_id))).scalar())


async def list_all(connection: "AsyncConnection") -> list[Account]:
    """Every account, oldest first."""
    rows = (await connection.execute(_SELECT.order_by(accounts.c.id))).mappings()
    return [_account(row) for row in rows]


async def update_account(connection: "AsyncConnection", account: Account) -> None:
    """Store what can be changed of an account: its status, and whether its owner may run the platform."""
    await connection.execute(
        update(accounts)
        .where(accounts.c.id == account.id)
        .values(status=account.status, is_operator=account.is_operator)
    )


async def update_password(connection: "AsyncConnection", account_id: int, password_hash: str) -> None:
    """Store the hash of an account's new password."""
    await connection.execute(update(accounts).where(accounts.c.id == account_id).values(password_hash=password_hash))


async def email_is_proved(connection: "AsyncConnection", account_id: int) -> bool:
    """Say whether whoever has the account is known to have its email."""
    return bool(
        (await connection.execute(select(accounts.c.email_is_proved).where(accounts.c.id == account_id))).scalar()
    )


async def note_proved_email(connection: "AsyncConnection", account_id: int) -> None:
    """Store that whoever has the account has its email."""
    await connection.execute(update(accounts).where(accounts.c.id == account_id).values(email_is_proved=True))


async def find_by_identity(connection: "AsyncConnection", issuer: str, subject: str) -> Account | None:
    """Look an account up by who its owner is elsewhere."""
    query = _SELECT.join(account_identities, account_identities.c.account_id == accounts.c.id).where(
        account_identities.c.issuer == issuer, account_identities.c.subject == subject
    )
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else _account(row)


async def insert_identity(
    connection: "AsyncConnection", account_id: int, identity: Identity, created_at_ms: int
) -> None:
    """Store who an account's owner is elsewhere."""
    values = {
        "issuer": identity.issuer,
        "subject": identity.subject,
        "account_id": account_id,
        "created_at_ms": created_at_ms,
    }
    await connection.execute(insert(account_identities), values)


async def insert_due_grant(
    connection: "AsyncConnection", account_id: int, amount_credits: int, created_at_ms: int
) -> None:
    """Store that an account is to be given its welcome credits."""
    values = {"account_id": account_id, "amount_credits": amount_credits, "created_at_ms": created_at_ms}
    await connection.execute(insert(due_sign_up_grants), values)


async def list_due_grants(connection: "AsyncConnection", account_id: int | None = None) -> list[DueGrant]:
    """Welcome credits that are still to be booked, of one account or of all."""
    query = (
        select(accounts.c.id, accounts.c.email, due_sign_up_grants.c.amount_credits)
        .join(accounts, accounts.c.id == due_sign_up_grants.c.account_id)
        .order_by(accounts.c.id)
    )
    if account_id is not None:
        query = query.where(accounts.c.id == account_id)
    return [DueGrant(*row) for row in await connection.execute(query)]


async def delete_due_grant(connection: "AsyncConnection", account_id: int) -> None:
    """Forget welcome credits that are booked."""
    await connection.execute(delete(due_sign_up_grants).where(due_sign_up_grants.c.account_id == account_id))


async def has_other_operator(connection: "AsyncConnection", account_id: int) -> bool:
    """Say whether another account than this one is active and an operator's."""
    query = select(accounts.c.id).where(
        accounts.c.is_operator, accounts.c.status == AccountStatus.ACTIVE, accounts.c.id != account_id
    )
    return (await connection.execute(query.limit(1))).first() is not None


def _account(row: RowMapping) -> Account:
    return Account(
        id=row[accounts.c.id],
        email=row[accounts.c.email],
        status=AccountStatus(row[accounts.c.status]),
        created_at_ms=row[accounts.c.created_at_ms],
        is_operator=row[accounts.c.is_operator],
    )
