"""Facts as sentences: each in plain words with what matters, and nothing that somebody said can touch the page."""

import re
from html import unescape

import pytest

from regulars.kernel.facts import Behaved, Line, MemberJoined, OrderCompleted, Trust
from regulars.kernel.terms import Currency
from regulars.made_year import bots
from regulars.web.admin.sentences import BY_A_MACHINE, SENTENCES, sentence
from tests.made_year.lives import MODEL, SEED, told
from tests.web.admin.shops import HOSTILE

EURO = Currency("EUR", 2)
NAMES_OF_TYPES = {"page": "Page Viewed", "identify": "Identified", "alias": "Aliased", "group": "Grouped"}


def did(name, /, **properties):
    return Behaved("f", "ada", 0, 0, "site", name, properties, Trust.WEAK)


def said(fact, **more):
    return unescape(re.sub(r"<[^>]+>", "", sentence(fact, EURO, **more))).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (did("Page Viewed", title="Knitwear", path="/knitwear"), "Looked at “Knitwear”"),
        (did("Page Viewed", path="/knitwear"), "Looked at “/knitwear”"),
        (did("Page Viewed"), "Looked at a page"),
        (did("Product Viewed", name="Fine Knit", price="89.9"), "Looked at “Fine Knit”, 89.90 EUR"),
        (did("Product Viewed", product_id="P1", price="1234", currency="SEK"), "Looked at “P1”, 1,234 SEK"),
        (did("Product Added", name="Socks", quantity="2"), "Put 2 × “Socks” into the basket"),
        (did("Product Added", name="Socks", quantity="1"), "Put “Socks” into the basket"),
        (did("Products Searched", query="wool scarf"), "Searched for “wool scarf”"),
        (did("Order Updated", order_id="7", status="shipped"), "Order 7 was sent off"),
        (did("Order Updated", order_id="7", status="in a van"), "Order 7 is now “in a van”"),
        (did("Order Refunded", order_id="7", revenue="5.00"), "5.00 EUR of order 7 went back"),
        (did("Order Cancelled", order_id="7", reason="customer"), "Order 7 was cancelled (customer)"),
        (did("Consent Granted", purpose="email", place="checkout"), "Agreed to e-mail (checkout)"),
        (did("Message Sent", campaign="spring", channel="email"), "Was sent the mail “spring”"),
        (did("Message Sent", campaign="spring"), "Was sent the message “spring”"),
        (did("Message Bounced", campaign="spring", channel="sms"), "The text message “spring” did not arrive"),
        (
            did("Message Bounced", campaign="spring", channel="email", bounce="hard"),
            "The mail “spring” did not arrive: the address does not exist",
        ),
        (did("Survey Answered", kind="csat", score="5"), "Asked how content they are, answered 5"),
        (
            did("Survey Answered", kind="nps", score="7", comment="A bit dear."),
            "Asked whether they would recommend the shop, answered 7: “A bit dear.”",
        ),
        (did("Survey Answered", survey="fit", comment="Too small"), "Answered the survey “fit”: “Too small”"),
        (
            did("Support Case Opened", topic="delivery", channel="chat", order_id="7"),
            "Asked for help about delivery (order 7), by chat",
        ),
        (did("Video Played", video_id="v1", seconds="12"), "Video Played: video id v1, seconds 12"),
        (MemberJoined("f", "ada", 0, 0, "shop"), "Joined the program"),
    ],
)
def test_a_fact_is_told_with_what_matters(fact, words):
    assert said(fact) == words


def test_an_order_names_what_was_bought_and_counts_the_rest():
    lines = tuple(Line(100, 1 + n, {"name": f"Thing {n}"}) for n in range(6))
    order = OrderCompleted("f", "ada", 0, 0, "shop", "H-1", lines, 600)
    assert said(order) == (
        "Ordered for 6.00 EUR (order H-1): “Thing 0”, 2 × “Thing 1”, 3 × “Thing 2”, 4 × “Thing 3” and 2 more"
    )


def test_what_a_machine_did_with_a_mail_is_a_machines():
    letter = {"campaign": "spring", "channel": "email"}
    person = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
    opened = did("Message Opened", **letter, user_agent=person)
    assert said(opened) == "Opened the mail “spring”"
    assert said(opened, at_once=True) == "A machine opened the mail “spring”"
    assert said(did("Message Clicked", **letter, machine="true")) == "A machine followed a link in the mail “spring”"
    assert said(did("Message Opened", **letter, user_agent="Mozilla/5.0")) == "A machine opened the mail “spring”"


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_every_event_has_a_sentence_for_when_nothing_more_is_said(name):
    told = said(did(name))
    assert told[:1].isupper()
    assert not set("{}[]") & set(told)


@pytest.mark.parametrize("name", [*sorted(SENTENCES), "A name of the shop’s own"])
def test_whatever_is_said_stays_words_of_bounded_length(name):
    names = set(re.findall(r"[a-z_]+", " ".join(SENTENCES.get(name, ("url",)))))
    told = sentence(did(name, **dict.fromkeys(sorted(names), HOSTILE + "\u202e" + "x" * 200)), EURO)
    assert set(re.findall(r"<[^>]*>", told)) <= {"<bdi>", "</bdi>"}
    assert len(unescape(told)) < 1_000


@pytest.mark.parametrize("price", ["", "a lot", "1e9", "-5", "٣", "9" * 199, "1.234567891"])
def test_a_price_that_is_none_is_shown_as_it_was_said(price):
    assert said(did("Product Viewed", name="Tea", price=price)).startswith("Looked at “Tea”")


def test_whatever_a_made_year_says_has_a_sentence():
    """A new event there wants one here."""
    everything = [one for _, lives in told() for one in lives] + list(bots.told(MODEL, SEED, 30, 100))
    names = {one.name if one.type == "track" else NAMES_OF_TYPES[one.type] for one in everything}
    assert len(names) > 30
    assert names - set(SENTENCES) == set()


def test_only_what_has_a_sentence_for_people_has_one_for_machines():
    assert set(BY_A_MACHINE) < set(SENTENCES)
