"""Webhooks of shop platforms: from raw bytes and headers to arrivals, or a refusal with its reason. Nothing is ever raised.

For a delivery, in this order:

    is_woocommerce_ping      answer 200 and stop
    is_signed_by_…           if not, answer 401
    understand_…             whatever it says, answer 200 once what arrived is stored

and for what no delivery brought, `understand_…_page` reads what the platform's REST API answers; an order found there is the
same message, with the same content, as its webhook.
"""

from regulars.wire.webhooks.refusals import (
    MOST_DELIVERY_BYTES,
    MOST_LINES,
    MOST_OF_A_PAGE,
    MOST_PAGE_BYTES,
    RefusedWebhook,
    WebhookReason,
)
from regulars.wire.webhooks.shopify import understand_shopify, understand_shopify_page
from regulars.wire.webhooks.signatures import is_signed, is_signed_by_shopify, is_signed_by_woocommerce, woocommerce_key
from regulars.wire.webhooks.told import Page, PrivacyAsked, PrivacyKind, Told
from regulars.wire.webhooks.woocommerce import (
    is_woocommerce_ping,
    understand_woocommerce,
    understand_woocommerce_page,
    with_refunds,
)

__all__ = [
    "MOST_DELIVERY_BYTES",
    "MOST_LINES",
    "MOST_OF_A_PAGE",
    "MOST_PAGE_BYTES",
    "Page",
    "PrivacyAsked",
    "PrivacyKind",
    "RefusedWebhook",
    "Told",
    "WebhookReason",
    "is_signed",
    "is_signed_by_shopify",
    "is_signed_by_woocommerce",
    "is_woocommerce_ping",
    "understand_shopify",
    "understand_shopify_page",
    "understand_woocommerce",
    "understand_woocommerce_page",
    "with_refunds",
    "woocommerce_key",
]
