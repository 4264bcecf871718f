"""Messages of a page or a program at fault: each breaks the contract in one way, and is refused for one reason.

They stand beside a true message and look like it, so that whoever reads refusals has something to find out.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from regulars.made_year.draws import Draws
from regulars.made_year.saying import Door, Said

Message = dict[str, Any]

FACT: Final = "fact"
"""It is kept."""
KNOWN_ALREADY: Final = "duplicate"
"""It was told before; nothing follows."""
UNSTORED: Final = "unstored"
"""It is counted, with nobody."""

ORDER: Final = "Order Completed"
ORDER_REUSED: Final = "order_reused"
MESSAGE_REUSED: Final = "message_id_reused"


class Fault(NamedTuple):
    """`reason` is the contract's for refusing it; or that it was told before."""

    reason: str
    said: Said
    """What it would have been."""
    breaks: Callable[[Message], None]
    under_the_same_id: bool = False
    """As the message that it stands beside."""

    def becomes(self, message: Message, known: set[str]) -> str:
        """An order that is told anew under a message id of its own is a new message once; told again it is known."""
        if self.said.name != ORDER or self.reason not in (ORDER_REUSED, KNOWN_ALREADY):
            return self.reason
        if message["messageId"] in known:
            return KNOWN_ALREADY
        known.add(message["messageId"])
        return self.reason


def fault_of(draws: Draws, beside: Said) -> Fault:
    """Of whoever does not agree nothing but the form of a message is looked at."""
    if beside.door is Door.BROWSER:
        return draws.one_of(_BY_A_PAGE if beside.agreed else _BY_A_PAGE[:_OF_FORM])(beside)
    if beside.name == ORDER:
        return draws.one_of(_BESIDE_AN_ORDER)(beside)
    return draws.one_of(_BY_A_SERVER if beside.user_id else _BY_A_SERVER[:_WITHOUT_A_NAME])(beside)


def _track(beside: Said, name: str, **properties: Any) -> Said:
    return replace(beside, type="track", name=name, properties=properties)


def _nothing(_message: Message) -> None:
    pass


def _nameless(beside: Said) -> Fault:
    return Fault("missing_event", _track(beside, "", widget="recently-viewed"), _nothing)


def _with_a_number_for_a_name(beside: Said) -> Fault:
    return Fault("bad_event", _track(beside, "404"), lambda message: message.update(event=404))


def _of_no_type(beside: Said) -> Fault:
    return Fault("unknown_type", _track(beside, "Video Played"), lambda message: message.update(type="event"))


def _at_no_time(beside: Said) -> Fault:
    def breaks(message: Message) -> None:
        message.pop("originalTimestamp", None)
        message["timestamp"] = "yesterday evening"

    return Fault("bad_timestamp", _track(beside, "Video Played"), breaks)


def _with_a_number_for_an_id(beside: Said) -> Fault:
    return Fault("bad_message_id", _track(beside, "Video Played"), lambda message: message.update(messageId=17))


def _of_nobody(beside: Said) -> Fault:
    def breaks(message: Message) -> None:
        for name in ("anonymousId", "userId"):
            message.pop(name, None)

    return Fault("missing_identity", replace(_track(beside, "Video Played"), traits={}, context={}), breaks)


def _of_an_object(beside: Said) -> Fault:
    said = _track(beside, "Video Played")
    return Fault("bad_identity", said, lambda message: message.update(anonymousId={"id": 17}))


def _without_an_order_id(beside: Said) -> Fault:
    return Fault("bad_order", _track(beside, ORDER, subtotal="25.00", currency="EUR"), _nothing)


def _without_an_amount(beside: Said) -> Fault:
    return Fault("bad_amount", _track(beside, ORDER, order_id="test-1", currency="EUR"), _nothing)


def _in_another_currency(beside: Said) -> Fault:
    said = _track(beside, ORDER, order_id="test-2", subtotal="25.00", currency="USD")
    return Fault("wrong_currency", said, _nothing)


def _of_no_piece(beside: Said) -> Fault:
    products = [{"product_id": "test", "price": "25.00", "quantity": 0}]
    return Fault("bad_products", _track(beside, ORDER, order_id="test-3", products=products), _nothing)


def _of_no_group(beside: Said) -> Fault:
    return Fault("missing_group", replace(_track(beside, ""), type="group"), _nothing)


def _alias_of_nothing(beside: Said) -> Fault:
    return Fault("missing_previous_id", replace(_track(beside, ""), type="alias"), _nothing)


def _under_the_same_message_id(beside: Said) -> Fault:
    said = replace(beside, properties={**beside.properties, "attempt": 2})
    return Fault(MESSAGE_REUSED, said, _nothing, under_the_same_id=True)


def _same_order_of_another_amount(beside: Said) -> Fault:
    said = _track(beside, ORDER, order_id=beside.properties["order_id"], subtotal="0.01", currency="EUR")
    return Fault(ORDER_REUSED, said, _nothing)


def _same_order_once_more(beside: Said) -> Fault:
    return Fault(KNOWN_ALREADY, beside, _nothing)


_Maker = Callable[[Said], Fault]
_OF_FORM: Final = 5
_BY_A_PAGE: Final[tuple[_Maker, ...]] = (
    _nameless,
    _with_a_number_for_a_name,
    _of_no_type,
    _at_no_time,
    _of_an_object,
    _with_a_number_for_an_id,
    _of_nobody,
)
_WITHOUT_A_NAME: Final = 4
_BY_A_SERVER: Final[tuple[_Maker, ...]] = (
    _nameless,
    _of_no_type,
    _at_no_time,
    _of_nobody,
    _without_an_order_id,
    _without_an_amount,
    _in_another_currency,
    _of_no_piece,
    _of_no_group,
    _alias_of_nothing,
    _under_the_same_message_id,
)
_BESIDE_AN_ORDER: Final[tuple[_Maker, ...]] = (
    _same_order_of_another_amount,
    _same_order_once_more,
    _under_the_same_message_id,
    _in_another_currency,
)
