"""Accounts as the store knows them: an id that folders hang on, and when it was last in step with its server."""

from tui_mail.store.database import Database


def save_account(db: Database, account: str, address: str) -> None:
    """Make the account known; a known one gets the new address."""
    db.run(
        "INSERT INTO account(id, address) VALUES (?, ?) ON CONFLICT(id) DO UPDATE SET address = excluded.address",
        (account, address),
    )


def accounts(db: Database) -> tuple[tuple[str, str], ...]:
    """Every account as (id, address)."""
    return tuple((row[0], row[1]) for row in db.all("SELECT id, address FROM account ORDER BY id"))


def delete_account(db: Database, account: str) -> None:
    """Remove the account with its folders and messages. Certificates and pins stay."""
    db.run("DELETE FROM account WHERE id = ?", (account,))


def set_last_sync(db: Database, account: str, seconds: int) -> None:
    """Note when the account was last in step with its server, seconds since 1970 UTC."""
    db.run("UPDATE account SET last_sync = ? WHERE id = ?", (seconds, account))


def last_sync(db: Database, account: str) -> int:
    """When the account was last in step with its server; 0 never."""
    return int(db.value("SELECT last_sync FROM account WHERE id = ?", (account,), 0))
