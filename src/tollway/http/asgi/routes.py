"""Every route of the service surface, for the app and for its OpenAPI document."""

from litestar.handlers import HTTPRouteHandler

from tollway.http.console.account_routes import show_door, sign_up
from tollway.http.console.billing_routes import (
    begin_owners_checkout,
    list_owners_transactions,
    monthly_statement,
    owners_balance,
    owners_billing_detail,
    redeem_owners_coupon,
    set_owners_auto_top_up,
)
from tollway.http.console.key_routes import change_owners_key, create_owners_key, delete_owners_key, list_owners_keys
from tollway.http.console.log_routes import fetch_owners_calls, list_owners_calls, show_owners_receipt
from tollway.http.console.low_balance_routes import set_low_balance_notice, show_low_balance_notice
from tollway.http.console.password_routes import change_password, complete_reset, request_reset
from tollway.http.console.preset_routes import (
    change_preset,
    create_preset,
    delete_preset,
    list_presets,
    share_preset,
    show_shared_preset,
    unshare_preset,
)
from tollway.http.console.session_list_routes import end_other_sessions, end_session, list_sessions
from tollway.http.console.session_routes import sign_in, sign_out, who_is_signed_in
from tollway.http.console.single_sign_on_routes import begin_single_sign_on, end_single_sign_on
from tollway.http.console.usage_routes import owners_detailed_usage, owners_total_usage
from tollway.http.operator.account_routes import (
    change_account,
    create_account,
    grant_credits,
    list_accounts,
    show_account,
)
from tollway.http.operator.audit_routes import list_changes, show_books
from tollway.http.operator.coupon_routes import change_coupon, create_coupon, list_coupons, show_coupon
from tollway.http.operator.model_routes import list_every_model, switch_model
from tollway.http.operator.payment_routes import list_payments, refund_payment
from tollway.http.operator.rate_card_routes import create_rate_card, list_rate_cards, preview_rate_card
from tollway.http.operator.settings_routes import list_settings
from tollway.http.operator.upstream_routes import list_upstreams
from tollway.http.service.billing_routes import (
    billing_balance,
    list_transactions,
    plan_status,
    read_billing_detail,
    set_auto_top_up,
)
from tollway.http.service.coupon_routes import redeem_coupon
from tollway.http.service.document_routes import docs_json, openapi_json
from tollway.http.service.health_routes import live, metrics, ready
from tollway.http.service.key_routes import change_key, create_key, delete_key, list_keys, show_key
from tollway.http.service.log_routes import list_calls, show_receipt
from tollway.http.service.metrics_routes import model_metrics
from tollway.http.service.model_routes import list_models, retrieve_model, wrapped_model
from tollway.http.service.page_routes import page, root
from tollway.http.service.payment_routes import begin_checkout, receive_stripe_event
from tollway.http.service.usage_routes import detailed_usage, total_usage

ROUTES: tuple[HTTPRouteHandler, ...] = (
    list_models,
    retrieve_model,
    wrapped_model,
    model_metrics,
    show_key,
    list_keys,
    create_key,
    change_key,
    delete_key,
    billing_balance,
    read_billing_detail,
    plan_status,
    list_transactions,
    set_auto_top_up,
    begin_checkout,
    receive_stripe_event,
    total_usage,
    detailed_usage,
    list_calls,
    show_receipt,
    sign_in,
    who_is_signed_in,
    sign_out,
    show_door,
    sign_up,
    change_password,
    request_reset,
    complete_reset,
    list_sessions,
    end_other_sessions,
    end_session,
    begin_single_sign_on,
    end_single_sign_on,
    show_low_balance_notice,
    set_low_balance_notice,
    list_owners_keys,
    create_owners_key,
    change_owners_key,
    delete_owners_key,
    owners_balance,
    owners_billing_detail,
    list_owners_transactions,
    monthly_statement,
    set_owners_auto_top_up,
    begin_owners_checkout,
    redeem_owners_coupon,
    owners_total_usage,
    owners_detailed_usage,
    list_owners_calls,
    fetch_owners_calls,
    show_owners_receipt,
    list_presets,
    create_preset,
    change_preset,
    delete_preset,
    share_preset,
    unshare_preset,
    show_shared_preset,
    list_rate_cards,
    create_rate_card,
    preview_rate_card,
    list_every_model,
    switch_model,
    list_upstreams,
    list_settings,
    redeem_coupon,
    list_accounts,
    create_account,
    show_account,
    change_account,
    grant_credits,
    list_coupons,
    create_coupon,
    show_coupon,
    change_coupon,
    list_payments,
    refund_payment,
    list_changes,
    show_books,
    live,
    ready,
    metrics,
    openapi_json,
    docs_json,
    root,
    page,
)
