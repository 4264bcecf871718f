"""A shop with a year behind it, in one command."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from regulars.cli.importing import USUAL_PROPERTIES, bring_in, bring_in_households, tell
from regulars.cli.inputs import OrdersOptions, complaint, open_orders_for_import
from regulars.cli.record import Record, open_record, running_from
from regulars.cli.wiring import Clock, Wiring

if TYPE_CHECKING:
    from regulars.service.shop import Shop

ACCOUNT: Final = "demo"
EXAMPLE: Final = "corner-shop/program.yaml"


@click.command()
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default="regulars-demo",
    show_default=True,
    metavar="FOLDER",
    help="A folder of its own; made where it is missing, gone on with where it is there.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes any free one.")
@click.pass_obj
def demo(wiring: Wiring, data_dir: Path, port: int) -> None:
    """A real grocer's year under an example program, served at the time at which the data end.

    Prints a link that signs you in, and keys to send events with.
    """
    from regulars.service.programs import publish

    with open_record(Record(data_dir, None), wiring, new=True) as (shop, _):
        written = example_program().read_text(encoding="utf-8")
        rulebook = shop.rulebooks.in_force()
        if rulebook is None:
            publish(shop, written, "the demo", 0, EXAMPLE)
            rulebook = shop.rulebooks.in_force()
        assert rulebook is not None
        click.echo("Reading a year of a real grocer's orders ...")
        options = OrdersOptions("complete-journey", (), None, None, False, None)
        history = open_orders_for_import(options, rulebook, USUAL_PROPERTIES)
        assert history.last_happened_at is not None, "the year is not empty"
        clock = running_from(history.last_happened_at + 1, wiring)
        tell(bring_in(shop, history, clock, dry_run=False, quiet=False), history.name, dry_run=False)
        bring_in_households(shop, history, clock, dry_run=False)
        del history
        _serve(wiring, shop, clock, port)


def example_program() -> Path:
    """Where the examples stand: beside the package when it was installed, in the checkout when one works in it."""
    package = Path(__file__).parents[1]
    places = [package / "programs" / EXAMPLE, package.parents[1] / "programs" / EXAMPLE]
    return next(place for place in places if place.exists())


def _serve(wiring: Wiring, shop: "Shop", clock: Clock, port: int) -> None:
    from regulars.service.admins import admin_named, create_admin, create_link
    from regulars.service.keys import create_key

    account = admin_named(shop, ACCOUNT) or create_admin(shop, ACCOUNT, None, clock())
    link = create_link(shop, account, clock())
    secret = create_key(shop.store, "secret", "demo", clock())

    def ready(address: str) -> None:
        click.echo(f"listening on {address}")
        click.echo(f"\n  The pages, signed in:  {address}/sign-in/link/{link}")
        click.echo(f"  The API, to try out:   {address}/docs, with the secret key {secret}")
        click.echo("\nCtrl-C ends it; the shop stays in its folder.")

    try:
        wiring.serve(shop, clock, "127.0.0.1", port, ready, 0)
    except OSError as error:
        raise complaint(f"cannot listen on port {port}: {error.strerror}; name another with --port") from None
