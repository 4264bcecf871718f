"""The pages for staff, as they come over the wire: what they say, and whom they let do what."""

import re
from time import sleep

import pytest

from regulars.backtesting.report import content_policy
from regulars.kernel.calendar import DAY, HOUR, MINUTE
from regulars.service import admins, programs, refused
from regulars.web.admin import program as program_page
from regulars.web.admin import rendering, signing_in
from tests.web.admin.shops import CORNER_SHOP, HOSTILE, NOW, PASSWORD, send
from tests.web.admin.visitor import hidden

PAGES = ["/overview", "/customers", "/program", "/program/edit", "/refused"]
MORE_STARS = CORNER_SHOP.replace("points: 1\n", "points: 2\n")


def text_of(answer):
    """What a reader sees."""
    return re.sub(r"\s+(?=[\s,.:])", "", re.sub(r"<[^>]*>", " ", answer.text)).replace("\n", " ")


def link_in(html, pattern):
    found = re.search(pattern, html)
    assert found is not None
    return found[1]


def customer_link(visitor, asked):
    return link_in(visitor.fills_in("/customers", "/customers", q=asked).text, r'href="(/customers/[^"]+)"')


def a_link(shop):
    admin = admins.admin_named(shop, "ada")
    assert admin is not None
    return f"/sign-in/link/{admins.create_link(shop, admin, NOW)}"


def looked_at_until(visitor, address, words, pause=0.02):
    """Comes back to a page until it says so, two hundred times at most; `pause` in seconds."""
    for _ in range(200):
        page = visitor.opens(address)
        if words in page.text:
            return page
        sleep(pause)
    raise AssertionError(f"{words} is never said")


# --- the door ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", *PAGES, "/customers/x", "/program/adoption", "/program/backtest/x"])
def test_whoever_is_not_signed_in_sees_the_door_only(visitor, path):
    answer = visitor.opens(path)

    assert answer.status_code == 303
    assert answer.headers["location"].split("?")[0] in ("/sign-in", "/overview")
    assert answer.text == ""


@pytest.mark.parametrize("path", ["/program/apply", "/program/plan", "/program/backtest", "/program/edit", "/sign-out"])
def test_nor_does_a_form_do_anything(visitor, shop, path):
    answer = visitor.sends(path, {"document": MORE_STARS, "csrf": "x"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert len(programs.publications(shop)) == 1


def test_after_the_door_one_stands_where_one_wanted_to_go(visitor):
    door = visitor.opens("/refused?older=17").headers["location"]
    assert door == "/sign-in?next=%2Frefused%3Folder%3D17"

    answer = visitor.fills_in(door, "/sign-in", name="ada", password=PASSWORD)

    assert (answer.status_code, answer.headers["location"]) == (303, "/refused?older=17")


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/overview",
        "/\\evil.example",
        "/overview\\@evil.example",
        "/overview//\\evil",
        "javascript:alert(1)",
        "/overview\r\nSet-Cookie: a=b",
        "/overviews",
        "/sign-out",
        "/v1/customers/ada",
        "overview",
        " /overview",
        "/overview\u2028",
    ],
)
def test_the_door_leads_nowhere_else(visitor, wanted):
    assert signing_in.ours(wanted) == "/overview"

    answer = visitor.fills_in("/sign-in", "/sign-in", name="ada", password=PASSWORD, next=wanted)

    assert answer.headers["location"] == "/overview"


def test_the_cookie_is_read_by_no_script_and_sent_to_no_other_site(visitor):
    cookie = visitor.signs_in("ada", PASSWORD).headers.get_list("set-cookie")[0]

    assert cookie.startswith("regulars_session=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=604800"} == set(cookie.split("; ")[1:])


def test_where_the_shop_is_reached_by_https_the_cookie_is_sent_by_nothing_else(visitor):
    secure = {"X-Forwarded-Proto": "https"}
    form = hidden(visitor.opens("/sign-in").text)

    answer = visitor.sends("/sign-in", {**form, "name": "ada", "password": PASSWORD}, **secure)

    assert all("Secure" in one for one in answer.headers.get_list("set-cookie"))


def test_a_wrong_password_is_told_without_saying_what_was_wrong(visitor):
    by_password, by_name = visitor.signs_in("ada", "not this one"), visitor.signs_in("eve", PASSWORD)

    assert by_password.status_code == by_name.status_code == 401
    assert "Name and password do not belong together." in by_password.text
    assert "regulars_session" not in str(by_password.headers) + str(by_name.headers)
    assert 'value="ada"' in by_password.text
    assert "not this one" not in by_password.text


def test_guessing_is_slowed_down(visitor, clock):
    for _ in range(5):
        visitor.signs_in("ada", "wrong")

    told = visitor.signs_in("ada", PASSWORD)

    assert (told.status_code, told.headers["retry-after"]) == (429, "5")
    assert "Try again in 5 seconds." in told.text
    clock.goes_on(5_000_000)
    assert visitor.signs_in("ada", PASSWORD).status_code == 303


def test_the_doors_form_is_the_doors_own(visitor):
    """Another site can send the form, but neither reads the word in it nor sets the cookie that goes with it."""
    form = {"name": "ada", "password": PASSWORD}

    without_word = visitor.sends("/sign-in", form)
    page = hidden(visitor.opens("/sign-in").text)
    other_word = visitor.sends("/sign-in", {**form, "csrf": "x" * 43})
    from_elsewhere = visitor.sends("/sign-in", {**form, **page}, Origin="https://evil.example")
    by_the_browsers_word = visitor.sends("/sign-in", {**form, **page}, **{"Sec-Fetch-Site": "cross-site"})

    refused = (without_word, other_word, from_elsewhere, by_the_browsers_word)
    assert {one.status_code for one in refused} == {403}
    assert not any("regulars_session" in str(one.headers) for one in refused)


def test_who_signs_out_is_out(ada):
    assert ada.fills_in("/overview", "/sign-out").headers["location"] == "/sign-in"

    assert ada.opens("/overview").status_code == 303


def test_after_twelve_idle_hours_a_page_leads_to_the_door_and_a_script_is_told_so(ada, clock):
    clock.goes_on(12 * HOUR)

    assert ada.opens("/refused").headers["location"] == "/sign-in?next=%2Frefused"
    by_script = ada.opens("/program/adoption", **{"HX-Request": "true"})
    assert (by_script.status_code, by_script.headers["hx-redirect"]) == (401, "/sign-in")


# --- links ---------------------------------------------------------------------------------------------------------------


def test_a_link_is_used_by_pressing_its_button_and_not_by_looking_at_it(visitor, shop):
    link = a_link(shop)
    for _ in range(3):
        assert "This link opens the shop once." in visitor.opens(link).text

    answer = visitor.fills_in(link, link)

    assert (answer.status_code, answer.headers["location"]) == (303, "/overview")
    assert visitor.opens("/overview").status_code == 200


def test_a_used_link_opens_nothing(visit, visitor, shop, clock):
    used, late = a_link(shop), a_link(shop)
    visitor.fills_in(used, used)
    other = visit(shop)

    assert other.fills_in(used, used).status_code == 410
    clock.goes_on(15 * MINUTE)
    told = other.fills_in(late, late)
    assert told.status_code == 410
    assert "ask for another" in told.text
    assert other.opens("/overview").status_code == 303


# --- forms ---------------------------------------------------------------------------------------------------------------

FORMS = ["/program/apply", "/program/plan", "/program/edit", "/program/backtest", "/sign-out"]


@pytest.mark.parametrize("path", FORMS)
def test_a_form_without_the_token_of_its_session_is_not_done(ada, shop, visit, path):
    other = visit(shop)
    other.signs_in("ada", PASSWORD)
    anothers = hidden(other.opens("/overview").text)["csrf"]

    tokens: list[dict[str, str]] = [{}, {"csrf": ""}, {"csrf": "x" * 43}, {"csrf": anothers}]
    for token in tokens:
        answer = ada.sends(path, {"document": MORE_STARS, **token})
        assert answer.status_code == 403
        assert "This was not done." in answer.text

    assert ada.opens("/overview").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "file://"},
        {"Origin": ""},
        {"Origin": "testserver.local"},
    ],
)
def test_nor_one_that_comes_from_another_site(ada, headers):
    form = hidden(ada.opens("/program/edit").text)

    assert ada.sends("/program/plan", {**form, "document": MORE_STARS}, **headers).status_code == 403


def test_one_that_comes_from_this_host_is_done(ada):
    form = {**hidden(ada.opens("/program/edit").text), "document": MORE_STARS}

    assert ada.sends("/program/plan", form, Origin="http://testserver.local").status_code == 200
    behind_a_proxy = {"Origin": "https://shop.example", "X-Forwarded-Host": "shop.example"}
    assert ada.sends("/program/plan", form, **behind_a_proxy).status_code == 200


def test_a_script_of_ours_brings_the_token_as_a_header(ada):
    token = hidden(ada.opens("/program/edit").text)["csrf"]

    answer = ada.sends(
        "/program/plan", {"document": MORE_STARS}, **{"X-CSRF-Token": token, "Sec-Fetch-Site": "same-origin"}
    )

    assert answer.status_code == 200
    assert "What would change" in answer.text


# --- every page ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*PAGES, "/sign-in", "/customers/nobody", "/sign-in/link/x"])
def test_every_page_forbids_what_is_not_the_shops_own(ada, path):
    answer = ada.opens(path)

    assert answer.headers["content-security-policy"] == rendering.POLICY
    assert "unsafe" not in rendering.POLICY
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert (
        re.findall(r"<style|<script(?! src=\"/static/)| style=| on[a-z]+=\"|(?:src|href)=\"(?:https?:)?//", answer.text)
        == []
    )


def test_what_a_page_loads_is_there_and_may_be_kept(ada):
    named = re.findall(r'(?:src|href)="(/static/[^"]+)"', ada.opens("/overview").text)

    assert len(named) == 4
    for path in [*named, "/static/fonts/regulars-sans.woff2", "/static/fonts/OFL.txt", "/static/htmx-LICENSE.txt"]:
        answer = ada.opens(path)
        assert answer.status_code == 200
        assert ("immutable" in answer.headers["cache-control"]) == ("?v=" in path)
        assert ada.opens(path, **{"If-None-Match": answer.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("name", ["../app.py", "..%2f..%2fapp.py", "nothing", "templates/base.html.j2"])
def test_and_nothing_beside_it(ada, name):
    assert ada.opens(f"/static/{name}").status_code == 404


def test_names_are_shown_as_they_are_and_do_nothing(visitor, shop):
    admins.create_admin(shop, HOSTILE[:64], PASSWORD, NOW)
    visitor.signs_in(HOSTILE[:64], PASSWORD)
    form = hidden(visitor.opens("/program/edit").text)
    pages = [visitor.opens(path) for path in PAGES]
    pages += [visitor.opens(customer_link(visitor, HOSTILE)), visitor.fills_in("/customers", "/customers", q=HOSTILE)]
    pages += [visitor.sends("/program/plan", {**form, "document": f"program: {HOSTILE}\n{HOSTILE}: 1\n</textarea>"})]
    pages += [visitor.sends("/sign-in", {"name": HOSTILE, "next": HOSTILE})]

    for page in pages:
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
        assert page.text.count("</textarea>") <= 1
        assert "alert(1)" in page.text
        assert "{{7*7}}" in page.text or "49" not in text_of(page)


# --- what they say -------------------------------------------------------------------------------------------------------


def test_the_overview_says_what_is_owed_and_the_account_sums(ada, shop):
    answer = ada.opens("/overview")
    said = text_of(answer)

    given, expired, owed = (
        int(link_in(row, r"<td>([−\d,]+)</td>").replace("−", "-").replace(",", ""))
        for row in re.findall(
            r"<tr[^>]*>\s*<th scope=\"row\"><bdi><a href=\"#what-is-.*?</tr>", answer.text, flags=re.S
        )
    )
    assert given + expired == owed > 0
    assert f"the worth of {owed:,} stars" in said
    assert "As of 31 December 2017, 18:30, America/New_York" in said
    assert "8 events have been recorded since midnight" in said
    assert "Refused today 24" in said


def test_a_customers_page_says_why(ada):
    said = text_of(ada.opens(customer_link(ada, "1762")))

    assert "90 stars by “purchase”: 45 × 1.00 USD in 45.80 USD, 1 star each, times 2 (“weekend”)" in said
    assert "No stars by “purchase”: 0.40 USD is not enough for one." in said
    assert "Reviewed a product" in said
    assert "In silver since" in said
    assert "to go." in said
    assert "until the end of 14 January 2018" in said


def test_moments_are_written_out_and_exact_beneath(ada):
    page = ada.opens(customer_link(ada, "1762")).text

    assert (
        '<time datetime="2017-12-31T23:30:00Z" title="2017-12-31 18:30 America/New_York">31 December 2017, 18:30</time>'
        in page
    )


def test_older_entries_follow_by_a_plain_link_until_the_beginning(ada):
    path = page = customer_link(ada, "1762")
    entries, html = [], ""
    for _ in range(20):
        html = ada.opens(page).text
        table = html.split('id="ledger-table"')[1].split("</table>")[0]
        entries += re.findall(r"<tbody>|<tr>", table)[1:]
        link = re.search(r'id="ledger-older-link" href="([^"#]+)', html)
        if link is None:
            break
        page = link[1]

    assert page != path
    assert "That is the beginning." in html
    assert len(entries) > 40


@pytest.mark.parametrize("query", ["ledger=x", "ledger=1.2.3", "ledger=" + "9" * 40, "steps=-1", "steps="])
def test_a_cursor_that_is_none_leads_nowhere(ada, query):
    assert ada.opens(f"{customer_link(ada, '1762')}?{query}").status_code == 404


def test_customers_are_found_by_the_beginning_of_their_id(ada):
    assert "1762" in ada.fills_in("/customers", "/customers", q="17").text
    assert "Nobody found." in ada.fills_in("/customers", "/customers", q="zzz").text
    assert "The customers seen last." in ada.opens("/customers").text


def test_what_is_searched_for_stands_in_no_address(ada):
    assert "The customers seen last." in ada.opens("/customers?q=zzz").text
    assert ada.sends("/customers", {"q": "zzz"}).status_code == 403
    assert "hx-replace-url" not in ada.opens("/customers").text
    ada.client.cookies.clear()
    assert ada.sends("/customers", {"q": "ada@example.com"}).headers["location"] == "/sign-in"


def test_what_was_refused_while_storing_is_shown_as_it_was_understood(ada, shop):
    send(shop, [{"type": "track", "userId": "1762", "event": "Other", "messageId": "review-0"}])

    page = ada.opens("/refused").text

    first, second = page.split('<h2 class="what">')[1:3]
    assert first.startswith("Message id reused")
    assert "What was understood of the event" in first
    assert "The event as it came" in second
    assert "does it need a new message id" in page


def test_what_was_refused_is_shown_as_it_came_with_the_way_to_mend_it(ada):
    first = ada.opens("/refused")
    second = ada.opens(link_in(first.text, r'href="(/refused\?older=[^"]+)"'))

    assert "24 events could not be taken." in text_of(first)
    assert "<code>properties.order_id</code> is missing." in first.text
    assert "That is the beginning." in second.text
    assert "missing identity" in text_of(second).lower()


def test_an_empty_shop_says_what_to_do(visit, empty_shop):
    visitor = visit(empty_shop)
    visitor.signs_in("ada", PASSWORD)

    overview = text_of(visitor.opens("/overview"))
    assert "Three steps" in overview
    for command in ("regulars apply", "regulars keys create --kind secret", "curl http://testserver.local/v1/track"):
        assert command in overview
    assert "No customer has been seen yet." in text_of(visitor.opens("/customers"))
    assert "No program is in force yet." in text_of(visitor.opens("/program"))
    assert "Nothing was refused." in text_of(visitor.opens("/refused"))


# --- the program ---------------------------------------------------------------------------------------------------------


def plan(visitor, document):
    return visitor.sends("/program/plan", {**hidden(visitor.opens("/program/edit").text), "document": document})


def test_from_plan_to_apply(ada, shop):
    planned = plan(ada, MORE_STARS)
    assert "What would change" in planned.text
    assert "2 stars for each whole 1.00 USD spent" in text_of(planned)
    assert len(programs.publications(shop)) == 1

    applied = ada.sends("/program/apply", {**hidden(planned.text), "document": MORE_STARS})

    assert (applied.status_code, applied.headers["location"]) == (303, "/program")
    assert [one.published_by for one in programs.publications(shop)] == ["ada", "ada"]
    said = text_of(ada.opens("/program"))
    assert "2 stars for each whole 1.00 USD spent" in said
    assert "6 customers have not adopted it yet" in said
    assert "6 customers have not adopted it yet" in text_of(ada.opens("/program/adoption"))


def test_every_mistake_is_told_with_its_place_and_nothing_typed_is_lost(ada):
    wrong = CORNER_SHOP.replace("points: 1\n", "poinst: 1\n").replace("currency: USD", "currency: US")

    told = plan(ada, wrong)

    assert "2 things are wrong" in text_of(told)
    assert "Line 3, column 11: currency" in text_of(told)
    assert "did you mean “points”?" in text_of(told)
    assert "poinst: 1" in told.text.split("<textarea")[1].split("</textarea>")[0]
    assert "Apply it" not in told.text


def test_what_was_changed_after_its_plan_is_planned_anew(ada, shop):
    planned = hidden(plan(ada, MORE_STARS).text)

    told = ada.sends("/program/apply", {**planned, "document": CORNER_SHOP.replace("points: 1\n", "points: 9\n")})

    assert "was changed after its plan was shown" in told.text
    assert "9 stars for each" in text_of(told)
    assert len(programs.publications(shop)) == 1


def test_what_somebody_else_applied_meanwhile_is_not_overwritten_unseen(ada, shop):
    planned = hidden(plan(ada, MORE_STARS).text)
    programs.publish(shop, CORNER_SHOP.replace("points: 1\n", "points: 5\n"), "eve", NOW)

    told = ada.sends("/program/apply", {**planned, "document": MORE_STARS})

    assert "Somebody else has applied a program" in told.text
    assert "Before: 5 stars for each" in text_of(told)
    assert programs.publications(shop)[0].published_by == "eve"


def test_a_document_in_other_words_changes_nothing(ada):
    assert "Nothing would change" in plan(ada, "# The same.\r\n" + CORNER_SHOP).text


def test_another_currency_is_refused_in_words(ada):
    told = plan(ada, CORNER_SHOP.replace("currency: USD", "currency: EUR"))

    assert "A shop keeps its currency." in told.text
    assert "Apply it" not in told.text


def test_an_earlier_version_can_be_read_and_begun_from(ada, shop):
    [publication] = programs.publications(shop)
    old = publication.version
    programs.publish(shop, MORE_STARS, "eve", NOW - DAY)

    page = ada.opens(f"/program/versions/{old}")
    begun = ada.sends("/program/edit", hidden(page.text))

    assert "It is no longer in force." in page.text
    assert f"/program/versions/{old}" in ada.opens("/program").text
    assert "per: 1.00" in begun.text.split("<textarea")[1]
    assert ada.opens("/program/versions/nothing").status_code == 404


def test_a_backtest_runs_behind_and_its_report_opens_under_its_own_policy(ada, monkeypatch):
    monkeypatch.setattr(program_page, "report_over_record", lambda *_: "<p>The report</p>")
    begun = ada.fills_in("/program", "/program/backtest")
    address = begun.headers["location"]

    looked_at_until(ada, address, "Open the report")
    report = ada.opens(f"{address}/report")
    assert report.text == "<p>The report</p>"
    assert report.headers["content-security-policy"] == f"{content_policy()}; frame-ancestors 'none'"
    assert "not kept here" in text_of(ada.opens("/program/backtest/unknown"))
    assert ada.opens("/program/backtest/unknown/report").status_code == 404


@pytest.mark.slow
def test_the_backtest_is_over_what_the_shop_has_on_record(ada):
    address = ada.fills_in("/program", "/program/backtest").headers["location"]
    looked_at_until(ada, address, "Open the report", pause=0.3)
    assert "recorded" in ada.opens(f"{address}/report").text


def test_a_backtest_that_fails_says_so(ada, monkeypatch, caplog):
    def fail(shop, document):
        raise LookupError("nothing is recorded")

    monkeypatch.setattr(program_page, "report_over_record", fail)
    address = ada.fills_in("/program", "/program/backtest").headers["location"]

    page = looked_at_until(ada, address, "could not be done")

    assert "nothing is recorded" not in page.text + caplog.text
    assert "LookupError" in caplog.text
    assert " fail" in caplog.text


# --- when something is wrong ---------------------------------------------------------------------------------------------


def test_a_failure_is_told_in_the_same_look_and_says_nothing_of_how_we_are_built(ada, monkeypatch, caplog):
    def fail(*_):
        raise ZeroDivisionError("secret of the house")

    monkeypatch.setattr(refused, "refused", fail)
    answer = ada.opens("/refused")

    assert answer.status_code == 500
    assert "Something went wrong here." in answer.text
    assert "secret of the house" not in answer.text
    assert "ZeroDivisionError" not in answer.text
    assert "ZeroDivisionError" in caplog.text
    assert "secret of the house" not in caplog.text
    assert answer.headers["content-security-policy"] == rendering.POLICY


def test_a_form_beyond_all_bounds_is_refused(ada):
    assert ada.sends("/program/plan", {"document": "x" * 3_000_000}).status_code == 413


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/link/x"])
def test_at_the_door_the_bounds_are_narrow(visitor, path):
    assert visitor.sends(path, {"name": "x" * 17_000}).status_code == 413
    assert visitor.sends(path, {"name": "x" * 16_000}).status_code == 403


def test_a_document_that_is_too_long_is_told_so(ada):
    assert "at most 200,000 characters" in plan(ada, "x" * 300_000).text
