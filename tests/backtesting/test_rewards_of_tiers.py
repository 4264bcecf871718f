"""What entering a level gives stands in a backtest beside the rules, and the months tell who held a level."""

from regulars.backtesting.report import single
from regulars.backtesting.report.parts import Figure
from regulars.kernel.program import Level, LevelReward
from tests.backtesting.shops import backtest, corner_shop, program

LEVELS = (Level("silver", 5_000, gives=LevelReward(10)), Level("gold", 20_000, gives=LevelReward(25)))


def test_rewards_for_entering_are_counted_with_the_rules():
    till = corner_shop()
    (plain,) = backtest(till, program(levels=tuple(Level(one.id, one.at) for one in LEVELS)))
    (outcome,) = backtest(till, program(levels=LEVELS))

    reached = {one.customer: one.tier for one in outcome.customers}
    assert reached == {one.customer: one.tier for one in plain.customers}
    assert outcome.by_rule["level:silver"] == 10 * sum(tier in ("silver", "gold") for tier in reached.values()) > 0
    assert outcome.by_rule["level:gold"] == 25 * sum(tier == "gold" for tier in reached.values()) > 0
    assert sum(outcome.by_rule.values()) == outcome.points.issued
    assert outcome.points.issued - plain.points.issued == sum(
        points for rule, points in outcome.by_rule.items() if rule.startswith("level:")
    )


def test_the_report_shows_them_by_rule():
    ran = program(levels=LEVELS)
    (outcome,) = backtest(corner_shop(), ran)
    section = single._rules(outcome, ran.program)
    assert section is not None
    (figure,) = section.parts
    assert isinstance(figure, Figure)
    assert [row.cells[0] for row in figure.table.rows] == ["purchase", "fresh", "level:silver", "level:gold"]
