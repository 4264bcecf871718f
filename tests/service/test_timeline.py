"""What happened to a customer, and how it is asked for."""

from sqlalchemy import event

from regulars.service import timeline
from tests.service.town import Town, order


def test_a_long_history_is_asked_for_in_as_many_words_as_a_short_one(town: Town) -> None:
    town.applies()
    town.hears(order("ada", "0", 1))
    asked = [_statements(town, town.customer("ada").id)]
    town.hears(*[order("ada", str(number), number) for number in range(1, 10)])
    asked.append(_statements(town, town.customer("ada").id))
    assert asked[0] == asked[1] > 0
    assert [step.points for step in town.story("ada")] == [1, *range(1, 10)]


def _statements(town: Town, id: str) -> int:
    statements: list[str] = []

    def heard(_: object, __: object, statement: str, *___: object) -> None:
        statements.append(statement)

    readers = town.shop.store._readers
    event.listen(readers, "before_cursor_execute", heard)
    try:
        assert timeline.explain(town.shop, id, None, 10).steps
    finally:
        event.remove(readers, "before_cursor_execute", heard)
    return len(statements)
