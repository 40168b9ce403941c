"""What is told of the settings, with the secrets that each part of the server reads from the environment."""

from collections.abc import Mapping

from tollway.keys.digest import PEPPER_VARIABLE
from tollway.kit.settings import Settings
from tollway.kit.settings_report import SettingsReport, settings_report
from tollway.mail.configuration import PASSWORD_VARIABLE as SMTP_PASSWORD
from tollway.payments.stripe.configuration import SECRET_KEY_VARIABLE, WEBHOOK_SECRET_VARIABLE
from tollway.single_sign_on.configuration import SECRET_VARIABLE as SINGLE_SIGN_ON_SECRET
from tollway.upstreams.qianfan.upstream import APP_ID_VARIABLE, KEY_VARIABLE

_SECRETS = {
    PEPPER_VARIABLE: "File with the pepper of API keys; the data folder's own where it is not set.",
    KEY_VARIABLE: "Qianfan's key, which alone brings about the upstream of that name.",
    APP_ID_VARIABLE: "Qianfan's application id, where one is used.",
    SECRET_KEY_VARIABLE: "Stripe's secret key, with which payments are begun.",
    WEBHOOK_SECRET_VARIABLE: "The secret by which Stripe signs what it tells of payments.",
    SMTP_PASSWORD: "The mail server's password.",
    SINGLE_SIGN_ON_SECRET: "The secret at the provider of single sign-on.",
}


def report_settings(settings: Settings, environment: Mapping[str, str]) -> SettingsReport:
    """Tell what is set, without anything that is secret."""
    return settings_report(settings, environment, _SECRETS)
