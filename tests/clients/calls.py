"""What a client is made to say, whichever it is, and what the shop has then heard."""

from typing import Any, Final

EVERYTHING: Final = ("Identified", "Product Viewed", "Page Viewed", "Screen Viewed", "Grouped", "Aliased")
"""What comes of identify, track, page, screen, group and alias."""


def order(order_id: str, price: float = 45.80) -> dict[str, Any]:
    """The properties of an order, as Segment's contract for shops names them."""
    product = {"product_id": "espresso", "category": "coffee", "price": price, "quantity": 1}
    return {"order_id": order_id, "currency": "USD", "total": price, "revenue": price, "products": [product]}


def otherwise_sent(body: dict[str, Any]) -> dict[str, Any]:
    """The same events as another release of the client would send them, a day later by its clock, in one piece or in many."""
    changed = {**body, "sentAt": "2031-05-17T09:30:00.000Z"}
    events = changed.get("batch", [changed])
    for event in events:
        context = {**event.get("context", {}), "library": {"name": "another", "version": "99"}}
        event |= {"context": context, "sentAt": changed["sentAt"]}
        if "writeKey" in event:
            event["_metadata"] = {"retryCount": 3}
    return changed
