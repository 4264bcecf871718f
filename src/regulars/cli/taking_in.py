"""Taking a made year in: as the world would send it, over HTTP, with the shop's clock at the moment at which each message came."""

import os
import signal
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
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
from regulars.cli.sending import BROWSER, SERVER, NotAnswered, NotTaken, Parcel, Sender, parcels
from regulars.cli.wiring import Wiring
from regulars.kernel.calendar import DAY
from regulars.made_year.calendar import midnight
from regulars.made_year.sorting import digest_of
from regulars.made_year.truths import TruthsError, ends

if TYPE_CHECKING:
    from regulars.cli.sending import Answer
    from regulars.kernel.terms import Currency
    from regulars.service.made import TakenIn
    from regulars.service.shop import Shop
    from regulars.service.visits import Enrichment
    from regulars.wire.catalogue import Product, Refusal

PROGRAM: Final = "made-shop"
KEPT_EVERY: Final = 200
"""Requests, after which the shop writes down how far it came. What was answered since and is sent once more is known there, but for
what nobody may be told apart by: that is only counted, and then twice."""
KILOBYTE: Final = 1_000
PLACES: Final = "places.mmdb"
MADE_UP: Final = b"Regulars-Made-Up-City"
"""The made places say that they are such."""
CURRENCY: Final = "EUR"
ENDING_SECONDS: Final = 30
"""How long a server may take to end. One that is ending answers no more, a while before the command knows that it was told to."""


class Clock:
    """Driven by whoever sends; it never goes back."""

    def __init__(self, now: int) -> None:
        self._now = now

    def __call__(self) -> int:
        return self._now

    def goes_to(self, moment: int) -> None:
        self._now = max(self._now, moment)


class Year:
    """The folder of one, whole and as it was made. `id` tells it from others; `ends_at` is the midnight after its last day."""

    def __init__(self, folder: Path) -> None:
        """A complaint where it is not."""
        self.events = folder / "events.jsonl"
        self.products = folder / "products.csv"
        try:
            first, counts = ends(folder / "truths.jsonl")
            self.size = self.events.stat().st_size
            with self.events.open("rb") as file:
                self.id = digest_of(file)
        except TruthsError as error:
            raise complaint(str(error)) from None
        except OSError:
            raise complaint(f"{folder} holds no made year: regulars make-year --out {folder}") from None
        if self.id != counts.digest:
            raise complaint(
                f"{self.events} is not what was made: it breaks off, or was changed. Make the year again: regulars make-year "
                f"--seed {first.seed} --customers {first.customers} --days {first.days} --out {folder}"
            )
        if not self.size:
            raise complaint(f"nothing happens in the year in {folder}: make one of more customers or days")
        self.ends_at = midnight(first.days)

    def check(self) -> None:
        """A complaint where it cannot be taken in anywhere, as far as that can be told beforehand."""
        from regulars.wire.catalogue import CatalogueError
        from regulars.wire.program import parse_program

        program = parse_program(example_program(PROGRAM).read_text(encoding="utf-8"), PROGRAM).program
        try:
            next(parcels(self.events))
            for _ in self.catalogue(program.currency):
                pass
        except (NotTaken, CatalogueError) as error:
            raise complaint(str(error)) from None

    def catalogue(self, currency: "Currency") -> "Iterable[Product | Refusal]":
        """None where the year has no file of it."""
        from regulars.wire.catalogue import read_products

        return read_products(str(self.products), "csv", currency, {}) if self.products.exists() else ()


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

    Broken off and started again it goes on; one alone at a time takes a year into a shop. The shop's pages say for ever that its
    year is made.
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
    """All that was taken in, by this and by earlier runs. A complaint where it could not be done, or not whole.

    The shop is marked as made when nothing speaks against it any more, and before anything of the year is in it.
    """
    from regulars.service.made import MadeRefused, alone, begin, check

    year.check()
    _check_places(record.data_dir / PLACES)
    with open_record(record, wiring, new=True) as (shop, _):
        try:
            with alone(shop):
                check(shop, year.id)
                _check_currency(shop)
                so_far = begin(shop, year.id)
                return so_far if so_far.is_whole else _take_in(wiring, record, year, so_far, quiet=quiet)
        except MadeRefused as error:
            raise complaint(str(error)) from None


def _take_in(wiring: Wiring, record: Record, year: Year, so_far: "TakenIn", *, quiet: bool) -> "TakenIn":
    with open_record(record, wiring, enrichment=made_enrichment(record.data_dir)) as (shop, _):
        clock = Clock(max(midnight(0), so_far.clock))
        shop.store.hurry()
        _prepare(shop, year, clock())
        with counting("Taking in", "KB", quiet=quiet) as progress:
            errand = _Errand(shop, year, clock, so_far, progress)
            try:
                with suppress(KeyboardInterrupt):
                    wiring.serve(shop, clock, "127.0.0.1", 0, errand.start, 1, private=True)
            finally:
                errand.join()
    if not errand.so_far.is_whole:
        raise complaint(errand.says())
    return errand.so_far


def made_enrichment(folder: Path) -> "Enrichment":
    """The made places, in a file of the folder, so that whoever serves the shop later may name it."""
    from regulars.made_year.places import database
    from regulars.service.visits import enrichment_of

    places = folder / PLACES
    _check_places(places)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not places.exists() or places.read_bytes() != database():
            new = places.with_name(f".{PLACES}.new")
            new.write_bytes(database())
            new.replace(places)
    except OSError as error:
        raise complaint(f"{folder} cannot be written: {error.strerror}") from None
    return enrichment_of(places, (), ())


def _check_places(places: Path) -> None:
    """A database of places that is the shop's own is left alone."""
    try:
        is_ours = not places.exists() or MADE_UP in places.read_bytes()
    except OSError:
        is_ours = False
    if not is_ours:
        raise complaint(f"{places} holds places of your own, and the year brings others: name a folder of its own")


def _check_currency(shop: "Shop") -> None:
    rulebook = shop.rulebooks.in_force()
    if rulebook is not None and rulebook.program.currency.code != CURRENCY:
        code = rulebook.program.currency.code
        raise complaint(f"the year is in {CURRENCY}, the program in force in {code}: name a folder of its own")


def _prepare(shop: "Shop", year: Year, now: int) -> None:
    """A program and the catalogue, as a shop has them before its first visitor."""
    from regulars.service.catalogue import keep_feed
    from regulars.service.programs import publish

    rulebook = shop.rulebooks.in_force()
    if rulebook is None:
        publish(shop, example_program(PROGRAM).read_text(encoding="utf-8"), "the made year", 0, PROGRAM)
        rulebook = shop.rulebooks.in_force()
        assert rulebook is not None
    currency = rulebook.program.currency
    keep_feed(shop, lambda: year.catalogue(currency), "feed:products.csv", now)


class _Errand:
    """The thread that sends. It begins when the server is ready, and ends the server when it is done."""

    def __init__(self, shop: "Shop", year: Year, clock: Clock, so_far: "TakenIn", progress: Any) -> None:
        self.so_far = so_far
        self._problem = ""
        self._helps_to_go_on = True
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
        """Until the last request is answered and written down, however often it is told to end."""
        self._over.set()
        while self._thread is not None and self._thread.is_alive():
            with suppress(KeyboardInterrupt):
                self._thread.join()

    def says(self) -> str:
        """Why it is not whole, how far it came, and whether to go on."""
        share = 100 * self.so_far.offset // self._year.size
        came = (
            f"{self._problem or 'broken off'}. So far {self.so_far.messages:,} messages came in, {share} % of the year"
        )
        return f"{came}: the same command goes on from there" if self._helps_to_go_on else came

    def _run(self, address: str) -> None:
        try:
            self._send_all(address)
        except NotAnswered as error:
            self._problem = "" if self._over.wait(ENDING_SECONDS) else str(error)
        except NotTaken as error:
            self._problem, self._helps_to_go_on = str(error), False
        except Exception as error:  # noqa: BLE001  the edge of the thread: told by the command
            self._problem, self._helps_to_go_on = f"it failed: {type(error).__name__}: {error}", False
        finally:
            if not self._over.is_set():
                os.kill(os.getpid(), signal.SIGTERM)

    def _send_all(self, address: str) -> None:
        from regulars.service.keys import create_key, revoke_key
        from regulars.service.made import keep

        store, clock = self._shop.store, self._clock
        keys = [create_key(store, "public", "take-in", clock()), create_key(store, "secret", "take-in", clock())]
        sender = Sender(address, {BROWSER: _basic(keys[0]), SERVER: _basic(keys[1])}, self._over.wait)
        tally = _Tally(self.so_far)
        try:
            for parcel in parcels(self._year.events, self.so_far.offset):
                if self._over.is_set():
                    return
                self._go_to(parcel.received_at)
                tally.add(parcel, sender.send(parcel))
                if tally.requests % KEPT_EVERY == 0:
                    keep(self._shop, tally.told(clock()))
                    self._progress(parcel.offset // KILOBYTE, self._year.size // KILOBYTE)
            self._go_to(self._year.ends_at)
            _wake_all(self._shop, clock())
            tally.is_whole = True
        finally:
            self.so_far = tally.told(clock())
            keep(self._shop, self.so_far)
            sender.close()
            for key in keys:
                revoke_key(store, key, clock())

    def _go_to(self, moment: int) -> None:
        """Days pass in a blink here: whoever falls due meanwhile is woken before what comes next, as in a shop that is open."""
        for day in range(self._clock() // DAY + 1, moment // DAY + 1):
            self._clock.goes_to(day * DAY)
            _wake_all(self._shop, day * DAY)
        self._clock.goes_to(moment)


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
