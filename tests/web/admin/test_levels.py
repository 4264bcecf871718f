"""Staff give a level by hand on the customer's page, see until when it holds, and take it back."""

from tests.web.admin.test_customers import id_of, text_of


def path_of(shop):
    return f"/customers/{id_of(shop, '1762')}"


def test_a_level_is_given_to_the_end_of_a_day_and_taken_back(ada, shop):
    path = path_of(shop)
    ada.fills_in(path, f"{path}/level", level="platinum", until="2018-03-31", reason="Platinum elsewhere")
    said = text_of(ada.opens(path))
    assert "In platinum since 31 December 2017 . platinum was given by hand, until the end of 31 March 2018 ." in said
    assert "To keep platinum" in said
    assert "Was given the level" in said
    assert "Platinum elsewhere" in said
    ada.fills_in(path, f"{path}/level", level="")
    said = text_of(ada.opens(path))
    assert "given by hand, until" not in said
    assert "Gave a level by hand, or took it back" in text_of(ada.opens("/audit"))


def test_without_a_day_it_holds_until_somebody_takes_it_back(ada, shop):
    path = path_of(shop)
    ada.fills_in(path, f"{path}/level", level="platinum")
    assert "platinum was given by hand, until it is taken back." in text_of(ada.opens(path))


def test_what_cannot_be_says_why_and_does_nothing(ada, shop):
    path = path_of(shop)
    before = text_of(ada.opens(path)).partition("Tier")[2][:60]
    for form, status, why in (
        ({"level": "diamond"}, 409, "The program has no level of that name."),
        ({"level": "gold", "until": "soon"}, 422, "That is no day"),
        ({"level": "gold", "until": "9999-12-31"}, 422, "That is no day"),
        ({"level": "gold", "until": "2017-01-01"}, 409, "The end lies in the past."),
        ({"level": ""}, 409, "there is none to take back"),
    ):
        answer = ada.fills_in(path, f"{path}/level", **form)
        assert (answer.status_code, why in text_of(answer)) == (status, True), form
    assert text_of(ada.opens(path)).partition("Tier")[2][:60] == before


def test_nothing_is_given_without_the_token_of_the_session(ada, shop):
    path = path_of(shop)
    assert ada.sends(f"{path}/level", {"level": "gold"}).status_code == 403


def test_the_page_shows_what_is_missing_to_keep_a_level_with_a_bar(ada, shop):
    page = ada.opens(path_of(shop))
    assert 'aria-describedby="keeping-says"' in page.text
    assert "keep it." in text_of(page)
