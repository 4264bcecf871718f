"""Two shops with a year behind them, in one command: a real grocer's, and one that was made."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Final, Self

import click
import msgspec

from regulars.cli.demo_made import ACCOUNT, CUSTOMERS, MADE_NAME, Doors, doors_of
from regulars.cli.examples import example_program
from regulars.cli.importing import USUAL_PROPERTIES, bring_in, bring_in_households, tell
from regulars.cli.inputs import OrdersOptions, complaint, open_orders_for_import
from regulars.cli.record import Record, open_record, running_from
from regulars.cli.wiring import Clock, Wiring

if TYPE_CHECKING:
    from regulars.service.shop import Shop

EXAMPLE: Final = "corner-shop"
WITH_SEGMENTS: Final = "with-segments.yaml"
NAME: Final = "The grocer’s year"
NOTE: Final = "A real grocer’s year: 2,469 households of the data set Complete Journey, without their names."
PUBLISHER: Final = "the demo"
"""The sign by which the demo knows its own shop again."""
HOST: Final = "127.0.0.1"
STOP_SECONDS: Final = 15


@click.command()
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default="regulars-demo",
    show_default=True,
    metavar="FOLDER",
    help="A folder of its own; made where it is missing, gone on with where it is there.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65534),
    default=8000,
    show_default=True,
    help="The made year takes the next one; 0 takes any two free ones.",
)
@click.option("--customers", type=click.IntRange(1), default=CUSTOMERS, hidden=True, help="Of the made year.")
@click.pass_obj
def demo(wiring: Wiring, data_dir: Path, port: int, customers: int) -> None:
    """Two years to look at: a real grocer's, and a made one with visits, mails and campaigns. Each is served at the time at which
    it ends.

    Prints links that sign you in, and keys to send events with.
    """
    ports = _free(port)
    made = MadeYear(data_dir, ports, customers)
    try:
        with _alone(data_dir), open_record(Record(_grocers(data_dir), None), wiring, new=True) as (shop, _):
            _check_is_ours(shop, data_dir)
            with made:
                clock = _fill(wiring, shop)
                made.look()
                click.echo("Waiting for the made year ...")
                _serve(wiring, shop, clock, ports, made)
    except KeyboardInterrupt:
        if not made.problem:
            raise
    if made.problem:
        raise complaint(made.problem)


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    from regulars.made_year.holding import AlreadyHeld, holding

    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        with holding(data_dir):
            yield
    except AlreadyHeld:
        raise complaint(f"a demo runs in {data_dir} already: end it, or name another folder with --data-dir") from None


def _check_is_ours(shop: "Shop", data_dir: Path) -> None:
    """Nobody's own shop gets a grocer's orders: it must be empty, or begin with the demo's program."""
    from regulars.service.made import is_empty
    from regulars.service.programs import publications

    published = publications(shop)
    if published[-1].published_by != PUBLISHER if published else not is_empty(shop):
        raise complaint(
            f"{data_dir} holds a shop of your own, which the demo would fill: name another folder with --data-dir"
        )


def _grocers(data_dir: Path) -> Path:
    """A demo of before there were two years has the grocer's right in its folder."""
    from regulars.store.database import FILE_NAME

    return data_dir if (data_dir / FILE_NAME).exists() else data_dir / "grocer"


def _free(port: int) -> tuple[int, int]:
    """Two ports, tried out before anything long begins."""
    with socket.socket() as first, socket.socket() as second:
        for probe, wanted in ((first, port), (second, port + 1 if port else 0)):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, wanted))
            except OSError as error:
                raise complaint(
                    f"cannot listen on port {wanted}: {error.strerror}; name another with --port, it and the next are taken"
                ) from None
        return first.getsockname()[1], second.getsockname()[1]


def _fill(wiring: Wiring, shop: "Shop") -> Clock:
    """The grocer's year; the clock of the moment at which it ends."""
    from regulars.service.programs import publish
    from regulars.service.sign import put_up, sign_of

    if not sign_of(shop).name:
        put_up(shop, NAME, NOTE)
    rulebook = shop.rulebooks.in_force()
    if rulebook is None:
        publish(shop, example_program(EXAMPLE).read_text(encoding="utf-8"), PUBLISHER, 0, EXAMPLE)
        rulebook = shop.rulebooks.in_force()
    assert rulebook is not None
    click.echo("Reading a year of a real grocer's orders ...")
    options = OrdersOptions("complete-journey", (), None, None, False, None)
    history = open_orders_for_import(options, rulebook, USUAL_PROPERTIES)
    assert history.last_happened_at is not None, "the year is not empty"
    clock = running_from(history.last_happened_at + 1, wiring)
    tell(bring_in(shop, history, clock, dry_run=False, quiet=False), history.name, dry_run=False)
    bring_in_households(shop, history, clock, dry_run=False)
    if not rulebook.program.segments:
        _look_for_segments(shop, clock)
    return clock


def _look_for_segments(shop: "Shop", clock: Clock) -> None:
    """The same program with segments: a second publication, which everybody adopts."""
    from regulars.cli.progress import counting
    from regulars.service.programs import publish
    from regulars.service.waking import adopt_all, waiting_to_adopt

    written = example_program(EXAMPLE).with_name(WITH_SEGMENTS).read_text(encoding="utf-8")
    publish(shop, written, PUBLISHER, clock(), WITH_SEGMENTS)
    waiting = waiting_to_adopt(shop)
    with counting("Working out segments", "customers", quiet=False) as progress:
        adopt_all(shop, clock(), lambda done: progress(done, waiting))


def _serve(wiring: Wiring, shop: "Shop", clock: Clock, ports: tuple[int, int], made: "MadeYear") -> None:
    from regulars.service.neighbours import Key, Neighbour
    from regulars.service.refreshing import FILE_NAME

    there = made.opens(shop.store.url.render_as_string(hide_password=False), clock())
    here = doors_of(shop, clock)
    analytics = Path(shop.store.url.database or "").with_name(FILE_NAME)
    key = Key(made.url, ACCOUNT, running_from(made.stands_at, wiring), wiring.new_id)
    neighbour = Neighbour(MADE_NAME, f"http://{HOST}:{ports[1]}", key.link)

    def ready(address: str) -> None:
        click.echo(f"listening on {address} and {neighbour.address}\n")
        _show(NAME, "real", address, here)
        _show(MADE_NAME, "nobody in it is real", neighbour.address, there)
        click.echo("Ctrl-C ends both; the shops stay in their folders.")

    try:
        wiring.serve(shop, clock, HOST, ports[0], ready, 0, neighbour=neighbour, analytics=analytics)
    except OSError as error:
        raise complaint(f"cannot listen on port {ports[0]}: {error.strerror}; name another with --port") from None
    finally:
        key.close()


def _show(name: str, what: str, address: str, doors: Doors) -> None:
    click.echo(f"  {name} ({what})")
    click.echo(f"    the pages, signed in:  {address}/sign-in/link/{doors.link}")
    click.echo(f"    the API, to try out:   {address}/docs, with the secret key {doors.secret}\n")


class MadeYear:
    """The process that makes the other year, takes it in and serves it. It ends with this one, however this one ends: it listens
    to a pipe that closes then. And this one ends with it, as by Ctrl-C: then `problem` says why."""

    def __init__(self, data_dir: Path, ports: tuple[int, int], customers: int) -> None:
        self.problem = ""
        self.url = ""
        self.stands_at = 0
        told = {"data-dir": data_dir, "port": ports[1], "beside": ports[0], "customers": customers}
        self._words = ("demo-made-year", *[word for name, value in told.items() for word in (f"--{name}", str(value))])
        self._is_ending = False
        self._lock = Lock()
        self._watching = Thread(target=self._watch, name="watching", daemon=True)

    def __enter__(self) -> Self:
        command = (sys.executable, "-c", "from regulars.boot import main; main()", *self._words)
        pipe = subprocess.PIPE
        # In a session of its own, so that Ctrl-C reaches this process alone, which then ends the other.
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, start_new_session=True)
        self._watching.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._is_ending = True
        self._process.terminate()
        try:
            self._process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def look(self) -> None:
        """Ends as by Ctrl-C where the process has ended: an interrupt is lost where it meets code that may not raise."""
        if self.problem:
            raise KeyboardInterrupt

    def opens(self, url: str, clock: int) -> Doors:
        """Waits until the year is there, says who its neighbour is, and waits until it is served."""
        filled = self._hears()
        self.url, self.stands_at = filled["url"], filled["clock"]
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode({"url": url, "clock": clock, "name": NAME}) + b"\n")
        self._process.stdin.flush()
        return msgspec.convert(self._hears(), Doors)

    def _hears(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._watching.join()
            raise KeyboardInterrupt
        said: dict[str, Any] = msgspec.json.decode(line)
        return said

    def _watch(self) -> None:
        self._process.wait()
        with self._lock:
            if not self._is_ending:
                self.problem = "the made year has ended, and so has this one; what it said stands above"
                os.kill(os.getpid(), signal.SIGINT)
