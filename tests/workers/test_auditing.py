"""Every night on the shop's wall somebody looks whether segments are right; what is not is counted, and said with ids alone."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient

from regulars.boot import new_id
from regulars.service.auditing import Audited, last_audit
from regulars.web.app import create_app
from regulars.workers.auditing import Auditor
from regulars.workers.behind import Stopped
from tests.service.test_auditing import lists
from tests.service.test_memberships import SEGMENTS
from tests.service.town import Town, order
from tests.shop import at


class Clock:
    now = at("2017-03-05 23:00")

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def town(sqlite: str) -> Iterator[Town]:
    town = Town(sqlite)
    town.applies(SEGMENTS)
    town.hears({"type": "identify", "userId": "ada", "traits": {"email": "ada@example.org"}}, order("ada", "1", 5))
    yield town
    town.close()


def test_a_night_is_audited_once_and_what_is_wrong_is_an_alarm(
    town: Town, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    auditor = Auditor(town.shop, tmp_path, clock)
    done = auditor.look()
    assert done is not None
    assert (done.compared, done.drifts) == (1, 0)
    assert auditor.look() is None, "tonight it was done"
    assert Auditor(town.shop, tmp_path, clock).look() is None, "by another process, too"
    assert caplog.messages == []

    ada = town.customer("ada").id
    lists(town, "of-lund", ada)
    clock.now = at("2017-03-06 03:00")
    with caplog.at_level(logging.WARNING):
        auditor.look()
    assert caplog.messages == [f"1 rows of segments are not what they should be: of-lund {ada}"]
    assert auditor.told == Audited(audits=2, compared=2, drifts=1)
    with TestClient(create_app(town.shop, clock, new_id, audited=auditor.told)) as client:
        assert "regulars_segment_drift_total 1.0" in client.get("/metrics").text.splitlines()
    assert list(tmp_path.glob(".insight-*")) == [], "nothing is left lying about"


def test_an_audit_that_was_stopped_is_made_up_for(town: Town, tmp_path: Path) -> None:
    stopped = Auditor(town.shop, tmp_path, Clock())
    stopped.stop()
    with pytest.raises(Stopped):
        stopped.look()
    assert last_audit(town.shop) is None
    assert Auditor(town.shop, tmp_path, Clock()).look() is not None
