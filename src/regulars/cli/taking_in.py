"""Taking a made year in: as the world would send it, over HTTP, with the shop's clock at the moment at which each message came."""

import os
import signal
from base64 import b64encode
from collections import Counter
from hashlib import blake2b
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from regulars.cli.examples import example_program
from regulars.cli.inputs import complaint
from regulars.cli.output import print_json
from regulars.cli.progress import counting
from regulars.cli.record import Record, open_record, place_options
from regulars.cli.sending import BROWSER, NotTaken, Parcel, Sender, parcels
from regulars.cli.wiring import Wiring
from regulars.made_year.calendar import midnight

if TYPE_CHECKING:
    from regulars.cli.sending import Answer
    from regulars.service.made import TakenIn
    from regulars.service.shop import Shop
    from regulars.service.visits import Enrichment

PROGRAM: Final = "made-shop"
KEPT_EVERY: Final = 200
"""Requests, after which the shop writes down how far it came. What was answered since and is sent once more is known there, but for
what nobody may be told apart by: that is only counted, and then twice."""
KILOBYTE: Final = 1_000
BEGINNING: Final = 1 << 16
"""Bytes by which, with its size, one made year is told from another."""
PLACES: Final = "places.mmdb"


class Clock:
    """Driven by whoever sends; it never goes back."""

    def __init__(self, now: int) -> None:
        self._now = now

    def __call__(self) -> int:
        return self._now

    def goes_to(self, moment: int) -> None:
        self._now = max(self._now, moment)


class Year:
    """The folder of one."""

    def __init__(self, folder: Path) -> None:
        self.events = folder / "events.jsonl"
        self.products = folder / "products.csv"
        try:
            with self.events.open("rb") as file:
                beginning = file.read(BEGINNING)
            self.size = self.events.stat().st_size
        except OSError:
            raise complaint(f"{folder} holds no made year: regulars make-year --out {folder}") from None
        self.fingerprint = blake2b(beginning + str(self.size).encode(), digest_size=16).hexdigest()
        self.ends_at = _end(folder / "truths.jsonl")


def _end(truths: Path) -> int:
    """The midnight after the last day; 0 where nothing says which day that is."""
    try:
        with truths.open("rb") as file:
            return midnight(int(msgspec.json.decode(file.readline())["days"]))
    except (OSError, msgspec.DecodeError, KeyError, TypeError, ValueError):
        return 0


@click.command("take-in")
@click.argument("folder", type=click.Path(file_okay=False, exists=True, path_type=Path), metavar="DIR")
@place_options
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def take_in_year(wiring: Wiring, record: Record, folder: Path, as_json: bool) -> None:
    """Take the made year in DIR into an empty shop, message by message over HTTP, as the world would send it.

    \b
      regulars make-year --seed 7 --customers 1000 --out made-year
      regulars take-in made-year --data-dir my-made-shop
      regulars serve --data-dir my-made-shop --places my-made-shop/places.mmdb --clock 2026-01-01

    Broken off and started again it goes on. The shop's pages say for ever that its year is made.
    """
    began = wiring.stopwatch()
    shown = take_in(wiring, record, Year(folder), quiet=as_json)
    if as_json:
        print_json({**msgspec.to_builtins(shown), "seconds": round(wiring.stopwatch() - began, 3)})
        return
    click.echo(
        f"{shown.messages:,} messages in {shown.requests:,} requests: {shown.accepted:,} accepted, "
        f"{shown.messages - shown.accepted:,} refused"
    )
    for reason, number in sorted(shown.refused.items()):
        click.echo(f"  {number:,} {reason}")


def take_in(wiring: Wiring, record: Record, year: Year, *, quiet: bool) -> "TakenIn":
    """All that was taken in, by this and by earlier runs. A complaint where it could not be done, or not whole."""
    from regulars.service.made import MadeRefused, begin

    with open_record(record, wiring, new=True, enrichment=made_enrichment(record.data_dir)) as (shop, _):
        try:
            so_far = begin(shop, year.fingerprint)
        except MadeRefused as error:
            raise complaint(str(error)) from None
        if so_far.is_whole:
            return so_far
        clock = Clock(max(midnight(0), so_far.clock))
        shop.store.hurry()
        _prepare(shop, year, clock())
        with counting("Taking in", "KB", quiet=quiet) as progress:
            errand = _Errand(shop, year, clock, so_far, progress)
            try:
                wiring.serve(shop, clock, "127.0.0.1", 0, errand.start, 1, private=True)
            finally:
                errand.join()
        if not errand.so_far.is_whole:
            raise complaint(f"{errand.problem or 'broken off'}. Start it once more to go on from there")
        return errand.so_far


def made_enrichment(folder: Path) -> "Enrichment":
    """The made places, in a file of the folder, so that whoever serves the shop later may name it."""
    from regulars.made_year.places import database
    from regulars.service.visits import enrichment_of

    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / PLACES).write_bytes(database())
    except OSError as error:
        raise complaint(f"{folder} cannot be written: {error.strerror}") from None
    return enrichment_of(folder / PLACES, (), ())


def _prepare(shop: "Shop", year: Year, now: int) -> None:
    """A program and the catalogue, as a shop has them before its first visitor."""
    from regulars.service.catalogue import keep_feed
    from regulars.service.programs import publish
    from regulars.wire.catalogue import CatalogueError, read_products

    rulebook = shop.rulebooks.in_force()
    if rulebook is None:
        publish(shop, example_program(PROGRAM).read_text(encoding="utf-8"), "the made year", 0, PROGRAM)
        rulebook = shop.rulebooks.in_force()
        assert rulebook is not None
    currency = rulebook.program.currency
    if currency.code != "EUR":
        raise complaint(f"the year is in EUR, the program in force in {currency.code}: name a folder of its own")
    if year.products.exists():
        try:
            keep_feed(shop, lambda: read_products(str(year.products), "csv", currency, {}), "feed:products.csv", now)
        except CatalogueError as error:
            raise complaint(str(error)) from None


class _Errand:
    """The thread that sends. It begins when the server is ready, and ends the server when it is done."""

    def __init__(self, shop: "Shop", year: Year, clock: Clock, so_far: "TakenIn", progress: Any) -> None:
        self.so_far = so_far
        self.problem = ""
        self._shop = shop
        self._year = year
        self._clock = clock
        self._progress = progress
        self._over = Event()
        self._thread: Thread | None = None

    def start(self, address: str) -> None:
        self._thread = Thread(target=self._run, args=(address,), name="sending")
        self._thread.start()

    def join(self) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, address: str) -> None:
        try:
            self._send_all(address)
        except NotTaken as error:
            self.problem = str(error)
        except Exception as error:  # noqa: BLE001  the edge of the thread: told by the command
            self.problem = f"it failed: {type(error).__name__}: {error}"
        finally:
            if not self._over.is_set():
                os.kill(os.getpid(), signal.SIGTERM)

    def _send_all(self, address: str) -> None:
        from regulars.service.keys import create_key, revoke_key
        from regulars.service.made import keep

        store, clock = self._shop.store, self._clock
        keys = [create_key(store, "public", "take-in", clock()), create_key(store, "secret", "take-in", clock())]
        sender = Sender(address, {BROWSER: _basic(keys[0]), "server": _basic(keys[1])}, self._over.wait)
        tally = _Tally(self.so_far)
        try:
            for parcel in parcels(self._year.events, self.so_far.offset):
                if self._over.is_set():
                    return
                clock.goes_to(parcel.received_at)
                tally.add(parcel, sender.send(parcel))
                if tally.requests % KEPT_EVERY == 0:
                    keep(self._shop, tally.told(clock()))
                    self._progress(parcel.offset // KILOBYTE, self._year.size // KILOBYTE)
            clock.goes_to(self._year.ends_at)
            _wake_all(self._shop, clock())
            tally.is_whole = True
        finally:
            self.so_far = tally.told(clock())
            keep(self._shop, self.so_far)
            sender.close()
            for key in keys:
                revoke_key(store, key, clock())


class _Tally:
    """What was answered so far."""

    def __init__(self, so_far: "TakenIn") -> None:
        self._before = so_far
        self.offset, self.requests, self.messages = so_far.offset, so_far.requests, so_far.messages
        self.accepted, self.refused = so_far.accepted, Counter(so_far.refused)
        self.is_whole = False

    def add(self, parcel: Parcel, answer: "Answer") -> None:
        self.offset = parcel.offset
        self.requests += 1
        self.messages += len(parcel.batch)
        self.accepted += answer.accepted
        for one in answer.rejected:
            self.refused[one.reason] += 1

    def told(self, clock: int) -> "TakenIn":
        return msgspec.structs.replace(
            self._before,
            offset=self.offset,
            clock=clock,
            requests=self.requests,
            messages=self.messages,
            accepted=self.accepted,
            refused=dict(sorted(self.refused.items())),
            is_whole=self.is_whole,
        )


def _wake_all(shop: "Shop", now: int) -> None:
    from regulars.service.waking import wake_some

    while wake_some(shop, now):
        pass


def _basic(key: str) -> str:
    return f"Basic {b64encode(f'{key}:'.encode()).decode()}"
