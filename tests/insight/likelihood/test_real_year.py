"""A real grocer's year, of which nothing but orders is known: most households come every week, few stay away for a month."""

import pytest

from regulars.insight.likelihood.model import likelihood
from regulars.insight.moments import Moment
from regulars.kernel.calendar import Calendar
from regulars.kernel.segments.meaning import Known
from regulars.wire.complete_journey import CompleteJourney
from regulars.wire.sources import parse_instant
from regulars.wire.zones import zone_named
from tests.insight.loaded import in_duckdb

ZONE = "America/New_York"


@pytest.mark.slow
def test_what_it_predicts_of_a_real_year_comes_about() -> None:
    """Within six points in each tenth of everybody, within fifteen of the eighty or so in each of those who stay away: three times
    what chance alone makes of eighty."""
    calendar = Calendar(zone_named(ZONE))
    history = CompleteJourney().open(currency_exponent=2, currency="USD", properties=frozenset())
    households = [
        Known(id, calendar, tuple(facts), allows=frozenset(["profiling"])) for id, facts in history.customers()
    ]
    with in_duckdb(households, calendar) as engine:
        found = likelihood(engine, Moment(parse_instant("2018-01-01", ZONE), calendar))

    assert len(found.candidates) == 2_469
    for figures, bound in ((found.everybody, 0.06), (found.waiting, 0.15)):
        assert max([abs(one.predicted - one.observed) for one in figures.tenths]) < bound
        assert figures.model.auc > figures.rule.auc
        assert figures.model.brier < figures.rule.brier
    assert found.everybody.beats_rule
    assert found.everybody.model.auc > 0.85
    assert not found.waiting.beats_rule, "of few who stay away the year says too little"
