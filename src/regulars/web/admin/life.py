"""A customer's life as the page tells it: a visit is one sentence, with all that was done in it beneath; what else happened is a
line of its own. What followed a fact always stands with it.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from markupsafe import Markup

from regulars.backtesting.report import words
from regulars.kernel.calendar import DAY, MINUTE, SECOND
from regulars.kernel.facts import ORDER_COMPLETED, Behaved, Instant, OrderCompleted, Trust
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.terms import listed
from regulars.service.life import Part, Stay, VisitMade
from regulars.service.timeline import NOTHING, Explained
from regulars.web.admin import telling
from regulars.web.admin.sentences import BY_A_MACHINE, is_machine, quoted, sentence
from regulars.wire.enrichment.machines import AT_ONCE_S
from regulars.wire.events import Sender

EFFECTS_SHOWN: Final = 8
SEARCHES_SHOWN: Final = 2
PRODUCTS_SHOWN: Final = 2
ONE_DEED: Final = 10 * SECOND
"""A page and what was done on it so soon are one deed: the deed says more."""

_ON_A_PAGE: Final = frozenset(
    {
        "Cart Viewed",
        "Checkout Started",
        ORDER_COMPLETED,
        "Product List Viewed",
        "Product Viewed",
        "Products Searched",
    }
)
_BUYING: Final = frozenset({"Product Added", "Checkout Started", ORDER_COMPLETED})
_MACHINES: Final = {"Message Opened": "opened it", "Message Clicked": "followed its links"}
_PAGES: Final = ("Page Viewed", "Screen Viewed")
_DEVICES: Final = {"phone": " on a phone", "tablet": " on a tablet", "desktop": " on a computer"}

Line = dict[str, object]


def told(parts: Sequence[Part], program: Rulebook) -> list[Line]:
    """In the order of the parts."""
    letters = _letters(parts)
    lines: list[Line] = []
    for part, older in zip(parts, [*parts[1:], None], strict=True):
        if isinstance(part, Stay):
            lines.append(_visit(part, program))
        elif not _is_told_by_its_sending(part, letters):
            noted = _noted(part, program) if older is None or _ended(older) > part.at else Markup("")
            _add(lines, _line(part, program, letters, noted))
    return lines


def _ended(part: Part) -> Instant:
    return part.steps[-1].at if isinstance(part, Stay) else part.at


# --- lines by themselves -------------------------------------------------------------------------------------------------


def _line(step: Explained, program: Rulebook, letters: Mapping[str, Sequence[Explained]], noted: Markup) -> Line:
    return {
        "when": telling.moment(step.at, program.calendar),
        "about": [one for one in (_via(step), noted) if one],
        "tells": _tells(step, program, _of_its_letter(step, letters)),
        "again": "",
        "on_device": step.nameless,
        "outside": [],
        "inside": [],
        "elsewhere": 0,
        **_followed(step, program),
    }


def _tells(step: Explained, program: Rulebook, letter: Sequence[Explained]) -> Markup:
    if step.deed is None:
        return Markup("<bdi>{}</bdi>").format(words.capitalized(step.what))
    told = sentence(step.deed, program.program.currency, at_once=_is_at_once(step, letter))
    return told + _became_of(letter) if _name(step) == "Message Sent" else told


def _became_of(letter: Sequence[Explained]) -> str:
    """Of a message whose sending is on the page: that it arrived, and what machines did with it."""
    names = [_name(one) for one in letter if one.why == (NOTHING,)]
    arrived = ", and it arrived" if "Message Delivered" in names else ""
    machines = {_name(one) for one in letter if one.why == (NOTHING,) and _by_a_machine(one, letter)}
    did = [deed for name, deed in _MACHINES.items() if name in machines]
    return f"{arrived}; a machine {listed(did)}" if did else arrived


def _is_told_by_its_sending(step: Explained, letters: Mapping[str, Sequence[Explained]]) -> bool:
    letter = _of_its_letter(step, letters)
    if step.why != (NOTHING,) or not any(_name(one) == "Message Sent" for one in letter):
        return False
    return _name(step) == "Message Delivered" or _by_a_machine(step, letter)


def _by_a_machine(step: Explained, letter: Sequence[Explained]) -> bool:
    return _name(step) in BY_A_MACHINE and is_machine(_said(step), at_once=_is_at_once(step, letter))


def _is_at_once(step: Explained, letter: Sequence[Explained]) -> bool:
    """Sooner after the arrival than a person is."""
    arrived = [one.at for one in letter if _name(one) == "Message Delivered"]
    return any(step.at - at < AT_ONCE_S * SECOND for at in arrived)


def _letters(parts: Sequence[Part]) -> dict[str, list[Explained]]:
    """All that is on the page of each message, by its id."""
    letters: dict[str, list[Explained]] = {}
    for part in parts:
        if isinstance(part, Explained) and _name(part).startswith("Message "):
            letters.setdefault(_said(part).get("message", ""), []).append(part)
    return letters


def _of_its_letter(step: Explained, letters: Mapping[str, Sequence[Explained]]) -> Sequence[Explained]:
    message = _said(step).get("message", "")
    return letters.get(message, ()) if message and _name(step).startswith("Message ") else ()


def _noted(step: Explained, program: Rulebook) -> Markup:
    """Of what falls due by time alone and stands out of its time: when it was noted."""
    if step.deed is not None or step.recorded_at - step.at < DAY:
        return Markup("")
    return Markup("noted on {}").format(telling.day(step.recorded_at, program.calendar))


def _via(step: Explained) -> str:
    """Who told it, where that is not the shop itself; of what is known by the device alone, that."""
    fact = step.fact
    if fact is None:
        return ""
    if step.nameless:
        return f"by {fact.source}, on a browser of theirs, without a name"
    if fact.trust != Trust.SHOP:
        return f"by {fact.source}, which only a browser says"
    return "" if fact.source == Sender.SHOP else f"by {fact.source}"


def _followed(step: Explained, program: Rulebook) -> Line:
    said = [] if step.why == (NOTHING,) else [words.with_spoken_dates(one) for one in step.why]
    return {"why": said[:EFFECTS_SHOWN], "more": said[EFFECTS_SHOWN:], **_gave(step.points, program)}


def _gave(points: int, program: Rulebook) -> Line:
    name = program.program.points.name
    return {"points": words.signed(points) if points else "", "unit": name.one if abs(points) == 1 else name.other}


def _said(step: Explained) -> Mapping[str, str]:
    return step.deed.properties if isinstance(step.deed, Behaved) else {}


def _name(step: Explained) -> str:
    return step.fact.name if step.fact else ""


def _add(lines: list[Line], line: Line) -> None:
    """What happened several times in a row is said once, as of the latest or, in a visit, the earliest."""
    last = lines[-1] if lines else None
    if (
        last
        and not line["why"]
        and not last["why"]
        and last["tells"] == line["tells"]
        and last["about"] == line["about"]
    ):
        times = last["times"] = _times(last) + 1
        last["again"] = f"{words.count(times)} times"
    else:
        lines.append(line)


def _times(line: Line) -> int:
    times = line.get("times", 1)
    assert isinstance(times, int)
    return times


# --- visits ------------------------------------------------------------------------------------------------------------


def _visit(stay: Stay, program: Rulebook) -> Line:
    steps = stay.steps
    outside = [step for step in steps if _counts(step)]
    inside: list[Line] = []
    for step in _deeds(steps):
        if step not in outside:
            _add(inside, _deed(step, program))
    is_one = len(inside) == 1 and not outside and not stay.elsewhere and not inside[0]["why"]
    return {
        "when": telling.moment(stay.visit.started_at if stay.visit else steps[0].at, program.calendar),
        "about": _about(stay),
        "tells": _story(stay, program, inside[0] if is_one else None),
        "again": "",
        "on_device": all(step.nameless for step in steps),
        "outside": [_deed(step, program) for step in outside],
        "inside": [] if is_one else inside,
        "elsewhere": stay.elsewhere,
        **_gave(sum([step.points for step in steps]), program),
        "why": [],
        "more": [],
    }


def _counts(step: Explained) -> bool:
    """What the shop itself says of a visit, and something followed from it."""
    return step.fact is not None and step.fact.trust == Trust.SHOP and step.why != (NOTHING,)


def _deeds(steps: Sequence[Explained]) -> list[Explained]:
    """Without the pages that what was done on them tells already, and with a name becoming known but once."""
    following = [*steps[1:], None]
    told = [one for one, after in zip(steps, following, strict=True) if not _is_told_by(one, after)]
    named = next((one for one in told if _name(one) == "Identified"), None)
    return [one for one in told if _name(one) != "Identified" or one is named or one.why != (NOTHING,)]


def _is_told_by(page: Explained, after: Explained | None) -> bool:
    if _name(page) not in _PAGES or page.why != (NOTHING,) or after is None:
        return False
    return _name(after) in _ON_A_PAGE and after.at - page.at < ONE_DEED


def _deed(step: Explained, program: Rulebook) -> Line:
    by = step.fact.source if step.fact else Sender.SITE
    whose = "" if by == Sender.SITE else "the shop’s word" if by == Sender.SHOP else f"by {by}"
    return {
        "when": telling.clock(step.at, program.calendar),
        "about": [whose] if whose else [],
        "tells": _tells(step, program, ()),
        "again": "",
        **_followed(step, program),
    }


def _about(stay: Stay) -> list[str]:
    """How long, with what, from which place; and whether it was without a name."""
    about = _place(stay.visit) if stay.visit else []
    nameless = len([step for step in stay.steps if step.nameless])
    if nameless == len(stay.steps):
        about.append("on a browser of theirs, without a name")
    elif nameless:
        about.append("at first without a name")
    return ["continued on the page before this one", *about] if stay.goes_on else about


def _place(visit: VisitMade) -> list[str]:
    minutes = (visit.last_at - visit.started_at) // MINUTE
    long = "" if minutes < 1 else "1 minute" if minutes == 1 else f"{words.count(minutes)} minutes"
    client = " on ".join([one for one in (visit.browser, visit.system) if one and one != "other"])
    place = ", ".join([one for one in (visit.city, visit.country) if one])
    robot = f"a robot ({visit.bot})" if visit.bot else ""
    return [one for one in (long, robot, client, place) if one]


def _story(stay: Stay, program: Rulebook, only: Line | None) -> Markup:
    """What a visit came to, in one sentence."""
    came = _came(stay.visit)
    if only is not None:
        did = [_lowered(only)]
    else:
        did = [*_looked(stay), *_did(stay.steps), *_bought(stay.steps, program)]
    if not did:
        return came
    return came + Markup(", " if len(did) > 1 else " and ") + Markup(listed(did))


def _came(visit: VisitMade | None) -> Markup:
    if visit is None:
        return Markup("Was in the shop")
    name = visit.traffic_source
    source = quoted(name if "." in name else words.capitalized(name))
    campaign = Markup(", “{}”").format(quoted(visit.campaign)) if visit.campaign else Markup("")
    said = Markup(_CAME.get(visit.channel, _CAME["other"])).format(source or "elsewhere", campaign)
    return said + Markup(_DEVICES.get(visit.device, ""))


def _lowered(line: Line) -> Markup:
    told = line["tells"]
    assert isinstance(told, Markup)
    return told if told.startswith("<") else Markup(told[:1].lower() + told[1:])


def _looked(stay: Stay) -> list[Markup]:
    """At how many pages, and at what; and what was searched for."""
    pages = stay.visit.pages if stay.visit else len([one for one in stay.steps if _name(one) in _PAGES])
    asked = _distinct(stay.steps, "Products Searched", "query")
    seen = _distinct(stay.steps, "Product Viewed", "name")
    looked = []
    if pages == 1:
        only = [*seen, *_distinct(stay.steps, "Page Viewed", "title"), Markup("one page")]
        looked.append(Markup("looked at {}").format(only[0]))
    elif pages:
        is_worth_saying = seen and not asked and not any(_name(one) in _BUYING for one in stay.steps)
        among = (
            Markup(" ({} among them)").format(Markup(" and ").join(seen[:PRODUCTS_SHOWN])) if is_worth_saying else ""
        )
        looked.append(Markup("looked at {} pages").format(words.count(pages)) + among)
    if asked:
        looked.append(Markup("searched for {}").format(Markup(" and ").join(asked[:SEARCHES_SHOWN])))
    return looked


def _distinct(steps: Sequence[Explained], name: str, property: str) -> list[Markup]:
    """What facts of a name say under a property, each once, as quotations."""
    said = [_said(step).get(property, "") for step in steps if _name(step) == name]
    return [Markup("“{}”").format(quoted(one)) for one in dict.fromkeys(said) if one]


def _did(steps: Sequence[Explained]) -> list[Markup]:
    """What tells most, in the order of the table."""
    names = [_name(step) for step in steps]
    said = []
    for name, (once, often) in _TELLING.items():
        number = names.count(name)
        if number and not (name == "Checkout Started" and ORDER_COMPLETED in names):
            said.append(Markup(once if number == 1 else often.format(words.count(number))))
    return said


def _bought(steps: Sequence[Explained], program: Rulebook) -> list[Markup]:
    """By the shop's word, or else the browser's."""
    orders = [step.deed for step in steps if isinstance(step.deed, OrderCompleted)]
    if orders:
        sums = [words.money(order.amount_minor, program.program.currency) for order in orders]
        return [Markup("ordered for {}").format(listed(sums))]
    if any(_name(step) == ORDER_COMPLETED for step in steps):
        return [Markup("ordered, as only the browser says")]
    return []


_CAME: Final[Mapping[str, str]] = {
    "paid_search": "Came from {} (an advertisement in the search{})",
    "organic_search": "Came from {} (search{})",
    "paid_social": "Came from {} (an advertisement{})",
    "organic_social": "Came from {}",
    "email": "Came by a mail ({}{})",
    "sms": "Came by a text message ({}{})",
    "affiliate": "Came by a partner ({}{})",
    "referral": "Came by a link on {}",
    "display": "Came by a banner ({}{})",
    "direct": "Came by themselves",
    "internal": "Came back from within the shop",
    "other": "Came from {}",
}
_TELLING: Final[Mapping[str, tuple[str, str]]] = {
    "Promotion Clicked": ("followed a promotion", "followed {} promotions"),
    "Signed Up": ("made an account", "made an account"),
    "Signed In": ("signed in", "signed in"),
    "Form Submitted": ("filled in a form", "filled in {} forms"),
    "Email Confirmed": ("confirmed the e-mail address", "confirmed the e-mail address"),
    "Consent Withdrawn": ("took a consent back", "took {} consents back"),
    "Product Added to Wishlist": ("put one thing on the wish list", "put {} things on the wish list"),
    "Product Added": ("put one thing into the basket", "put {} things into the basket"),
    "Product Removed": ("took one out of it", "took {} out of it"),
    "Coupon Applied": ("used a coupon", "used {} coupons"),
    "Checkout Started": ("went to the checkout", "went to the checkout"),
}
