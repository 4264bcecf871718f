"""What people are asked, how many answer, and the day from which they are less content."""

import pytest
from msgspec.structs import replace

from regulars.made_year import mails, surveys
from regulars.made_year.by_server import day_of
from regulars.made_year.calendar import DAYS, date_of, midnight
from regulars.made_year.model import Surveys
from regulars.made_year.phrases import HIGH, LOW, MIDDLE, TOPICS, WORDS
from regulars.made_year.surveys import CES, CSAT, NPS, Asked
from tests.made_year.crowd import MODEL, SEED, crowd, holds

MANY = 6_000


def test_each_delivery_is_asked_about_once_two_days_later():
    for plan in crowd(300):
        arrived = {
            bought.order_id: day_of(bought.delivered_at) for bought in plan.purchases if bought.delivered_at is not None
        }
        told = [one for one in surveys.asked(MODEL, SEED, plan) if one.survey == CSAT]
        assert {one.about: day_of(one.asked_at) - 2 for one in told} == {
            id: day for id, day in arrived.items() if day + 2 <= DAYS - 3
        }


def test_nobody_is_asked_so_late_that_the_answer_would_be_missing():
    for one in all_asked(600):
        assert one.asked_at < midnight(DAYS - 2)
        if one.answered_at is not None:
            assert one.asked_at < one.answered_at < midnight(DAYS)


def test_whether_they_would_recommend_it_is_asked_of_those_who_may_be_written_to():
    for plan in crowd(600):
        agreed = mails.subscription(MODEL, SEED, plan.life, plan.person)
        for one in surveys.asked(MODEL, SEED, plan):
            if one.survey == NPS:
                assert agreed is not None
                assert agreed.at < one.asked_at


def test_an_answer_says_the_score_and_sometimes_why_in_their_own_language():
    for plan in crowd(600):
        told = {one.at: one for one in surveys.said(MODEL, SEED, plan) if one.name == "Survey Answered"}
        for one in told.values():
            words = one.properties.get("comment")
            liked = WORDS[plan.person.language[:2]].values()
            assert words is None or any(words in topic for topics in liked for topic in topics.values())
        assert len(told) == sum(one.score is not None for one in surveys.asked(MODEL, SEED, plan))


def test_every_language_has_words_for_every_topic():
    for words in WORDS.values():
        assert all(words[liked][topic] for liked in (LOW, MIDDLE, HIGH) for topic in (*TOPICS[liked], "help"))


def test_the_truth_names_the_shift_and_its_day():
    told = {one.survey: one for one in surveys.truth(MODEL)}

    assert told[CSAT].dates[1] == date_of(200).isoformat() == "2025-07-20"
    assert told[CSAT].shift_in_mean == pytest.approx(3.56 - 4.14)
    assert told[CSAT].figure == pytest.approx((80, 60))
    assert told[NPS].figure == pytest.approx((32, 11))
    assert all(sum(scores) == pytest.approx(1) for one in told.values() for scores in one.scores)


def test_a_shorter_year_asks_the_same_people_the_same():
    for plan in crowd(300):
        times = [one.at for one in surveys.said(MODEL, SEED, plan, 100)]
        assert not times or max(times) < midnight(100)


@pytest.mark.slow
@pytest.mark.parametrize("survey", [CSAT, NPS, CES])
def test_how_many_answer_is_found_again(survey):
    expected = next(one for one in surveys.truth(MODEL) if one.survey == survey)
    told = [one for one in all_asked(MANY) if one.survey == survey]
    answered = [one for one in told if one.score is not None]

    holds(len(answered), len(told), expected.answered)
    holds(sum(one.comment != "" for one in answered), len(answered), expected.says_why)


@pytest.mark.slow
@pytest.mark.parametrize("survey", [CSAT, NPS, CES])
def test_the_scores_are_found_again_before_the_shift_and_since(survey):
    expected = next(one for one in surveys.truth(MODEL) if one.survey == survey)
    for wave, shares in enumerate(expected.scores):
        scores = [one.score for one in all_asked(MANY) if one.survey == survey and one.wave == wave]
        answered = [score for score in scores if score is not None]
        assert set(answered) <= set(range(expected.lowest, expected.lowest + len(shares)))
        for score, share in enumerate(shares, expected.lowest):
            holds(answered.count(score), len(answered), share)


@pytest.mark.slow
def test_since_the_shift_the_words_are_about_the_delivery():
    """In a shop where everybody answers, and says why."""
    model = replace(MODEL, surveys=Surveys(csat_answered=1.0, says_why=1.0))
    told = [one for plan in crowd(MANY) for one in surveys.asked(model, SEED, plan)]
    low = [one for one in told if one.survey == CSAT and (one.score or 0) < 3]
    for wave, share in ((0, MODEL.surveys.blames_delivery), (1, MODEL.surveys.blames_delivery_after)):
        topics = [one.topic for one in low if one.wave == wave]
        holds(topics.count("delivery"), len(topics), share)


def all_asked(size: int) -> list[Asked]:
    return [one for plan in crowd(size) for one in surveys.asked(MODEL, SEED, plan)]
