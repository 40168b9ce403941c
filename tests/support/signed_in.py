"""A person who has signed in at a running server, and what their page sends."""

from msgspec import Struct

from tests.support.gateway import Gateway
from tests.support.served import plain_client

PLAYGROUND_PATH = "/console/v1/chat/completions"


class SignedInPerson(Struct, frozen=True):
    """A session: its cookie, its token, and the origin of its pages."""

    cookie: str
    csrf_token: str
    origin: str

    @property
    def headers(self) -> dict[str, str]:
        """What the web app's page sends with a change; no key comes along."""
        return {
            "Authorization": "",
            "Cookie": self.cookie,
            "X-CSRF-Token": self.csrf_token,
            "Origin": self.origin,
        }


async def sign_in(gateway: Gateway, email: str = "", password: str = "") -> SignedInPerson:
    """Begin a session; of the first account if no other is named."""
    person = {"email": email or gateway.first["email"], "password": password or gateway.first["password"]}
    async with plain_client(gateway.url) as client:
        answer = await client.post("/console/v1/session", json=person)
    assert answer.status_code == 200, answer.text
    cookie = answer.headers["set-cookie"].partition(";")[0]
    return SignedInPerson(cookie, answer.json()["csrf_token"], gateway.url)
