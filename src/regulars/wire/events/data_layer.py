"""Events as a site's data layer names them (GA4 e-commerce), in the words of the contract (Segment's e-commerce v2).

Where an event says something in both styles, the contract's own words hold: an event with a name of the contract is not
touched, and in one that is, `order_id` goes before `transaction_id`, `products` before `items`, and what stands beside
`ecommerce` before what stands in it. Parameters that are in no table keep their names.

docs/sources.md shows the tables.
"""

from collections.abc import Mapping
from typing import Final

NAMES: Final[Mapping[str, str]] = {
    "view_item": "Product Viewed",
    "view_item_list": "Product List Viewed",
    "select_item": "Product Clicked",
    "add_to_cart": "Product Added",
    "remove_from_cart": "Product Removed",
    "view_cart": "Cart Viewed",
    "begin_checkout": "Checkout Started",
    "add_shipping_info": "Checkout Step Completed",
    "add_payment_info": "Payment Info Entered",
    "purchase": "Order Completed",
    "refund": "Order Refunded",
    "search": "Products Searched",
    "add_to_wishlist": "Product Added to Wishlist",
    "share": "Product Shared",
    "login": "Signed In",
    "sign_up": "Signed Up",
    "generate_lead": "Lead Generated",
    "view_promotion": "Promotion Viewed",
    "select_promotion": "Promotion Clicked",
}

PARAMETERS: Final[Mapping[str, str]] = {
    "transaction_id": "order_id",
    "items": "products",
    "search_term": "query",
    "shipping_tier": "shipping_method",
    "payment_type": "payment_method",
    "item_list_id": "list_id",
    "creative_name": "creative",
    "creative_slot": "position",
}

OF_AN_EVENT: Final[Mapping[str, Mapping[str, str]]] = {
    "purchase": {"value": "revenue"},
    "refund": {"value": "revenue"},
    "share": {"method": "share_via"},
}
"""What a parameter is called with this event alone. `value` is what the goods cost, without tax and shipping."""

OF_AN_ITEM: Final[Mapping[str, str]] = {
    "item_id": "product_id",
    "item_name": "name",
    "item_category": "category",
    "item_brand": "brand",
    "item_variant": "variant",
    "index": "position",
}

ABOUT_ONE_PRODUCT: Final = frozenset(
    {"view_item", "select_item", "add_to_cart", "remove_from_cart", "add_to_wishlist", "share"}
)
"""Events that bear the product's own properties beside `products`, where they are about exactly one."""


def from_data_layer(name: str, parameters: object) -> tuple[str, dict[str, object]] | None:
    """The event's name and properties in the contract's words; None where the name is no GA4 one of the table."""
    known = NAMES.get(name)
    if known is None:
        return None
    said: dict[str, object] = parameters if type(parameters) is dict else {}
    inner = said.get("ecommerce")
    if type(inner) is dict:
        said = {**inner, **{field: value for field, value in said.items() if field != "ecommerce"}}
    properties = _renamed(said, {**PARAMETERS, **OF_AN_EVENT.get(name, {})})
    products = properties.get("products")
    if type(products) is list:
        properties["products"] = [_product(item) for item in products]
    if name in ABOUT_ONE_PRODUCT:
        properties = _of_the_product(properties) | _renamed(properties, OF_AN_ITEM)
    return known, properties


def _product(item: object) -> object:
    return _renamed(item, OF_AN_ITEM) if type(item) is dict else item


def _of_the_product(properties: Mapping[str, object]) -> dict[str, object]:
    products = properties.get("products")
    if isinstance(products, list) and len(products) == 1 and isinstance(products[0], dict):
        return dict(products[0])
    return {}


def _renamed(said: Mapping[str, object], names: Mapping[str, str]) -> dict[str, object]:
    """What already stands there under its new name stays, unless it is nothing."""
    renamed = {names[field]: value for field, value in said.items() if field in names}
    kept = {field: value for field, value in said.items() if field not in names}
    return renamed | {field: value for field, value in kept.items() if field not in renamed or value not in (None, "")}
