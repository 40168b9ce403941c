"""Every page of the web app: which there are, an address of each with something on it, and who may see it."""

import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.support.gateway import FLAGSHIP

WEB = Path(__file__).resolve().parents[2] / "web" / "src"
Who = Literal["stranger", "person", "operator"]
_NAME = re.compile(r"const (\w+) = $")
_PARENT = re.compile(r"getParentRoute: \(\) => (\w+)")
_PATH = re.compile(r"\bpath: '([^']*)'")
_PAGE = re.compile(r"'(\w+Page)'\)")


@dataclass(frozen=True)
class AppPage:
    """A page to look at.

    Attributes:
        name: of its pictures.
        route: its place in the router.
        path: an address of it below `/app`; `{call}` and `{month}` are those of the town's data.
        who: who sees it.
    """

    name: str
    route: str
    path: str
    who: Who = "person"


PAGES = (
    AppPage("sign-in", "/sign-in", "/sign-in", "stranger"),
    AppPage("sign-up", "/sign-up", "/sign-up", "stranger"),
    AppPage("forgot-password", "/forgot-password", "/forgot-password", "stranger"),
    AppPage("reset-password", "/reset-password", "/reset-password#token=abc", "stranger"),
    AppPage("models", "/models/", "/models", "stranger"),
    AppPage("model", "/models/$", f"/models/{FLAGSHIP}", "stranger"),
    AppPage("docs", "/docs/", "/docs", "stranger"),
    AppPage("docs-page", "/docs/$page", "/docs/reasoning", "stranger"),
    AppPage("docs-api", "/docs/api", "/docs/api", "stranger"),
    AppPage("home", "/", "/"),
    AppPage("playground", "/playground", "/playground"),
    AppPage("keys", "/keys", "/keys"),
    AppPage("keys-management", "/keys", "/keys?kind=management"),
    AppPage("usage", "/usage", "/usage?by=model"),
    AppPage("usage-receipt", "/usage", "/usage?call={call}"),
    AppPage("billing", "/billing", "/billing"),
    AppPage("statement", "/billing/statement/$month", "/billing/statement/{month}"),
    AppPage("account", "/account", "/account"),
    AppPage("not-found", "", "/nothing-here"),
    AppPage("operator", "/operator/", "/operator", "operator"),
    AppPage("operator-payments", "/operator/payments", "/operator/payments", "operator"),
    AppPage("operator-coupons", "/operator/coupons", "/operator/coupons", "operator"),
    AppPage("operator-prices", "/operator/prices", "/operator/prices", "operator"),
    AppPage("operator-models", "/operator/models", "/operator/models", "operator"),
    AppPage("operator-upstreams", "/operator/upstreams", "/operator/upstreams", "operator"),
    AppPage("operator-books", "/operator/books", "/operator/books", "operator"),
    AppPage("operator-audit", "/operator/audit", "/operator/audit", "operator"),
    AppPage("operator-settings", "/operator/settings", "/operator/settings", "operator"),
)


def routes_with_pages() -> set[str]:
    """Read from the router where it shows a page."""
    sources = [WEB / "app" / "router.tsx", *sorted((WEB / "app" / "routes").glob("*.tsx"))]
    places: dict[str, str] = {"root": ""}
    found: set[str] = set()
    for source in sources:
        pieces = source.read_text(encoding="utf-8").split("createRoute(")
        for before, piece in itertools.pairwise(pieces):
            parent = _PARENT.search(piece)
            assert parent is not None, piece
            path = _PATH.search(piece)
            place = _joined(places[parent[1]], path[1] if path else "")
            if name := _NAME.search(before):
                places[name[1]] = place
            if _PAGE.search(piece):
                found.add(place)
    return found


def _joined(parent: str, path: str) -> str:
    return parent + (path if path.startswith("/") or not path else f"/{path}")
