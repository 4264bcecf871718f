"""What somebody consents to, out of everything that was said about it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.kernel.consents import Consent, Said, Standing, standing
from regulars.kernel.program import PurposeRule

ASKED = PurposeRule("email", "consent")
TWICE = PurposeRule("email", "consent", double_opt_in=True)
OBJECTED = PurposeRule("analytics", "legitimate_interest")
CONTRACT = PurposeRule("email", "contract")
RULES = [ASKED, TWICE, OBJECTED, CONTRACT, PurposeRule("email", "legitimate_interest", double_opt_in=True)]


def grants(at: int, record: str = "ada", **how: Any) -> Said:
    """The shop's word, unless `by_shop` is False; recorded when it happened, unless told otherwise."""
    return _said(at, record, True, **how)


def withdraws(at: int, record: str = "ada", **how: Any) -> Said:
    return _said(at, record, False, **how)


def _said(
    at: int,
    record: str,
    granted: bool,
    by_shop: bool = True,
    imported: bool = False,
    confirmed: bool = False,
    recorded_at: int | None = None,
) -> Said:
    recorded = at if recorded_at is None else recorded_at
    id = f"{record}-{at}-{granted}-{by_shop}-{imported}-{confirmed}"
    return Said(record, granted, by_shop, imported, confirmed, at, recorded, id)


def stands(*said: Said, rule: PurposeRule = ASKED, together_since: int = 0) -> str:
    return standing(rule, said, together_since).standing.value


# --- each record by itself: its last word holds -------------------------------------------------------------------------


def test_the_last_word_holds() -> None:
    assert stands(grants(1)) == "granted"
    assert stands(grants(1), withdraws(2)) == "withdrawn"
    assert stands(grants(1), withdraws(2), grants(3)) == "granted"


def test_the_last_by_when_it_was_said_and_not_by_when_it_was_heard() -> None:
    assert stands(withdraws(2), grants(1, recorded_at=9)) == "withdrawn"
    assert stands(grants(2), withdraws(1, recorded_at=9)) == "granted"


def test_at_one_moment_a_withdrawal_goes_before_a_grant() -> None:
    assert stands(grants(2), withdraws(2)) == stands(withdraws(2), grants(2)) == "withdrawn"
    assert stands(grants(2), withdraws(2, "device")) == "withdrawn"


def test_the_word_that_decided_is_told() -> None:
    said = [grants(1), withdraws(2), grants(3), withdraws(4)]
    assert standing(ASKED, said) == Consent(Standing.WITHDRAWN, said[3])
    assert standing(ASKED, said[:3]) == Consent(Standing.GRANTED, said[2])


# --- an imported grant gives only where nothing has been said: it never lifts a withdrawal --------------------------------


def test_an_imported_grant_gives_where_nothing_was_said() -> None:
    assert stands(grants(1, imported=True)) == "granted"
    assert stands(grants(1, imported=True), rule=TWICE) == "granted"


def test_an_imported_grant_never_lifts_a_withdrawal() -> None:
    assert stands(withdraws(1), grants(2, imported=True)) == "withdrawn"
    assert stands(withdraws(1, imported=True), grants(2, imported=True)) == "withdrawn"
    assert stands(withdraws(1, "device"), grants(2, imported=True)) == "withdrawn"
    assert stands(withdraws(1), grants(2, imported=True), grants(3)) == "granted"


def test_an_imported_withdrawal_withdraws() -> None:
    assert stands(grants(1), withdraws(2, imported=True)) == "withdrawn"


# --- a browser's grant counts once it is confirmed; its withdrawal counts at once -----------------------------------------


def test_a_browsers_grant_waits_until_it_is_confirmed() -> None:
    by_browser = grants(1, by_shop=False)
    assert stands(by_browser) == "unconfirmed"
    assert stands(by_browser, grants(2, confirmed=True)) == "granted"
    assert not Standing.UNCONFIRMED.allows


def test_where_nobody_needs_to_be_asked_a_browsers_grant_counts() -> None:
    for rule in (OBJECTED, CONTRACT):
        assert stands(grants(1, by_shop=False), rule=rule) == "granted"


def test_a_browsers_withdrawal_counts_at_once() -> None:
    assert stands(grants(1), withdraws(2, by_shop=False)) == "withdrawn"
    assert stands(withdraws(2, by_shop=False), rule=OBJECTED) == "withdrawn"


def test_where_a_second_click_is_asked_for_the_shops_word_alone_does_not_do() -> None:
    assert stands(grants(1), rule=TWICE) == "unconfirmed"
    assert stands(grants(1), grants(2, confirmed=True), rule=TWICE) == "granted"


def test_what_is_confirmed_stays_so_however_often_it_is_said_again() -> None:
    said = [grants(1), grants(2, confirmed=True), grants(3), grants(4, by_shop=False)]
    assert standing(TWICE, said) == Consent(Standing.GRANTED, said[1])


def test_after_a_withdrawal_it_must_be_confirmed_anew() -> None:
    assert stands(grants(1), grants(2, confirmed=True), withdraws(3), grants(4), rule=TWICE) == "unconfirmed"


# --- several records of one person: a withdrawal in any of them holds -----------------------------------------------------


def test_a_withdrawal_in_any_record_holds() -> None:
    assert stands(grants(5), withdraws(1, "device"), together_since=6) == "withdrawn"
    assert stands(withdraws(5), grants(1, "device"), together_since=6) == "withdrawn"
    assert stands(grants(1), grants(2, "device"), together_since=6) == "granted"


def test_only_a_grant_after_the_records_had_come_together_lifts_it() -> None:
    before, after = grants(7, recorded_at=7), grants(9, recorded_at=9)
    assert stands(withdraws(1, "device"), before, together_since=8) == "withdrawn"
    assert stands(withdraws(1, "device"), after, together_since=8) == "granted"
    assert stands(withdraws(1, "device"), withdraws(10, "phone"), after, together_since=8) == "withdrawn"


def test_what_lifts_must_count_by_itself() -> None:
    denial = withdraws(1, "device")
    assert stands(denial, grants(9, by_shop=False), together_since=8) == "withdrawn"
    assert stands(denial, grants(9), rule=TWICE, together_since=8) == "withdrawn"
    assert stands(denial, grants(9, imported=True), together_since=8) == "withdrawn"


def test_of_grants_in_several_records_one_that_counts_is_enough() -> None:
    assert stands(grants(9, "device", by_shop=False), grants(1)) == "granted"
    assert stands(grants(9, "device", by_shop=False), grants(1, by_shop=False)) == "unconfirmed"


# --- nobody said anything -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rule", "expected"), [(ASKED, "missing"), (OBJECTED, "assumed"), (CONTRACT, "assumed")])
def test_where_nobody_said_anything(rule: PurposeRule, expected: str) -> None:
    assert stands(rule=rule) == expected
    assert standing(rule, []).because is None


def test_what_allows() -> None:
    assert [one.value for one in Standing if one.allows] == ["granted", "assumed"]


# --- laws -----------------------------------------------------------------------------------------------------------------

words = st.lists(
    st.builds(
        Said,
        st.sampled_from(["ada", "device", "phone"]),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.integers(0, 5),
        st.integers(0, 9),
        st.integers(0, 9**9).map(str),
    ),
    max_size=7,
    unique_by=lambda one: one.fact,
)


@given(st.sampled_from(RULES), st.data(), words, st.integers(0, 9))
def test_the_order_in_which_words_are_heard_never_matters(
    rule: PurposeRule, data: st.DataObject, said: list[Said], together_since: int
) -> None:
    shuffled = data.draw(st.permutations(said))
    assert standing(rule, shuffled, together_since) == standing(rule, said, together_since)


@given(st.sampled_from(RULES), words, st.integers(0, 9))
def test_a_merge_never_widens_a_consent(rule: PurposeRule, said: list[Said], together_since: int) -> None:
    """What one of the records denies by itself is denied to the person, at the moment at which they come together."""
    just_met = max([together_since, *[one.recorded_at + 1 for one in said]])
    apart = [standing(rule, [one for one in said if one.record == record]) for record in {one.record for one in said}]
    if any(one.standing is Standing.WITHDRAWN for one in apart):
        assert standing(rule, said, just_met).standing is Standing.WITHDRAWN


@given(st.sampled_from(RULES), words, st.integers(0, 9), st.sampled_from(["ada", "device", "phone"]))
def test_whoever_withdraws_now_has_withdrawn(
    rule: PurposeRule, said: list[Said], together_since: int, record: str
) -> None:
    last = withdraws(6, record)
    assert standing(rule, [*said, last], together_since) == standing(rule, [last, *said], together_since)
    assert not standing(rule, [*said, last], together_since).standing.allows
