"""The half of the demo that has the made year: a process of its own, started by `demo` and ended with it.

It is spoken to in lines of JSON: it says that its year is there, hears who its neighbour is, and says by which doors one comes in.
"""

import os
import signal
import sys
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec
from msgspec import Struct

from regulars.cli.inputs import complaint
from regulars.cli.record import Record, open_record, running_from
from regulars.cli.taking_in import Year, made_enrichment, take_in
from regulars.cli.wiring import Clock, Wiring
from regulars.made_year.calendar import DAYS, midnight

if TYPE_CHECKING:
    from regulars.service.shop import Shop

ACCOUNT: Final = "demo"
SEED: Final = 7
CUSTOMERS: Final = 500
MADE_NAME: Final = "The made year"
HOST: Final = "127.0.0.1"


class Doors(Struct, frozen=True):
    """By which one comes into a shop: the token of a link that signs in, and a secret key."""

    link: str
    secret: str


@click.command("demo-made-year", hidden=True)
@click.option("--data-dir", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--port", type=int, required=True)
@click.option("--beside", type=int, required=True, help="The port of the neighbour.")
@click.option("--customers", type=int, required=True)
@click.pass_obj
def demo_made_year(wiring: Wiring, data_dir: Path, port: int, beside: int, customers: int) -> None:
    from regulars.service.neighbours import Key, Neighbour
    from regulars.service.refreshing import FILE_NAME

    heard = _listening()
    shop_folder = data_dir / "made"
    record = Record(shop_folder, None)
    fill(wiring, record, data_dir / "made-year", customers)
    with open_record(record, wiring, enrichment=made_enrichment(shop_folder)) as (shop, _):
        clock = running_from(midnight(DAYS), wiring)
        _say({"url": shop.store.url.render_as_string(hide_password=False), "clock": clock()})
        told = heard.get()
        key = Key(told["url"], ACCOUNT, running_from(told["clock"], wiring), wiring.new_id)
        neighbour = Neighbour(told["name"], f"http://{HOST}:{beside}", key.link)
        doors = doors_of(shop, clock)
        try:
            wiring.serve(
                shop,
                clock,
                HOST,
                port,
                lambda _: _say(msgspec.to_builtins(doors)),
                0,
                neighbour=neighbour,
                analytics=shop_folder / FILE_NAME,
            )
        finally:
            key.close()


def fill(wiring: Wiring, record: Record, folder: Path, customers: int) -> None:
    """Made where it is missing, taken in where it is not there whole."""
    from regulars.service.made import taken_in
    from regulars.service.sign import put_up, sign_of

    with open_record(record, wiring, new=True) as (shop, _):
        so_far = taken_in(shop)
    if so_far is None or not so_far.is_whole:
        take_in(wiring, record, _year(folder, customers), quiet=True)
    with open_record(record, wiring) as (shop, _):
        if not sign_of(shop).name:
            put_up(shop, MADE_NAME, None)


def _year(folder: Path, customers: int) -> Year:
    """One that cannot be read, of another release perhaps, is made again."""
    from regulars.made_year.year import YearRefused, make_year

    try:
        return Year(folder)
    except click.ClickException:
        pass
    try:
        make_year(SEED, customers, folder)
    except YearRefused as error:
        raise complaint(str(error)) from None
    except OSError as error:
        raise complaint(f"{folder} cannot be written: {error.strerror}") from None
    return Year(folder)


def doors_of(shop: "Shop", clock: Clock) -> Doors:
    from regulars.service.admins import admin_named, create_admin, create_link
    from regulars.service.keys import create_key

    account = admin_named(shop, ACCOUNT) or create_admin(shop, ACCOUNT, None, clock())
    return Doors(create_link(shop, account, clock()), create_key(shop.store, "secret", "demo", clock()))


def _listening() -> "SimpleQueue[dict[str, Any]]":
    """What is heard. When whoever speaks is gone, this process ends."""
    heard: SimpleQueue[dict[str, Any]] = SimpleQueue()

    def listen() -> None:
        for line in sys.stdin:
            heard.put(msgspec.json.decode(line))
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=listen, name="listening", daemon=True).start()
    return heard


def _say(what: dict[str, Any]) -> None:
    click.echo(msgspec.json.encode(what).decode())
