"""Somebody who uses the web app: an account made behind the scenes, and the way in through the page.

Signing up is limited to a few accounts a minute from one address, so only tests that are about it do so.
"""

from dataclasses import dataclass
from itertools import count

from playwright.async_api import Page, expect

from tests.support.gateway import Gateway

CREDITS = 1_000_000
_numbers = count(1)


@dataclass(frozen=True)
class Person:
    """Whose account it is, and how they sign in."""

    email: str
    password: str


async def new_person(server: Gateway, *, credits_granted: int = CREDITS) -> Person:
    """Make an account with credits that nobody has used yet."""
    email = f"person-{next(_numbers)}@example.com"
    made = await server.command("account", "create", email)
    if credits_granted:
        await server.command("credit", "grant", email, "--credits", str(credits_granted))
    return Person(email, made["password"])


def first_person(server: Gateway) -> Person:
    """The operator, whom the server's first start has made."""
    return Person(server.first["email"], server.first["password"])


async def sign_in(page: Page, person: Person, to: str = "/") -> None:
    """Sign in, and go on to an address of the app; returns when the page is there."""
    await page.goto(f"/app/sign-in?next={to}")
    await page.get_by_label("Email").fill(person.email)
    await page.get_by_label("Password").fill(person.password)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Sign out")).to_be_attached()
