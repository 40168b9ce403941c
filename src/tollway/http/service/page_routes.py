"""The small page that stands where the web app will be."""

import base64
import hashlib
import html
import re
from importlib import resources

from litestar import MediaType, Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.response import Redirect

from tollway.http.service.access import ACCESS, Access
from tollway.http.service.types import ServiceDependencies

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
APP_PAGE = "/app"


@get("/", include_in_schema=False, status_code=307, opt={ACCESS: Access.PUBLIC})
async def root() -> Redirect:
    """Lead browsers to the web app."""
    return Redirect(APP_PAGE, status_code=307)


@get([APP_PAGE, "/app/keys", "/app/billing"], include_in_schema=False, opt={ACCESS: Access.PUBLIC})
async def page(deps: Dependencies) -> Response[str]:
    """Show where the API is and how to make the first call."""
    text = (resources.files("tollway.http.service") / "page.html").read_text(encoding="utf-8")
    offered = deps.catalog.all()
    for name, value in {"public_url": deps.public_url, "model": offered[0].id if offered else "MODEL"}.items():
        text = text.replace("{{" + name + "}}", html.escape(value))
    return Response(text, media_type=MediaType.HTML, headers={"content-security-policy": _content_policy(text)})


def _content_policy(text: str) -> str:
    """Allow the page's own style by its digest, and nothing else."""
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256((style[1] if style else "").encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
