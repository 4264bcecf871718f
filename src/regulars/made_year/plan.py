"""What somebody does in each visit, before anybody says it: the shapes that the files of this room hand to each other."""

from msgspec import Struct

from regulars.made_year.life import Life
from regulars.made_year.saying import Device


class Person(Struct, frozen=True, gc=False):
    """Whom a life belongs to. Of somebody who passes by there are only the number and the devices, and the e-mail address of
    whoever answers the newsletter's form."""

    number: int
    user_id: str
    first_name: str
    last_name: str
    email: str
    second_email: str
    """"" for whoever has none."""
    phone: str
    card: str
    """The number of the card for the till; "" for whoever has none."""
    language: str
    country: str
    city: str
    birthday: str
    """ISO 8601."""
    bargains: bool
    """Whether they look for what is cheaper, and for codes."""
    category: str
    """What they buy alone; "" for whoever buys across the shop."""
    devices: tuple[Device, ...]
    """The first is the one they came with first; a further one is used only after their name is known."""
    shared: Device | None = None
    """The household's, which a second person may use as well; used only under an account."""
    shares_with: int | None = None


class Exposure(Struct, frozen=True, gc=False):
    """A campaign on the site, at one visit of somebody whose name is known: shown, or held out.

    `causes_order`: without it, this visit would have had no order. `value_times` is by what the order's value is multiplied.
    """

    campaign: str
    arm: str
    shown: bool
    clicked: bool
    code: str
    causes_order: bool
    value_times: float


class Line(Struct, frozen=True, gc=False):
    """`price_minor` is of one; `discount_minor` is taken off the whole line."""

    product: int
    quantity: int
    price_minor: int
    discount_minor: int


class Purchase(Struct, frozen=True, gc=False):
    """`visit` is the place among the life's visits; None at the till. `caused_by` is the campaign, trial or code without which
    there would have been no order; "" for one that would have been anyway. Moments are microseconds since 1970 UTC; None for what
    does not happen."""

    order_id: str
    visit: int | None
    day: int
    at: int
    lines: tuple[Line, ...]
    total_minor: int
    code: str
    caused_by: str
    is_guest: bool
    delivered_at: int | None
    cancelled_at: int | None
    returned_at: int | None
    returned_lines: tuple[int, ...] = ()


class Plan(Struct, frozen=True, gc=False):
    """`exposures` by the place of the visit."""

    life: Life
    person: Person
    exposures: dict[int, tuple[Exposure, ...]]
    purchases: tuple[Purchase, ...]
