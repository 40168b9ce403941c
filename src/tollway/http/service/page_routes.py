"""The web app, and the small page that stands in its place where it was not built."""

import base64
import hashlib
import html
import re
from importlib import resources
from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.response import Redirect

from tollway.http.service.access import ACCESS, Access
from tollway.http.service.built_app import AppFile, BuiltApp
from tollway.http.service.types import ServiceDependencies
from tollway.kit.errors import NotFoundError

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
WebApp = NamedDependency[SkipValidation[BuiltApp | None]]
APP_PAGE = "/app"
_CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_APP_HEADERS = {
    "content-security-policy": _CONTENT_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "vary": "accept-encoding",
}
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_EACH_TIME = "no-cache"
_NO_WEIGHT = re.compile(r"q *= *0(?:\.0*)?")


@get("/", include_in_schema=False, status_code=307, opt={ACCESS: Access.PUBLIC})
async def root() -> Redirect:
    """Lead browsers to the web app."""
    return Redirect(APP_PAGE, status_code=307)


@get([APP_PAGE, APP_PAGE + "/{place:path}"], include_in_schema=False, opt={ACCESS: Access.PUBLIC})
async def page(request: Request[Any, Any, Any], deps: Dependencies, web_app: WebApp) -> Response[bytes]:
    """Answer with a file of the web app; every path that is none is a place within the app, so its page answers."""
    if web_app is None:
        return _small_page(deps)
    path = request.scope["path"]
    found = web_app.find(path.removeprefix(APP_PAGE).removeprefix("/"))
    if found is None:
        raise NotFoundError(f"There is nothing at {path}.")
    return _file(found, takes_gzip=_takes_gzip(request.headers.get("accept-encoding", "")))


def _file(found: AppFile, *, takes_gzip: bool) -> Response[bytes]:
    headers = _APP_HEADERS | {"cache-control": _FOR_EVER if found.is_immutable else _ASK_EACH_TIME}
    if found.is_gzipped and takes_gzip:
        headers |= {"content-encoding": "gzip", "etag": f'"{found.digest}-gzip"'}
        return Response(found.stored, media_type=found.media_type, headers=headers)
    return Response(found.content, media_type=found.media_type, headers=headers | {"etag": f'"{found.digest}"'})


def _takes_gzip(accepted: str) -> bool:
    """Say whether a client that sends this ``Accept-Encoding`` reads gzip; a weight of zero means that it does not."""
    wanted: dict[str, bool] = {}
    for part in accepted.lower().split(","):
        coding, _, parameter = part.partition(";")
        wanted[coding.strip()] = _NO_WEIGHT.fullmatch(parameter.strip()) is None
    return wanted.get("gzip", wanted.get("*", False))


def _small_page(deps: ServiceDependencies) -> Response[bytes]:
    """Show where the API is and how to make the first call."""
    text = (resources.files("tollway.http.service") / "page.html").read_text(encoding="utf-8")
    offered = deps.catalog.all()
    for name, value in {"public_url": deps.public_url, "model": offered[0].id if offered else "MODEL"}.items():
        text = text.replace("{{" + name + "}}", html.escape(value))
    headers = {"content-security-policy": _small_page_policy(text), "cache-control": _ASK_EACH_TIME}
    return Response(text.encode(), media_type=MediaType.HTML, headers=headers)


def _small_page_policy(text: str) -> str:
    """Allow the page's own style by its digest, and nothing else."""
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256((style[1] if style else "").encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
