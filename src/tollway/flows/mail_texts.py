"""What the product writes to people."""

from tollway.kit.clock import iso_utc
from tollway.kit.money import usd_text
from tollway.mail.port import Message


def reset_mail(to: str, url: str) -> Message:
    """Write with a link for a new password."""
    text = (
        "Somebody asked for a new password for your account. To choose one, open this link within an hour:\n\n"
        f"{url}\n\n"
        "It works once. If it was not you who asked, you need not do anything; your password stays as it is.\n"
    )
    return Message(to, "Choose a new password", text)


def invitation_mail(to: str, url: str, expires_at_ms: int) -> Message:
    """Write with a link to sign up by."""
    text = (
        f"You are invited to make an account. Open this link before {_moment(expires_at_ms)}:\n\n"
        f"{url}\n\n"
        "It works once, and for this email address only.\n"
    )
    return Message(to, "Your invitation", text)


def password_changed_mail(to: str, public_url: str, now_ms: int, *, disabled_keys: int) -> Message:
    """Tell that the password was changed, so that whoever did not do it notices, and what became of the keys."""
    text = (
        f"The password of your account was changed at {_moment(now_ms)}, and your other sessions were ended.\n\n"
        f"If it was not you, choose a new password now: {public_url}/app/forgot-password\n"
    )
    if disabled_keys:
        text += (
            "\nUntil now nobody had proved to own this address, so the account's keys, which somebody else may have "
            f"made, were disabled ({disabled_keys}). Enable those that are yours: {public_url}/app/keys\n"
        )
    return Message(to, "Your password was changed", text)


def low_balance_mail(to: str, public_url: str, balance_credits: int, threshold_credits: int) -> Message:
    """Tell that the balance has become low."""
    text = (
        f"The balance of your account is {balance_credits:,} credits (${usd_text(balance_credits)}), which is less "
        f"than the {threshold_credits:,} that you wanted to be told of. Calls are refused when nothing is left.\n\n"
        f"Add credits: {public_url}/app/billing\n\n"
        "You are not written to again before the balance has risen above that.\n"
    )
    return Message(to, "Your balance is low", text)


def _moment(moment_ms: int) -> str:
    return f"{iso_utc(moment_ms)[:16].replace('T', ' ')} UTC"
