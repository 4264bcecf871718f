"""What the shop asks, and what it is answered: satisfaction after a delivery, recommendation twice a year, effort after a case.

Every question is answered or not by itself, and every score is drawn by itself; so each response rate and each share of a score is
a binomial's. Nobody is asked so late that their answer would fall behind the last day.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Struct

from regulars.made_year import mails, support
from regulars.made_year.by_server import HOUR, by_day, day_of, known_from, says, voice_of
from regulars.made_year.calendar import DAYS, FIRST_MINUTE, LAST_MINUTE, MINUTE, SECOND, date_of
from regulars.made_year.draws import Draws, running
from regulars.made_year.model import Model, Surveys
from regulars.made_year.phrases import HELP, HIGH, LOW, MIDDLE, TOPICS, phrases
from regulars.made_year.plan import Plan
from regulars.made_year.saying import Said

CSAT, NPS, CES = "after-delivery", "recommend", "after-help"
ASKED_AT: Final = 600
_LOWEST: Final = {CSAT: 1, NPS: 0, CES: 1}
_MIDDLE: Final = {CSAT: (3, 3), NPS: (7, 8), CES: (4, 4)}
"""The lowest and the highest score that is neither low nor high."""


class Asked(Struct, frozen=True, gc=False):
    """A question, with its answer: `answered_at` and `score` are None where nobody answered, `comment` is "" where no words came.
    `wave` counts the times of `recommend`, and the deliveries of `after-delivery`: 0 before the shift, 1 since. `about` is the
    order's or the case's id."""

    survey: str
    kind: str
    wave: int
    about: str
    asked_at: int
    answered_at: int | None
    score: int | None
    comment: str
    topic: str


class SurveyTruth(Struct, frozen=True):
    """`scores` holds the shares of the scores from `lowest` up, for each wave; the second begins on `days[1]`. `figure` is what
    each wave's scores come to in the trade's reckoning: per cent of 4 and 5 for CSAT, promoters less detractors for NPS, the mean
    for CES."""

    survey: str
    kind: str
    answered: float
    says_why: float
    lowest: int
    days: tuple[int, ...]
    dates: tuple[str, ...]
    scores: tuple[tuple[float, ...], ...]
    means: tuple[float, ...]
    figure: tuple[float, ...]
    shift_in_mean: float


def asked(model: Model, seed: int, plan: Plan, days: int = DAYS) -> tuple[Asked, ...]:
    """All that somebody is asked in the first `days`, survey by survey, in order of time within each."""
    if known_from(seed, plan.life) is None or not plan.person.email:
        return ()
    last_day = days - len(model.surveys.answered_after)
    draws = Draws(seed, "surveys", plan.life.number)
    questions = [
        *_after_deliveries(model, plan),
        *_recommending(model, seed, plan),
        *_after_help(model, seed, plan, days),
    ]
    found = [_asked(model.surveys, draws, plan.person.language, one) for one in questions]
    return tuple([one for one in found if day_of(one.asked_at) <= last_day])


def said(model: Model, seed: int, plan: Plan, days: int = DAYS) -> Iterator[Said]:
    questions = asked(model, seed, plan, days)
    if not questions:
        return
    voice = voice_of(model, seed, plan)
    for one in questions:
        by_mail = one.survey == NPS
        survey = {"survey": one.survey, "kind": one.kind, **_about(one)}
        yield says(voice, one.asked_at, "Survey Sent", {**survey, "channel": "email"}, by_mail=by_mail)
        if one.answered_at is not None:
            words = {"comment": one.comment} if one.comment else {}
            answer = {**survey, "score": one.score, **words}
            yield says(voice, one.answered_at, "Survey Answered", answer, by_mail=by_mail)


def truth(model: Model) -> list[SurveyTruth]:
    surveys = model.surveys
    return [
        _truth(
            surveys,
            CSAT,
            "csat",
            surveys.csat_answered,
            (0, surveys.shift_day),
            (surveys.csat_before, surveys.csat_after),
        ),
        _truth(surveys, NPS, "nps", surveys.nps_answered, surveys.nps_days, surveys.nps_scores),
        _truth(surveys, CES, "ces", surveys.ces_answered, (0,), (surveys.ces_scores,)),
    ]


def person_truth(model: Model, seed: int, plan: Plan, days: int = DAYS) -> dict[str, Any] | None:
    """How often somebody was asked, and answered, by survey; None for whoever never was."""
    told: dict[str, Any] = {}
    for one in asked(model, seed, plan, days):
        counts = told.setdefault(one.survey, {"asked": 0, "answered": 0, "with_words": 0})
        counts["asked"] += 1
        counts["answered"] += one.score is not None
        counts["with_words"] += one.comment != ""
    return told or None


class _Question(Struct, frozen=True, gc=False):
    """`answered` is the chance that it is, `scores` the shares of the scores; with a low one the words are about the delivery by
    the chance `blames`."""

    survey: str
    kind: str
    wave: int
    about: str
    at: int
    answered: float
    scores: Sequence[float]
    blames: float = 0.0


def _after_deliveries(model: Model, plan: Plan) -> list[_Question]:
    surveys, questions = model.surveys, []
    for purchase in plan.purchases:
        if purchase.delivered_at is not None and purchase.cancelled_at is None and purchase.visit is not None:
            delivered = day_of(purchase.delivered_at)
            is_after = delivered >= surveys.shift_day
            scores = surveys.csat_after if is_after else surveys.csat_before
            at = by_day(delivered + surveys.csat_after_days, ASKED_AT) + plan.life.number % 1800 * SECOND
            about, blames = purchase.order_id, _blames(surveys, delivered)
            questions.append(_Question(CSAT, "csat", int(is_after), about, at, surveys.csat_answered, scores, blames))
    return questions


def _recommending(model: Model, seed: int, plan: Plan) -> list[_Question]:
    surveys, life = model.surveys, plan.life
    agreed = mails.subscription(model, seed, life, plan.person)
    if agreed is None:
        return []
    written = mails.letters(model, seed, life, plan.person)
    questions = []
    for wave, (day, scores) in enumerate(zip(surveys.nps_days, surveys.nps_scores, strict=True)):
        at = by_day(day, ASKED_AT) + life.number % 1800 * SECOND
        if mails.may_write(agreed, written, at):
            blames = _blames(surveys, day)
            questions.append(_Question(NPS, "nps", wave, "", at, surveys.nps_answered, scores, blames))
    return questions


def _after_help(model: Model, seed: int, plan: Plan, days: int) -> list[_Question]:
    surveys = model.surveys
    return [
        _Question(CES, "ces", 0, case.case, case.closed_at + HOUR, surveys.ces_answered, surveys.ces_scores)
        for case in support.cases(model, seed, plan, days)
    ]


def _blames(surveys: Surveys, day: int) -> float:
    return surveys.blames_delivery_after if day >= surveys.shift_day else surveys.blames_delivery


def _asked(surveys: Surveys, draws: Draws, language: str, one: _Question) -> Asked:
    about = one.survey, one.kind, one.wave, one.about, one.at
    if not draws.chance(one.answered):
        return Asked(*about, None, None, "", "")
    score, says_why = draws.place(running(one.scores)) + _LOWEST[one.survey], draws.chance(surveys.says_why)
    answered_at = _answered_at(surveys, draws, one.at)
    topic, comment = _words(draws, language, one.survey, score, one.blames)
    return Asked(*about, answered_at, score, comment if says_why else "", topic if says_why else "")


def _answered_at(surveys: Surveys, draws: Draws, at: int) -> int:
    after, share = draws.place(running(surveys.answered_after)), draws.share()
    day = day_of(at)
    if after == 0:
        left = by_day(day, LAST_MINUTE + 30) - at - MINUTE
        return at + MINUTE + int(share * (left // SECOND)) * SECOND
    return by_day(day + after, FIRST_MINUTE) + int(share * (LAST_MINUTE - FIRST_MINUTE) * 60) * SECOND


def _words(draws: Draws, language: str, survey: str, score: int, blames: float) -> tuple[str, str]:
    least, most = _MIDDLE[survey]
    liked = LOW if score < least else HIGH if score > most else MIDDLE
    delivery, other, which = draws.chance(blames), draws.share(), draws.share()
    if survey == CES:
        topic = HELP
    elif liked == LOW:
        others = TOPICS[LOW][1:]
        topic = TOPICS[LOW][0] if delivery else others[int(other * len(others))]
    else:
        topic = TOPICS[liked][int(other * len(TOPICS[liked]))]
    words = phrases(language, liked, topic)
    return topic, words[int(which * len(words))]


def _about(one: Asked) -> dict[str, str]:
    if one.survey == CSAT:
        return {"order_id": one.about}
    return {"case": one.about} if one.survey == CES else {}


def _truth(
    surveys: Surveys, survey: str, kind: str, answered: float, days: Sequence[int], scores: Sequence[Sequence[float]]
) -> SurveyTruth:
    lowest = _LOWEST[survey]
    means = tuple([_mean(each, lowest) for each in scores])
    figure = {"csat": _content, "nps": _promoters, "ces": _mean}[kind]
    return SurveyTruth(
        survey,
        kind,
        answered,
        surveys.says_why,
        lowest,
        tuple(days),
        tuple([date_of(day).isoformat() for day in days]),
        tuple([tuple(each) for each in scores]),
        means,
        tuple([figure(each) for each in scores]),
        _rounded(means[-1] - means[0]),
    )


def _content(shares: Sequence[float]) -> float:
    """Those who say 4 or 5, in per cent."""
    return _rounded(100 * (shares[3] + shares[4]))


def _promoters(shares: Sequence[float]) -> float:
    """Those who say 9 or 10, less those who say 6 or less, in per cent."""
    sums = running(shares)
    return _rounded(100 * (sums[-1] - sums[8] - sums[6]))


def _mean(shares: Sequence[float], lowest: int = 1) -> float:
    return _rounded(running([score * share for score, share in enumerate(shares, lowest)])[-1])


def _rounded(figure: float) -> float:
    return round(figure, 8)
