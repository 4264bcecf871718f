"""The debugger and the quarantine, over the wire: what they show, how they are narrowed down, and what a replay says."""

import re
from html import unescape

import pytest

from regulars.service import arriving, programs
from regulars.service.arriving import Asked
from regulars.service.customers import find
from regulars.service.refused import refused
from regulars.service.timeline import BadCursor
from tests.web.admin.shops import CORNER_SHOP, HOSTILE, NOW, PASSWORD, send
from tests.web.admin.visitor import hidden


def names(html):
    return re.findall(r'<h2 class="what"><bdi>(.*?)</bdi>', html)


def poll_of(html):
    return link(r'hx-get="([^"]+)" hx-trigger="every 2s"', html)


def link(pattern, html):
    found = re.search(pattern, html)
    assert found is not None
    return unescape(found[1])


# --- what arrives --------------------------------------------------------------------------------------------------------


def test_accepted_and_refused_stand_under_one_another_the_newest_first(ada):
    html = ada.opens("/debugger").text

    assert names(html).count("Product Reviewed") == 6
    assert "Refused: missing identity" in html
    assert "the shop’s word" in html
    assert re.search(r'customer <a href="/customers/[^"]+">…', html)
    times = re.findall(r'<time datetime="([^"]+)">', html.partition('id="arrivals"')[2])
    assert times == sorted(times, reverse=True)
    assert "17:30" not in times
    assert len(times) <= arriving.MOST_SHOWN


def test_it_is_narrowed_down(ada, shop):
    refusals = ada.opens("/debugger?result=refused").text
    assert "Stored" not in refusals
    assert len(names(refusals)) == 24
    reviews = ada.opens("/debugger?name=Product+Reviewed&source=shop&result=accepted").text
    assert set(names(reviews)) == {"Product Reviewed"}
    named = ada.opens("/debugger?name=Order+Completed&result=refused").text
    assert len(names(named)) == 24
    assert "Nothing of that kind" in ada.opens("/debugger?source=nobody").text
    assert "selected>Refused" in refusals


def test_what_was_kept_is_shown_and_nothing_that_somebody_sent_is_markup(ada):
    html = ada.opens("/debugger").text
    assert HOSTILE not in html
    assert "<img src=x" not in html
    assert "{\n  &#34;id&#34;:" in html
    assert "&#34;amount_minor&#34;: 4580" in html


def test_only_what_is_newer_comes_and_nothing_where_nothing_is(ada, shop):
    poll = poll_of(ada.opens("/debugger").text)
    nothing = ada.opens(poll)
    assert (nothing.status_code, nothing.text) == (204, "")

    send(
        shop, [{"userId": "new", "event": "Product Viewed", "messageId": "new-1"}, {"event": "", "messageId": "new-2"}]
    )
    newer = ada.opens(poll)

    assert sorted(names(newer.text)) == ["Product Viewed", "track"]
    assert ada.opens(poll_of(newer.text)).status_code == 204


def test_a_page_that_grew_too_long_is_begun_anew(ada, shop):
    poll = re.sub(r"shown=\d+", "shown=400", poll_of(ada.opens("/debugger?source=shop").text))
    send(shop, [{"userId": "new", "event": "Product Viewed", "messageId": "new-1"}])
    answer = ada.opens(poll)
    assert (answer.text, answer.headers["hx-redirect"]) == ("", "/debugger?source=shop")


def test_paused_it_stands_still(ada):
    html = ada.opens("/debugger?paused=1&result=refused").text
    assert "every 2s" not in html
    assert 'href="/debugger?result=refused">Go on' in html
    assert "every 2s" in ada.opens("/debugger?result=refused").text


def test_an_empty_one_says_how_to_send_a_first_event(visit, empty_shop):
    visitor = visit(empty_shop)
    visitor.signs_in("ada", PASSWORD)
    html = visitor.opens("/debugger").text
    assert "Nothing</strong> has arrived yet." in html
    assert "curl http://testserver.local/v1/track" in html


@pytest.mark.parametrize("query", ["after=x", "after=1", "after=1.x", "after=" + "9" * 40 + ".1"])
def test_a_cursor_that_is_none_of_ours(ada, query):
    assert ada.opens(f"/debugger?{query}").status_code == 404


@pytest.mark.parametrize("query", ["shown=x", "shown=-1", "name=%00", "result=x", "source=" + "x" * 999, "name=%ff"])
def test_whatever_else_is_asked_for_is_a_page(ada, query):
    assert ada.opens(f"/debugger?{query}").status_code == 200


def test_a_browsers_word_and_what_was_taken_without_a_part_are_told_apart(ada, shop):
    send(shop, [{"userId": "null", "anonymousId": "tablet", "event": "Product Viewed", "messageId": "junk"}])
    html = ada.opens("/debugger").text
    assert "Taken without a part: junk identity" in html
    assert "a browser’s word" in html


def test_no_more_is_looked_at_than_is_said(shop, monkeypatch):
    monkeypatch.setattr(arriving, "STEPS_LOOKED_AT", 3)
    monkeypatch.setattr(arriving, "REFUSALS_LOOKED_AT", 2)
    assert len(arriving.arriving(shop, Asked(result="accepted"), None).events) <= 3
    assert len(arriving.arriving(shop, Asked(result="refused"), None).events) == 2
    assert len(arriving.arriving(shop, Asked(), None, 1).events) == 1
    with pytest.raises(BadCursor):
        arriving.arriving(shop, Asked(), "1")


# --- what was refused ----------------------------------------------------------------------------------------------------


def replays(visitor, **fields):
    form = {"csrf": hidden(visitor.opens("/refused").text)["csrf"], **fields}
    return visitor.sends("/refused", form)


def test_the_quarantine_is_narrowed_down_and_goes_on_so(ada):
    html = ada.opens("/refused?reason=bad_order&source=shop").text
    assert '<option value="bad_order" selected>' in html
    assert "Missing identity" not in html.partition('id="refused-list"')[2]
    older = link(r'href="(/refused\?[^"]*older=[^"]+)"', html)
    assert "reason=bad_order" in older
    assert ada.opens(older).status_code == 200
    assert "Nothing</strong> of that kind" in ada.opens("/refused?reason=none").text


def test_a_replay_says_what_became_of_each_and_why(ada, shop):
    html = replays(ada).text
    assert "24 refused again." in html
    assert "(22 times)" in html
    assert refused(shop, None, 50).total == 24


def test_under_a_better_program_what_was_refused_is_stored(ada, shop):
    """The till knows people by a badge, and nobody had told the program."""
    badge = {"traits": {"badge": "B-77"}}
    send(shop, [{"event": "Product Reviewed", "messageId": "till-9", "context": badge}])
    [one] = [one for one in refused(shop, None, 50).events if one.message_id == "till-9"]
    assert "1 refused again." in replays(ada, id=str(one.id)).text
    programs.publish(shop, CORNER_SHOP + "identities: {badge: {}}\n", "ada", NOW)

    answer = replays(ada, id=str(one.id))

    assert "1 stored." in answer.text
    assert one.id not in [left.id for left in refused(shop, None, 50).events]
    assert find(shop, "badge", "B-77") is not None
    assert "There was nothing to replay." in replays(ada, id=str(one.id)).text


def test_what_cannot_be_replayed_says_why_and_has_no_button(ada, shop):
    event = {"userId": "1762", "event": "Product Reviewed", "messageId": "m-9"}
    send(shop, [event, {**event, "event": "Other"}])
    html = ada.opens("/refused?reason=message_id_reused").text
    assert "The first word stands" in html
    assert "Replay this one" not in html


@pytest.mark.parametrize("form", [{"id": "x"}, {"id": "-1"}, {"after": "x"}, {"id": "1" * 30}])
def test_a_form_that_is_none_replays_nothing(ada, form):
    assert replays(ada, **form).status_code == 400


def test_nobody_replays_without_a_session_or_its_token(ada, visit, shop):
    assert visit(shop).sends("/refused", {"csrf": "x"}).status_code == 303
    assert ada.sends("/refused", {"csrf": "x"}).status_code == 403
