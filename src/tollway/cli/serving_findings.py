"""What `tollway doctor` finds in settings by building from them what the server builds at its start."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from tollway.cli.finding import Finding
from tollway.cli.workspace import finish
from tollway.kit.settings import Settings, SettingsError, UpstreamSettings

if TYPE_CHECKING:
    from tollway.catalog.service import Catalog


def examine_serving(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Look at what the server presents: its TLS files, its address, its catalogue and its upstreams."""
    yield _tls(settings)
    yield _public_url(settings)
    yield _mail(settings, environment)
    yield _single_sign_on(settings)
    catalog, finding = _catalog(settings)
    yield finding
    yield from _upstreams(settings, environment, catalog)


def _tls(settings: Settings) -> Finding:
    from tollway.http.server import check_tls

    try:
        check_tls(settings.server)
    except SettingsError as error:
        return Finding("tls", ok=False, detail=str(error), fix="Correct server.tls_certificate and server.tls_key.")
    return Finding("tls", ok=True, detail=settings.server.tls_certificate or "off")


def _public_url(settings: Settings) -> Finding:
    from tollway.http.server import is_readable_on_the_way

    url = settings.server.public_url
    if url is None:
        local = settings.server.host in {"127.0.0.1", "::1", "localhost"}
        fix = None if local else "Set server.public_url to the address that clients use."
        return Finding("public url", ok=True, detail="not set", fix=fix)
    fix = "Use https: keys and cookies travel readable over plain http." if is_readable_on_the_way(url) else None
    return Finding("public url", ok=True, detail=url, fix=fix)


def _mail(settings: Settings, environment: Mapping[str, str]) -> Finding:
    from tollway.mail.configuration import smtp_mailer
    from tollway.mail.errors import MailFailedError

    try:
        mailer = smtp_mailer(settings.mail, environment)
    except SettingsError as error:
        return Finding("mail", ok=False, detail=str(error), fix="Correct [mail] in the settings.")
    if mailer is None:
        return Finding("mail", ok=True, detail="off; tollway account invite and reset-link print links to hand on")
    try:
        finish(mailer.check())
    except MailFailedError as error:
        fix = "Correct [mail] in the settings, or start the mail server."
        return Finding("mail", ok=False, detail=error.message, fix=fix)
    return Finding("mail", ok=True, detail=f"{settings.mail.host} takes mail")


def _single_sign_on(settings: Settings) -> Finding:
    from tollway.single_sign_on.configuration import check_single_sign_on

    try:
        check_single_sign_on(settings.single_sign_on)
    except SettingsError as error:
        fix = "Correct [single_sign_on] in the settings."
        return Finding("single sign-on", ok=False, detail=str(error), fix=fix)
    return Finding("single sign-on", ok=True, detail=settings.single_sign_on.issuer or "off")


def _catalog(settings: Settings) -> "tuple[Catalog | None, Finding]":
    from tollway.catalog.errors import CatalogError
    from tollway.catalog.loader import load_models
    from tollway.catalog.service import Catalog

    try:
        catalog = Catalog(load_models(settings.catalog_dir))
    except CatalogError as error:
        fix = f"Correct the file in {settings.catalog_dir}, or the setting catalog_dir."
        return None, Finding("catalogue", ok=False, detail=str(error), fix=fix)
    return catalog, Finding("catalogue", ok=True, detail=f"{len(catalog.all())} models on offer")


def _upstreams(settings: Settings, environment: Mapping[str, str], catalog: "Catalog | None") -> Iterator[Finding]:
    from tollway.upstreams.qianfan.upstream import KEY_VARIABLE
    from tollway.upstreams.registry import with_qianfan

    upstreams = with_qianfan(settings.upstreams, environment)
    for name, upstream in upstreams.items():
        yield _upstream(name, upstream, environment, catalog)
    if upstreams:
        return
    fix = f"Set {KEY_VARIABLE}, or describe an upstream."
    if settings.engine.enabled:
        yield Finding("upstream", ok=True, detail="a small stand-in model answers for the flagship", fix=fix)
    else:
        yield Finding("upstream", ok=False, detail="there is none, and the embedded engine is off", fix=fix)


def _upstream(
    name: str, upstream: UpstreamSettings, environment: Mapping[str, str], catalog: "Catalog | None"
) -> Finding:
    from tollway.app import unknown_models

    title = f"upstream {name}"
    try:
        finish(_build(name, upstream, environment))
    except SettingsError as error:
        fix = f"Correct [upstreams.{name}] in the settings, or set the variable that it names."
        return Finding(title, ok=False, detail=str(error), fix=fix)
    unknown = " ".join(unknown_models(upstream, catalog)) if catalog is not None else ""
    if unknown:
        return Finding(title, ok=False, detail=unknown, fix=f"Correct the ids in upstreams.{name}.models.")
    return Finding(title, ok=True, detail=upstream.base_url)


async def _build(name: str, upstream: UpstreamSettings, environment: Mapping[str, str]) -> None:
    from tollway.kit.clock import SystemClock
    from tollway.upstreams.registry import build_registry

    registry = build_registry({name: upstream}, environment, clock=SystemClock())
    await registry.close()
