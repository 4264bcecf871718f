"""The pages about people: whom one finds, what one sees of somebody, and what staff may do."""

import json
import re
from html import unescape

import pytest

from regulars.service import audit, customers, joining
from tests.web.admin.shops import HOSTILE, NOW, send


def text_of(answer):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def track(event, user="1762", **more):
    return {"type": "track", "event": event, "userId": user, "messageId": f"{event}-{user}-{len(str(more))}", **more}


def identify(user, **more):
    return {"type": "identify", "userId": user, "messageId": f"i-{user}-{len(str(more))}", **more}


@pytest.fixture
def people(shop):
    """Somebody of whom everything is known that can be."""
    traits = {"email": "ada@example.com", "phone": "+441234567", "card": "4711", "city": "London", "first_name": "Ada"}
    send(
        shop,
        [
            {"type": "track", "event": "Product Viewed", "anonymousId": "tablet", "messageId": "seen"},
            identify("1762", anonymousId="tablet", traits=traits),
            track("Consent Granted", properties={"purpose": "email", "wording": "Write to me.", "place": "checkout"}),
            track("Email Confirmed", context={"traits": {"email": "ada@example.com"}}),
            track("Consent Withdrawn", user="1111", properties={"purpose": "email", "wording": "Stop."}),
            *[identify(f"hand-{n}", anonymousId="kiosk") for n in range(7)],
            identify("1762", anonymousId="kiosk", traits={"plan": "x"}),
            {"type": "identify", "messageId": "guest", "traits": {"email": "guest@example.com"}},
        ],
    )
    return shop


def id_of(shop, value, kind="user_id"):
    found = customers.find(shop, kind, value)
    assert found is not None
    return found


def customer_of(shop, value="1762"):
    found = customers.customer(shop, id_of(shop, value), NOW)
    assert found is not None
    return found


def first(pattern, html):
    found = re.search(pattern, html)
    assert found is not None
    return found[1]


def page_of(visitor, shop, value="1762"):
    return visitor.opens(f"/customers/{id_of(shop, value)}")


# --- the list --------------------------------------------------------------------------------------------------------


def test_the_list_counts_everybody_and_names_guests_by_what_there_is(ada, people):
    said = text_of(ada.opens("/customers"))
    assert "14 customers ·" in said
    assert "guest@example.com" in said


@pytest.mark.parametrize(
    ("words", "by"), [("ADA@", "e-mail ada@example.com"), ("+4412", "phone +441234567"), ("tablet", "browser tablet")]
)
def test_a_customer_is_found_by_any_name_and_the_list_says_by_which(ada, people, words, by):
    found = text_of(ada.fills_in("/customers", "/customers", q=words))
    assert "1 customer found." in found
    assert by in found


def test_filters_stand_in_the_address_and_pages_keep_them(ada, people):
    said = text_of(ada.opens("/customers?who=guest"))
    assert "1 customer on this page." in said
    assert "guest@example.com" in said
    assert "Nobody fits." in text_of(ada.opens("/customers?who=guest&since=2030-01-01"))
    assert 'value="guest" selected' in ada.opens("/customers?who=guest").text
    assert "1762" in text_of(ada.opens("/customers?may=email"))
    assert "1 customer on this page." in text_of(ada.opens("/customers?may=email"))


@pytest.mark.parametrize(
    "query", ["tier=none-such", "order=x", "who=x", "since=yesterday", "since=99999-01-01", "member=1"]
)
def test_a_value_that_is_none_of_ours_is_as_if_it_were_not_there(ada, query):
    assert "The customers seen last." in text_of(ada.opens(f"/customers?{query}"))


@pytest.mark.parametrize("query", ["after=x", "before=1", "after=1.%27", "after="])
def test_a_place_that_is_none_leads_nowhere(ada, query):
    assert ada.opens(f"/customers?{query}").status_code == 404


def test_from_the_first_page_to_the_last_and_back(ada, people, monkeypatch):
    monkeypatch.setattr("regulars.web.admin.customers.A_PAGE", 4)
    path: str | None = "/customers?order=lifetime"
    seen: list[str] = []
    links: dict[str, str] = {}
    while path:
        page = ada.opens(path).text
        seen += re.findall(r'<a href="(/customers/[^"]+)"', page)
        links = {title: unescape(href) for href, title in re.findall(r'<a href="([^"]*)"[^>]*>([^<]*)</a>', page)}
        path = links.get("Page after")
    assert len(seen) == len(set(seen))
    assert len(seen) > 8
    last = re.findall(r'<a href="(/customers/[^"]+)"', ada.opens("/customers?order=lifetime&before=").text)
    assert last == seen[-4:]
    assert links["First page"] == "/customers?order=lifetime"


# --- one -------------------------------------------------------------------------------------------------------------


def test_by_what_somebody_is_known_is_drawn_and_told(ada, people):
    page = page_of(ada, people)
    said = text_of(page)
    assert 'role="img"' in page.text
    assert "4 names; 2 browsers, 1 of them shared; no accounts that were merged in" in unescape(page.text)
    assert "Confirmed by the person" in said
    assert "A shared device: it leads to nobody" in said
    assert page.text.count('class="tie confirmed"') == 2


def test_traits_say_where_they_come_from_and_consents_have_their_proof(ada, people):
    said = text_of(page_of(ada, people))
    assert "City London Declared to the shop" in said
    assert "Sending e-mail Allowed, since" in said
    assert "“Write to me.”, checkout, told by shop" in said
    assert "Not allowed: nobody asked" in said


def test_what_was_done_without_a_name_is_marked(ada, people):
    page = page_of(ada, people)
    assert page.text.count('class="on-device"') == 1
    assert "on a browser of theirs, without a name" in text_of(page)


def test_orders_follow_each_other_to_the_first(ada, people):
    path = f"/customers/{id_of(people, '1762')}"
    page: str | None = path
    seen: list[str] = []
    while page:
        said = ada.opens(page).text
        table = said[said.index('id="orders-table"') : said.index('id="orders-older"')]
        seen += re.findall(r'<th scope="row"><bdi>([^<]+)</bdi>', table)
        found = re.search(r'href="([^"]*\?orders=[^"]*)#orders"', said)
        page = unescape(found[1]) if found else None
    assert (len(seen), len(set(seen))) == (28, 28)
    assert "today-1" in seen[:2]
    assert seen[2:] == sorted(seen[2:], reverse=True)
    assert ada.opens(f"{path}?orders=1.x").status_code == 404


def test_names_in_the_picture_do_nothing(ada, people):
    send(people, [identify(HOSTILE, traits={"email": "x@example.com"}, anonymousId=HOSTILE)])
    assert "<script>alert" not in page_of(ada, people, HOSTILE).text


# --- merged and parted -----------------------------------------------------------------------------------------------


def merges(ada, shop, *, why="The same card.", stays=""):
    path, other = f"/customers/{id_of(shop, '1762')}", id_of(shop, "1111")
    return ada.fills_in(f"{path}/merge", f"{path}/merge/apply", other=other, stays=stays, why=why)


def test_before_a_merge_one_sees_what_would_be(ada, people):
    path, other = f"/customers/{id_of(people, '1762')}", id_of(people, "1111")
    found = ada.fills_in(f"{path}/merge", f"{path}/merge", q="1111")
    assert "1 customer found." in text_of(found)
    assert f'name="other" value="{other}"' in found.text
    said = text_of(ada.fills_in(f"{path}/merge", f"{path}/merge/preview", other=other))
    assert "1111 would go up in 1762" in said
    assert "Sending e-mail is allowed for 1762 now and would not be any more" in said
    turned = text_of(ada.fills_in(f"{path}/merge", f"{path}/merge/preview", other=other, stays="other"))
    assert "1762 would go up in 1111" in turned
    assert len(customer_of(people).records) == 1


def test_a_merge_wants_a_reason_and_is_undone_from_the_page(ada, people):
    before = customer_of(people).points
    missing = merges(ada, people, why="  ")
    assert (missing.status_code, "Say why" in text_of(missing)) == (422, True)
    assert merges(ada, people, why="x" * 501).status_code == 422
    done = merges(ada, people)
    path = f"/customers/{id_of(people, '1762')}"
    assert done.headers["location"] == f"{path}#accounts"
    page = ada.opens(path)
    assert "by ada: The same card." in text_of(page)
    assert "not allowed: withdrawn" in text_of(page).lower()
    record = first(r'name="record" value="([^"]+)"', page.text)
    assert ada.opens(f"/customers/{record}").headers["location"] == path
    parted = ada.fills_in(path, f"{path}/part", record=record)
    assert parted.headers["location"] == f"/customers/{record}"
    assert customer_of(people).points.available == before.available
    said = text_of(ada.opens("/audit"))
    assert "Merged two customers" in said
    assert "Parted two customers again" in said
    assert "The same card." in said


def test_what_cannot_be_merged_or_parted_says_why(ada, people):
    path, id = f"/customers/{id_of(people, '1762')}", id_of(people, "1762")
    same = ada.fills_in(f"{path}/merge", f"{path}/merge/preview", other=id)
    assert (same.status_code, "Both are the same customer already." in text_of(same)) == (409, True)
    nobody = ada.fills_in(f"{path}/merge", f"{path}/merge/apply", other="nobody", why="x")
    assert (nobody.status_code, "There is no such customer." in text_of(nobody)) == (409, True)
    alone = ada.fills_in(path, f"{path}/part", record=id)
    assert (alone.status_code, "not part of another customer" in text_of(alone)) == (409, True)


def test_where_points_are_used_the_page_says_that_staff_must_adjust(ada, people, monkeypatch):
    merges(ada, people)

    def spent(*_):
        raise joining.NotPossible(joining.Reason.SPENT)

    monkeypatch.setattr(joining, "part", spent)
    path = f"/customers/{id_of(people, '1762')}"
    record = first(r'name="record" value="([^"]+)"', ada.opens(path).text)
    refused = ada.fills_in(path, f"{path}/part", record=record)
    assert refused.status_code == 409
    assert "Adjust the points instead." in text_of(refused)
    assert "1762" in text_of(refused)


# --- rights ----------------------------------------------------------------------------------------------------------


def test_everything_that_is_known_as_a_file_and_to_read(ada, people):
    path = f"/customers/{id_of(people, '1762')}"
    file = ada.fills_in(f"{path}/export", f"{path}/export")
    assert file.headers["content-disposition"].startswith('attachment; filename="customer-')
    assert file.headers["cache-control"] == "no-store"
    said = json.loads(file.content)
    assert "ada@example.com" in [one["value"] for one in said["identities"]]
    read = text_of(ada.fills_in(f"{path}/export", f"{path}/export/read"))
    assert "Value: ada@example.com" in read
    assert "Wording: Write to me." in read
    assert "T18:" not in read
    assert [one.what for one in audit.deeds(people, None, 10).deeds] == ["exported", "exported"]


def test_erasing_wants_the_name_letter_by_letter(ada, people):
    id = id_of(people, "1762")
    path = f"/customers/{id}"
    assert "cannot be undone" in text_of(ada.opens(f"{path}/erase"))
    refused = ada.fills_in(f"{path}/erase", f"{path}/erase", confirm="1762x")
    assert (refused.status_code, "Not done" in text_of(refused)) == (422, True)
    assert customers.find(people, "user_id", "1762") == id
    done = ada.fills_in(f"{path}/erase", f"{path}/erase", confirm=" 1762 ")
    assert "The person is forgotten" in text_of(done)
    assert customers.find(people, "user_id", "1762") is None
    left = ada.opens(path).text
    assert "ada@example.com" not in left
    assert "today-1" in left
    assert "Nobody found." in ada.fills_in("/customers", "/customers", q="1762").text
    assert "ada@example.com" not in ada.opens("/audit").text


@pytest.mark.parametrize("page", ["merge", "export", "erase"])
def test_of_nobody_nothing_can_be_done(ada, people, page):
    assert ada.opens(f"/customers/nobody/{page}").status_code == 404
    assert ada.fills_in("/customers", f"/customers/nobody/{page}", confirm="nobody").status_code == 404


@pytest.mark.parametrize("action", ["merge", "merge/preview", "merge/apply", "part", "export", "export/read", "erase"])
def test_nothing_is_done_without_the_token_of_the_session(ada, people, action):
    path = f"/customers/{id_of(people, '1762')}/{action}"
    assert ada.sends(path, {"confirm": "1762", "other": id_of(people, "1111"), "why": "x"}).status_code == 403
    assert audit.deeds(people, None, 10).deeds == ()


def test_nor_by_whoever_is_not_signed_in(visit, people):
    visitor, path = visit(people), f"/customers/{id_of(people, '1762')}"
    for page in ("/audit", f"{path}/merge", f"{path}/export", f"{path}/erase"):
        assert visitor.opens(page).headers["location"].startswith("/sign-in")
    assert visitor.sends(f"{path}/erase", {"confirm": "1762"}).headers["location"] == "/sign-in"


def test_the_audit_goes_back_to_the_beginning(ada, people, monkeypatch):
    assert "Nothing yet." in text_of(ada.opens("/audit"))
    monkeypatch.setattr("regulars.web.admin.audit.A_PAGE", 2)
    path = f"/customers/{id_of(people, '1762')}"
    for _ in range(3):
        ada.fills_in(f"{path}/export", f"{path}/export")
    newest = ada.opens("/audit").text
    older = first(r'href="(/audit\?older=\d+)"', newest)
    assert newest.count("Exported everything") == 2
    assert ada.opens(older).text.count("Exported everything") == 1
    assert ada.opens("/audit?older=x").status_code == 404
