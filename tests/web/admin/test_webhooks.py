"""The pages of webhooks: made, changed, tested and removed there, and what became of each message."""

import re
from collections.abc import Callable

import pytest

from regulars.kernel.calendar import MINUTE
from regulars.service import outbox, webhooks
from regulars.service.networks import Networks
from regulars.service.outbox import Outcome
from regulars.service.shop import Shop
from regulars.service.telling import Message, enqueue
from tests.web.admin.shops import HOSTILE, NOW, PASSWORD
from tests.web.admin.visitor import Visitor

URL = "https://crm.example.com/hooks"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")


def add(shop: Shop, name: str = "crm") -> str:
    return webhooks.register(shop, name, URL, [], Networks(), "ada", NOW)


def tell(shop: Shop, *statuses: int, customer: str = "1762") -> None:
    """As many messages, each answered so."""
    messages = [Message("segment.entered", {"customer": customer}, NOW) for _ in statuses]
    shop.writer.run(lambda tx: enqueue(tx, messages, NOW, shop.new_id))
    taken = shop.writer.run(lambda tx: outbox.take_due(tx, NOW, {}))
    answered = [
        Outcome(one, status, "" if status < 300 else f"It answered {status}.")
        for one, status in zip(taken, statuses, strict=True)
    ]
    shop.writer.run(lambda tx: outbox.settle(tx, answered, NOW))


def test_before_there_is_one_the_page_says_what_it_is_for(ada: Visitor) -> None:
    page = ada.opens("/webhooks").text
    assert "<strong>No other system</strong> is told what happens." in page
    assert '<a href="/webhooks" aria-current="page">Webhooks</a>' in page


def test_one_is_made_and_its_secret_is_shown_once(shop: Shop, ada: Visitor) -> None:
    form = {"name": "crm", "url": URL, "type:segment.entered": "yes"}
    made = ada.fills_in("/webhooks", "/webhooks", **form)
    assert made.headers["cache-control"] == "no-store"
    [secret] = SECRET.findall(made.text)
    for page in ("/webhooks", "/webhooks/crm", "/audit"):
        assert secret not in ada.opens(page).text
    assert webhooks.endpoint(shop, "crm").types == ("segment.entered",)
    assert "Told a customer came into a segment." in made.text


def test_whoever_ticks_all_or_none_is_told_everything(shop: Shop, ada: Visitor) -> None:
    add(shop)
    every = {f"type:{name}": "yes" for name in webhooks.TYPES}
    for ticked in ({}, every):
        assert ada.fills_in("/webhooks/crm", "/webhooks/crm", url=URL, **ticked).status_code == 303
        assert webhooks.endpoint(shop, "crm").types == ()


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"name": "C R M", "url": URL}, "A name has 1 to 60 small letters"),
        ({"name": HOSTILE[:60], "url": URL}, "A name has 1 to 60 small letters"),
        ({"name": "crm", "url": "https://10.0.0.1/"}, "The address is a private or local one"),
        ({"name": "crm", "url": f"https://{HOSTILE}/"}, "Not done:"),
        ({"name": "crm", "url": URL, "type:everything": "yes"}, "One of the types is none"),
        ({}, "Not done:"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_what_was_typed_stays(
    shop: Shop, ada: Visitor, form: dict[str, str], says: str
) -> None:
    page = ada.fills_in("/webhooks", "/webhooks", **form)
    assert page.status_code == 422
    assert says in page.text
    assert "<script>alert" not in page.text
    assert webhooks.endpoints(shop) == []
    add(shop)
    changed = ada.fills_in("/webhooks/crm", "/webhooks/crm", **{**form, "url": "crm.example.com"})
    assert changed.status_code == 422
    assert 'value="crm.example.com"' in changed.text


def test_a_secret_is_changed_from_the_page(shop: Shop, ada: Visitor) -> None:
    old = add(shop)
    [new] = SECRET.findall(ada.fills_in("/webhooks/crm", "/webhooks/crm/secret").text)
    [newer] = SECRET.findall(ada.fills_in("/webhooks/crm", "/webhooks/crm/secret", at_once="yes").text)
    assert len({old, new, newer}) == 3


def test_messages_and_what_became_of_them(shop: Shop, ada: Visitor) -> None:
    add(shop)
    tell(shop, 204, 500, customer=HOSTILE)
    page = ada.opens("/webhooks/crm").text
    assert "A customer came into a segment" in page
    assert re.search(r"Delivered <time [^>]*>31 December 2017, 18:30</time>, after 1 attempt", page)
    assert re.search(r"1 attempt so far; the next <time", page)
    assert "It answered 500." in page
    assert "<script>alert" not in page
    assert "1 waiting, 0 given up" in page
    assert "It answered 500." not in ada.opens("/webhooks/crm?state=delivered").text
    assert "There are none of that kind." in ada.opens("/webhooks/crm?state=failed").text


def test_what_was_given_up_is_sent_once_more(shop: Shop, ada: Visitor) -> None:
    add(shop)
    tell(shop, 410)
    page = ada.opens("/webhooks/crm").text
    assert "<strong>Disabled</strong> since" in page
    assert "It answered 410: it wants no more." in page
    done = ada.fills_in("/webhooks/crm", "/webhooks/crm/enable")
    assert done.headers["location"] == "/webhooks/crm?done=enabled"
    again = ada.sends("/webhooks/crm/again", {"csrf": csrf(ada)})
    assert "It is sent once more." in ada.opens(again.headers["location"]).text
    assert "0 given up" in ada.opens("/webhooks/crm").text
    nothing = ada.sends("/webhooks/crm/again", {"csrf": csrf(ada), "id": "msg_\0"})
    assert "There was nothing to send" in ada.opens(nothing.headers["location"]).text


def test_one_that_is_left_alone_for_a_while_is_said_so(shop: Shop, ada: Visitor) -> None:
    add(shop)
    tell(shop, 429)
    assert "It said that it is too much: nothing is sent before" in ada.opens("/webhooks/crm").text
    assert webhooks.endpoint(shop, "crm").rests_until == NOW + MINUTE


def test_older_ones_are_a_page_further(shop: Shop, ada: Visitor) -> None:
    add(shop)
    for _ in range(6):
        tell(shop, 204, 204, 204, 204)
    first = ada.opens("/webhooks/crm?state=delivered").text
    assert first.count('class="when"') == 20
    [older] = re.findall(r'<a id="messages-older-link" href="([^"]*)"', first)
    assert ada.opens(older.replace("&amp;", "&")).text.count('class="when"') == 4
    assert ada.opens("/webhooks/crm?older=nonsense").status_code == 404


def test_one_is_tested_disabled_and_removed(shop: Shop, ada: Visitor) -> None:
    add(shop)
    for deed in ("test", "disable", "enable"):
        answer = ada.fills_in("/webhooks/crm", f"/webhooks/crm/{deed}")
        assert answer.status_code == 303
        assert 'role="status"' in ada.opens(answer.headers["location"]).text
    assert "A test message" in ada.opens("/webhooks/crm").text
    gone = ada.fills_in("/webhooks/crm", "/webhooks/crm/remove")
    assert "It is told nothing any more." in ada.opens(gone.headers["location"]).text
    assert webhooks.endpoints(shop) == []


@pytest.mark.parametrize("path", ["/webhooks/nobody", "/webhooks/CRM", "/webhooks/%00"])
def test_what_is_not_there_is_not_found(ada: Visitor, path: str) -> None:
    assert ada.opens(path).status_code == 404
    token = csrf(ada)
    for deed in ("", "/secret", "/test", "/disable", "/enable", "/remove", "/again", "/nonsense"):
        assert ada.sends(path + deed, {"csrf": token, "url": URL}).status_code == 404


def test_no_form_counts_without_its_token(shop: Shop, ada: Visitor) -> None:
    add(shop)
    for path in ("", "/crm", "/crm/secret", "/crm/test", "/crm/disable", "/crm/remove", "/crm/again"):
        assert ada.sends(f"/webhooks{path}", {"name": "other", "url": URL}).status_code == 403
    assert webhooks.endpoint(shop, "crm").disabled_at is None


def test_nobody_sees_it_who_is_not_signed_in(shop: Shop, visit: Callable[[Shop], Visitor]) -> None:
    add(shop)
    visitor = visit(shop)
    assert [visitor.opens(path).status_code for path in ("/webhooks", "/webhooks/crm")] == [303, 303]
    visitor.signs_in("ada", PASSWORD)
    assert visitor.opens("/webhooks/crm").status_code == 200


def test_it_stands_in_the_audit_trail(shop: Shop, ada: Visitor) -> None:
    ada.fills_in("/webhooks", "/webhooks", name="crm", url=URL)
    assert "Had another system told what happens" in ada.opens("/audit").text


def csrf(visitor: Visitor) -> str:
    return re.findall(r'name="csrf" value="([^"]*)"', visitor.opens("/webhooks").text)[0]
