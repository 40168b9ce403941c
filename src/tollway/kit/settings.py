"""Settings: their names, meanings and defaults, read from ``tollway.toml`` and the environment.

Order of authority: command line, environment (``TOLLWAY_`` and the path joined by two underscores, such as
``TOLLWAY_SERVER__PORT``), the file, the defaults below. Secrets are read from the environment or files only.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

ENVIRONMENT_PREFIX = "TOLLWAY_"
FILE_NAME = "tollway.toml"
SignUpMode = Literal["open", "invitation", "closed"]
PositiveInt = Annotated[int, Meta(ge=1)]
PositiveFloat = Annotated[float, Meta(gt=0)]


class SettingsError(Exception):
    """A setting is unknown, of the wrong type or out of range."""


class ServerSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the server listens and how it presents itself."""

    host: Annotated[str, Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port to listen on; 0 takes a free one.")] = 8080
    public_url: Annotated[
        str | None, Meta(description="Address under which clients reach the server, when it is not host and port.")
    ] = None
    trusted_proxies: Annotated[
        tuple[str, ...], Meta(description="Addresses of proxies whose X-Forwarded-For and -Proto are believed.")
    ] = ()
    tls_certificate: Annotated[str | None, Meta(description="File with the TLS certificate chain.")] = None
    tls_key: Annotated[str | None, Meta(description="File with the TLS private key.")] = None
    cors_origins: Annotated[tuple[str, ...], Meta(description="Origins that browsers may call from; * is any.")] = (
        "*",
    )
    drain_s: Annotated[float, Meta(ge=0, description="Seconds that running answers get to finish at a stop.")] = 30.0
    overhead_header: Annotated[
        bool, Meta(description="Whether answers tell in x-tollway-overhead-ms how much of their time was the server's.")
    ] = False


class LimitSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one connection, key and account may take; see docs/reliability.md."""

    header_timeout_s: Annotated[PositiveFloat, Meta(description="Seconds for a request's headers.")] = 10.0
    body_timeout_s: Annotated[PositiveFloat, Meta(description="Seconds for a request's body.")] = 30.0
    keep_alive_s: Annotated[PositiveFloat, Meta(description="Seconds that an idle connection stays open.")] = 75.0
    header_bytes: Annotated[PositiveInt, Meta(description="Most bytes of a request's headers.")] = 32 * 1024
    body_bytes: Annotated[PositiveInt, Meta(description="Most bytes of a request's body.")] = 4 * 1024 * 1024
    requests_per_minute: Annotated[PositiveInt, Meta(description="Requests a minute of one key.")] = 600
    concurrent_requests: Annotated[PositiveInt, Meta(description="Calls of one key under way at once.")] = 64
    account_requests_per_minute: Annotated[PositiveInt, Meta(description="Requests a minute of one account.")] = 3000
    account_concurrent_requests: Annotated[PositiveInt, Meta(description="Calls of one account under way at once.")] = (
        256
    )
    keys_per_account: Annotated[PositiveInt, Meta(description="Most keys of one account, deleted ones aside.")] = 1000


class EngineSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The embedded engine."""

    enabled: Annotated[bool, Meta(description="Whether the embedded engine is started.")] = True
    model: Annotated[str | None, Meta(description="Weights to use: a name of `tollway model list` or a GGUF file.")] = (
        None
    )
    slots: Annotated[PositiveInt, Meta(description="Requests that the engine answers at once.")] = 2
    queue: Annotated[int, Meta(ge=0, description="Requests that wait for a slot before 503.")] = 16
    context_tokens: Annotated[PositiveInt, Meta(description="Context of one slot, in tokens.")] = 8192
    threads: Annotated[
        PositiveInt | None, Meta(description="Threads of the engine; all cores but one when not set.")
    ] = None


class UpstreamSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One upstream. A model's requests go to the upstreams that name it, in order of ``priority``."""

    kind: Annotated[Literal["openai_compatible", "qianfan"], Meta(description="How to speak to it.")]
    base_url: Annotated[str, Meta(description="Address up to and without /chat/completions.")]
    key_env: Annotated[str | None, Meta(description="Environment variable that holds its key.")] = None
    models: Annotated[
        dict[str, str], Meta(description="Catalogue id of each model that it serves, and its name there.")
    ] = {}
    reasoning: Annotated[
        Literal["auto", "reasoning_content", "reasoning", "think_tags", "none"],
        Meta(description="Where the upstream puts thinking; auto accepts every dialect."),
    ] = "auto"
    refused_fields: Annotated[
        tuple[str, ...], Meta(description="Fields of the chat schema that must not be sent to it.")
    ] = ()
    output_limit_field: Annotated[
        Literal["max_tokens", "max_completion_tokens"], Meta(description="How it calls the output limit.")
    ] = "max_tokens"
    priority: Annotated[int, Meta(description="Lower is tried first.")] = 100
    allow_private_addresses: Annotated[
        bool, Meta(description="Whether its name may resolve to a private or loopback address.")
    ] = False
    connect_timeout_s: Annotated[PositiveFloat, Meta(description="Seconds to connect.")] = 10.0
    first_byte_timeout_s: Annotated[PositiveFloat, Meta(description="Seconds until a stream begins.")] = 120.0
    idle_timeout_s: Annotated[PositiveFloat, Meta(description="Seconds without a byte of a running answer.")] = 120.0
    total_timeout_s: Annotated[PositiveFloat, Meta(description="Seconds for a whole answer.")] = 900.0


class BillingSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What callers are told of their balance."""

    low_balance_credits: Annotated[
        int, Meta(ge=0, description="Balances below this are called low (2,000,000 credits are 1 USD).")
    ] = 10_000


class PaymentSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Payments through Stripe, which takes them when the environment has its secrets; see docs/payments.md."""

    stripe_api_url: Annotated[str, Meta(description="Address of Stripe's API; another one is for tests.")] = (
        "https://api.stripe.com"
    )


class AccountSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may make an account in the web app, and what a new one is given."""

    sign_up: Annotated[
        SignUpMode,
        Meta(description="Who may sign up: everybody, who has an invitation, or nobody."),
    ] = "invitation"
    sign_up_credits: Annotated[
        int,
        Meta(ge=0, le=2**53, description="Credits that a new account is given once (2,000,000 are 1 USD)."),
    ] = 1_000_000


class MailSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The server that takes mail to people, by SMTP; without one nothing is sent."""

    host: Annotated[str | None, Meta(description="Name or address of the mail server.")] = None
    port: Annotated[
        Annotated[int, Meta(ge=1, le=65535)] | None,
        Meta(description="Its port; 587, 465 or 25 by `security` when not set."),
    ] = None
    security: Annotated[
        Literal["starttls", "tls", "none"], Meta(description="How the way to it is encrypted; tls is from the start.")
    ] = "starttls"
    from_address: Annotated[str | None, Meta(description="Address that mail comes from.")] = None
    username: Annotated[
        str | None, Meta(description="Who signs in there; the password is in `TOLLWAY_SMTP_PASSWORD`.")
    ] = None


class SingleSignOnSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Signing in with an account elsewhere, by OpenID Connect; without an issuer there is no such way in."""

    issuer: Annotated[
        str | None, Meta(description="Address of the provider, as it calls itself in its discovery document.")
    ] = None
    client_id: Annotated[
        str | None, Meta(description="This server's name there; its secret is in `TOLLWAY_SINGLE_SIGN_ON_SECRET`.")
    ] = None
    name: Annotated[str, Meta(min_length=1, max_length=64, description="What the button says.")] = "Single sign-on"
    allowed_domains: Annotated[
        tuple[str, ...], Meta(description="Domains of emails that may come in by it; none named is any.")
    ] = ()


class UsageSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is kept of requests; the ledger and the sums of usage are kept for ever."""

    keep_days: Annotated[
        int, Meta(ge=92, le=36_500, description="Days that each request stays in the log, with its receipt.")
    ] = 400


class LogSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The log on standard error."""

    level: Annotated[Literal["debug", "info", "warning", "error"], Meta(description="Least level shown.")] = "info"
    format: Annotated[
        Literal["auto", "json", "console"], Meta(description="auto is console on a terminal, else json.")
    ] = "auto"


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings."""

    data_dir: Annotated[str, Meta(description="Folder of database, weights and secrets.")] = ".tollway"
    catalog_dir: Annotated[
        str | None, Meta(description="Folder with model files that add to or replace the shipped ones.")
    ] = None
    welcome_credits: Annotated[
        int, Meta(ge=0, description="Credits that the account of the first start is given (2,000,000 are 1 USD).")
    ] = 20_000_000
    server: ServerSettings = ServerSettings()
    limits: LimitSettings = LimitSettings()
    engine: EngineSettings = EngineSettings()
    upstreams: dict[str, UpstreamSettings] = {}
    billing: BillingSettings = BillingSettings()
    payments: PaymentSettings = PaymentSettings()
    accounts: AccountSettings = AccountSettings()
    mail: MailSettings = MailSettings()
    single_sign_on: SingleSignOnSettings = SingleSignOnSettings()
    usage: UsageSettings = UsageSettings()
    log: LogSettings = LogSettings()

    @property
    def data_path(self) -> Path:
        """The data folder."""
        return Path(self.data_dir)


def load_settings(
    *, config: Path | None, environment: Mapping[str, str], overrides: Mapping[str, Any] | None = None
) -> Settings:
    """Read the settings from file, environment and the command line's overrides (dotted names; None is no override).

    Without ``config`` the file is ``TOLLWAY_CONFIG`` or ``tollway.toml`` in the working folder, if there.

    Raises:
        SettingsError: a file cannot be read, or a setting is unknown or wrong.
    """
    values = _read_file(config, environment)
    _apply(values, _from_environment(environment), "environment")
    _apply(values, {tuple(name.split(".")): value for name, value in (overrides or {}).items()}, "command line")
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"Wrong setting: {error}") from error


def _read_file(config: Path | None, environment: Mapping[str, str]) -> dict[str, Any]:
    named = config or (Path(environment["TOLLWAY_CONFIG"]) if environment.get("TOLLWAY_CONFIG") else None)
    path = named or Path(FILE_NAME)
    if named is None and not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"Cannot read the settings file {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {path} is no valid TOML: {error}") from error


def _from_environment(environment: Mapping[str, str]) -> dict[tuple[str, ...], Any]:
    """Pick the variables that name a setting; others with the prefix, such as keys of upstreams, are left alone."""
    fields = {field.name for field in msgspec.structs.fields(Settings)}
    found: dict[tuple[str, ...], Any] = {}
    for name, text in environment.items():
        path = tuple(name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__"))
        if name.startswith(ENVIRONMENT_PREFIX) and path[0] in fields:
            found[path] = _parse(text)
    return found


def _parse(text: str) -> object:
    """Read a list or table as TOML would write it; everything else stays text and is converted by the type."""
    if text[:1] in {"[", "{"}:
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text
    return text


def _apply(values: dict[str, Any], changes: Mapping[tuple[str, ...], object], source: str) -> None:
    for path, value in changes.items():
        if value is None:
            continue
        table = values
        for part in path[:-1]:
            inner = table.setdefault(part, {})
            if not isinstance(inner, dict):
                raise SettingsError(f"The {source} sets {'.'.join(path)}, but {part} is no table")
            table = inner
        table[path[-1]] = value


def process_environment() -> Mapping[str, str]:
    """Return the environment of this process."""
    return os.environ
