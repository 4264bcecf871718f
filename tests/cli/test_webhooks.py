"""The commands about webhooks, as a person and as a script would call them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from regulars.boot import wiring
from regulars.cli import regulars
from regulars.service.networks import VARIABLE
from tests.fakes.receiver import Receiver, receiving, verified
from tests.live import set_up

PROGRAM = """
program: tea
currency: USD
time_zone: America/New_York
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REGULARS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv(VARIABLE, "127.0.0.0/8")
    set_up(f"sqlite:///{tmp_path / 'regulars.db'}", PROGRAM)
    return tmp_path


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def says(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(regulars, ["webhooks", *words], obj=wiring())
    assert result.exit_code == code, result.output
    return result


def secret_in(result: Result) -> str:
    return result.stdout.splitlines()[-1]


def shown() -> list[dict[str, Any]]:
    return json.loads(says("list", "--json").stdout)


def test_a_receiver_is_added_and_tested(receiver: Receiver) -> None:
    secret = secret_in(says("add", "crm", receiver.url, "--type", "segment.entered"))
    assert says("test", "crm").stdout == "Delivered: it answered 204.\n"
    [came] = receiver.came
    assert verified(came, secret)["type"] == "webhook.test"
    [crm] = shown()
    assert (crm["types"], crm["waiting"], crm["failed"]) == (["segment.entered"], 0, 0)
    assert secret not in says("list").stdout
    assert f"crm  {receiver.url}  segment.entered\n  last delivered 20" in says("list").stdout
    assert "webhook.test  delivered, after 1 attempt\n" in says("deliveries", "crm").stdout


def test_what_was_not_delivered_says_why_and_is_sent_again(receiver: Receiver) -> None:
    says("add", "crm", receiver.url)
    receiver.answers = [410, 204]
    assert "It answered 410: it wants no more." in says("test", "crm", code=1).stderr
    assert "Disabled since" in says("list").stdout
    assert "disabled: enable it first" in says("test", "crm", code=1).stderr
    says("enable", "crm")
    [failed] = json.loads(says("deliveries", "crm", "--state", "failed", "--json").stdout)
    assert (failed["status"], failed["attempts"]) == (410, 1)
    assert "1 are sent once more." in says("deliveries", "crm", "--retry").stdout
    assert says("deliveries", "crm", "--state", "failed").stdout == "There are none.\n"


def test_a_secret_is_changed(receiver: Receiver) -> None:
    old = secret_in(says("add", "crm", receiver.url))
    new = secret_in(says("rotate", "crm"))
    says("test", "crm")
    assert verified(receiver.came[0], old) == verified(receiver.came[0], new)
    last = secret_in(says("rotate", "crm", "--at-once"))
    says("test", "crm")
    assert verified(receiver.came[1], last)


def test_one_that_is_removed_is_gone(receiver: Receiver) -> None:
    says("add", "crm", receiver.url)
    says("disable", "crm")
    says("remove", "crm")
    assert says("list").stdout == "There are none yet: regulars webhooks add NAME URL\n"
    for command in ("rotate", "disable", "enable", "remove", "test", "deliveries"):
        assert "there is no webhook of that name: see" in says(command, "crm", code=1).stderr


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("CRM", "https://crm.example.com/"), "name: a name has 1 to 60 small letters"),
        (("crm", "http://10.0.0.1/"), "url: the address is a private or local one"),
        (("crm", "crm.example.com"), "url: write the address as https://"),
        (
            ("crm", "https://crm.example.com/", "--type", "segment.enterd"),
            "types: one of the types is none; did you mean",
        ),
    ],
)
def test_what_cannot_be_says_where_and_how_to_mend_it(words: tuple[str, ...], complaint: str) -> None:
    assert complaint in says("add", *words, code=1).stderr
    assert shown() == []


def test_a_setting_that_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "everywhere")
    assert "REGULARS_WEBHOOK_NETWORKS cannot be read" in says("add", "crm", "https://x.example/", code=1).stderr
