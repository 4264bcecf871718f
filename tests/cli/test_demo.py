"""The demo: two shops by one command, and nothing of it outlives the command."""

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from regulars.boot import new_id, wiring
from regulars.cli import regulars
from regulars.cli.demo import NOTE, _grocers
from regulars.made_year.holding import holding
from regulars.service import programs
from regulars.service.shop import open_shop
from regulars.service.sign import MADE, Sign, sign_of
from tests.live import process
from tests.web.admin.shops import CORNER_SHOP
from tests.web.admin.visitor import hidden

LINK = re.compile(r"(http://127\.0\.0\.1:\d+)(/sign-in/link/\S+)")
SECONDS = 240
FEW = ("--customers", "4")


@pytest.fixture
def demo(tmp_path):
    """Starts it, and gives the process and its two links when both shops are open."""
    running: list[subprocess.Popen[bytes]] = []

    def start():
        output = tmp_path / f"said-{len(running)}"
        running.append(process("demo", "--data-dir", str(tmp_path / "demo"), "--port", "0", *FEW, output=output))
        until(lambda: "Ctrl-C ends both" in output.read_text("utf-8") or running[-1].poll() is not None)
        links = LINK.findall(output.read_text("utf-8"))
        assert len(links) == 2, output.read_text("utf-8")
        return running[-1], links, output

    yield start
    for one in running:
        one.kill()
        one.wait()


def until(is_so):
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_open(address):
    host, _, port = address.partition("://")[2].partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def pages_of(address, link):
    """What the overview says to whoever came in by the link."""
    with httpx.Client(base_url=address, follow_redirects=True, timeout=60) as client:
        return client.post(link, data=hidden(client.get(link).text)).text


def children_of(process):
    return [int(one) for one in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


@pytest.mark.slow
def test_both_years_are_there_and_each_says_which_it_is(demo):
    command, links, _ = demo()
    grocers, made = [pages_of(*link) for link in links]

    assert NOTE.split(":")[0] in grocers
    assert "Switch to <bdi>The made year</bdi>" in grocers
    assert MADE in made
    assert "Switch to <bdi>The grocer’s year</bdi>" in made
    assert "By week" in made

    command.send_signal(signal.SIGINT)

    assert command.wait(SECONDS) == 0
    assert not any(is_open(address) for address, _ in links)

    command, links, output = demo()
    assert "0 came in, 155,848 were known" in output.read_text("utf-8")

    [child] = children_of(command)
    os.kill(child, signal.SIGKILL)

    assert command.wait(SECONDS) == 1
    assert "the made year has ended, and so has this one" in output.read_text("utf-8")
    assert not any(is_open(address) for address, _ in links)


@pytest.mark.slow
def test_killed_outright_it_takes_the_other_shop_along(demo):
    command, links, _ = demo()
    command.kill()
    command.wait()

    until(lambda: not any(is_open(address) for address, _ in links))


def refused(folder):
    """What the demo says of a folder that it leaves alone, within seconds."""
    words = ("demo", "--data-dir", str(folder), "--port", "0", *FEW)
    answer = CliRunner().invoke(regulars, words, obj=wiring(), catch_exceptions=False)
    assert answer.exit_code == 1
    return answer.stderr


def test_nobodys_own_shop_is_filled(tmp_path):
    shop = open_shop(f"sqlite:///{tmp_path / 'regulars.db'}", new_id)
    programs.publish(shop, CORNER_SHOP, "ada", 0)
    shop.close()

    assert f"{tmp_path} holds a shop of your own, which the demo would fill" in refused(tmp_path)
    assert not (tmp_path / "made").exists()
    shop = open_shop(f"sqlite:///{tmp_path / 'regulars.db'}", new_id)
    assert [one.published_by for one in programs.publications(shop)] == ["ada"]
    assert sign_of(shop) == Sign()
    shop.close()


def test_two_demos_do_not_run_in_one_folder(tmp_path):
    with holding(tmp_path):
        assert f"a demo runs in {tmp_path} already" in refused(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_something_else_in_the_folder_of_the_made_year_ends_the_demo_at_once(tmp_path):
    """Without waiting until the grocer's orders are read."""
    (tmp_path / "demo" / "made-year").mkdir(parents=True)
    (tmp_path / "demo" / "made-year" / "thesis.docx").write_text("years of work")
    output = tmp_path / "said"

    command = process("demo", "--data-dir", str(tmp_path / "demo"), "--port", "0", *FEW, output=output)

    assert command.wait(SECONDS) == 1
    said = output.read_text("utf-8")
    assert "made-year holds something else: thesis.docx" in said
    assert "the made year has ended, and so has this one; what it said stands above" in said
    assert "Traceback" not in said
    assert "Waiting for the made year" not in said
    assert [one.name for one in (tmp_path / "demo" / "made-year").iterdir()] == ["thesis.docx"]


def test_a_port_that_is_taken_is_complained_of_before_anything_long_begins(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for asked in (port, port - 1):
            words = ("demo", "--data-dir", str(tmp_path / "demo"), "--port", str(asked))
            answer = CliRunner().invoke(regulars, words, obj=wiring(), catch_exceptions=False)

            assert answer.exit_code == 1
            assert f"cannot listen on port {port}" in answer.stderr
    assert not (tmp_path / "demo").exists()


def test_a_demo_of_before_there_were_two_years_is_gone_on_with(tmp_path):
    assert _grocers(tmp_path) == tmp_path / "grocer"

    (tmp_path / "regulars.db").touch()

    assert _grocers(tmp_path) == tmp_path
