"""Commands about connections: whose signed webhooks are believed, and whom we ask for what never arrived."""

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import click

from regulars.cli.inputs import complaint
from regulars.cli.output import print_json
from regulars.cli.record import Record, open_record, record_options
from regulars.cli.wiring import Wiring

if TYPE_CHECKING:
    from regulars.service.connections import Connection, Kind, Settings

USUAL_NAME: Final = "main"
MOST_MINUTES: Final = 24 * 60
FROM_INPUT: Final = "-"


def connection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What every connection is made with."""
    for option in reversed(
        (
            click.option(
                "--secret", metavar="SECRET", help="What webhooks are signed with; “-” reads it from standard input."
            ),
            click.option(
                "--from-environment",
                is_flag=True,
                help="Store no secret: REGULARS_SECRET_NAME is set where the server runs.",
            ),
            click.option("--rotate", is_flag=True, help="Change a secret. Both are valid until it is changed again."),
        )
    ):
        command = option(command)
    return record_options(command)


EVERY = click.option(
    "--every",
    "every_minutes",
    type=click.IntRange(1, MOST_MINUTES),
    metavar="MINUTES",
    help="How often it is asked for orders that no webhook brought; 15 where nothing is said.",
)
NAME = click.option("--name", default=USUAL_NAME, show_default=True, help="What you call it; it stands in the address.")


@click.group()
def connect() -> None:
    """Believe the signed webhooks of a platform, or of another system.

    A secret that is not given is asked for. It is stored as it is, since signatures are made with it: whoever reads the database
    can forge webhooks. With --from-environment it is not stored.
    """


@connect.command("shopify")
@NAME
@connection_options
@click.option("--shop", metavar="SHOP.myshopify.com", help="Where its API is, if it is to be asked as well.")
@click.option(
    "--token", metavar="TOKEN", help="The access token that is shown there; “-” reads it from standard input."
)
@EVERY
@click.pass_obj
def connect_shopify(
    wiring: Wiring,
    record: Record,
    name: str,
    secret: str | None,
    from_environment: bool,
    rotate: bool,
    shop: str | None,
    token: str | None,
    every_minutes: int | None,
) -> None:
    """Take orders and customers from Shopify."""
    from regulars.service.connections import Kind

    settings = _settings(shop, every_minutes)
    secret = _secret(secret, from_environment, rotate and bool(token or settings))
    _make(wiring, record, Kind.SHOPIFY, name, secret, _given(token) or "", settings, rotate)


@connect.command("woocommerce")
@NAME
@connection_options
@click.option("--url", metavar="https://SHOP", help="Where the shop is, if it is to be asked as well.")
@click.option("--key", metavar="ck_…", help="The consumer key that is shown there.")
@click.option("--secret-key", metavar="cs_…", help="The consumer secret; “-” reads it from standard input.")
@EVERY
@click.pass_obj
def connect_woocommerce(
    wiring: Wiring,
    record: Record,
    name: str,
    secret: str | None,
    from_environment: bool,
    rotate: bool,
    url: str | None,
    key: str | None,
    secret_key: str | None,
    every_minutes: int | None,
) -> None:
    """Take orders and customers from WooCommerce."""
    from regulars.service.connections import Kind

    if bool(key) != bool(secret_key):
        raise click.UsageError("--key and --secret-key belong together")
    settings = _settings(url, every_minutes)
    secret = _secret(secret, from_environment, rotate and bool(key or settings))
    api = f"{key}:{_given(secret_key)}" if key else ""
    _make(wiring, record, Kind.WOOCOMMERCE, name, secret, api, settings, rotate)


@connect.command("webhook")
@click.argument("source")
@connection_options
@click.pass_obj
def connect_webhook(
    wiring: Wiring, record: Record, source: str, secret: str | None, from_environment: bool, rotate: bool
) -> None:
    """Take what SOURCE tells, which the program names under `sources`."""
    from regulars.service.connections import Kind

    _make(wiring, record, Kind.WEBHOOK, source, _secret(secret, from_environment, False), "", None, rotate)


@click.command()
@record_options
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def connections(wiring: Wiring, record: Record, as_json: bool) -> None:
    """The connections there are: when each was last heard and asked, and how many orders its webhooks missed."""
    from regulars.service.connections import Connections

    with open_record(record, wiring) as (shop, _):
        found = Connections(shop.store, os.environ).all()
    if as_json:
        print_json([_shown(one) for one in found])
        return
    for one in found:
        _print(one)
    if not found:
        click.echo("There are none yet: regulars connect --help")


@click.command()
@record_options
@click.argument("name")
@click.pass_obj
def disconnect(wiring: Wiring, record: Record, name: str) -> None:
    """Believe the webhooks of NAME no longer. What they told stays."""
    from regulars.service import connections as service

    with open_record(record, wiring) as (shop, _):
        try:
            service.disconnect(shop.store, name)
        except service.ConnectionRefused as error:
            raise complaint(str(error)) from None
    click.echo(f"{name} is disconnected.")


@click.command()
@record_options
@click.argument("name", default=USUAL_NAME)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def reconcile(wiring: Wiring, record: Record, name: str, as_json: bool) -> None:
    """Ask the platform of connection NAME now for the orders that no webhook brought. A server does so by itself."""
    from msgspec import to_builtins

    from regulars.service import reconciling
    from regulars.service.asking import Asker, Unanswered
    from regulars.service.connections import Connections

    with open_record(record, wiring) as (shop, clock):
        asker, there = Asker(wiring.stopwatch, _wait), Connections(shop.store, os.environ)
        try:
            found = reconciling.reconcile(shop, there, name, asker, clock(), if_due=False)
        except Unanswered as error:
            raise complaint(str(error)) from None
    if found is None:
        raise complaint(f"“{name}” is no connection that can be asked: give it an address and a key with `connect`")
    if as_json:
        print_json(to_builtins(found))
    else:
        click.echo(f"{found.orders:,} orders changed; {found.missed:,} of them no webhook had brought.")


# --- what was given ------------------------------------------------------------------------------------------------------


def _secret(secret: str | None, from_environment: bool, rotates_otherwise: bool) -> str:
    """ "" where none is to be stored, or none to be changed."""
    if from_environment:
        if secret is not None:
            raise click.UsageError("--from-environment stores no secret: leave --secret away")
        return ""
    if secret is None and rotates_otherwise:
        return ""
    given = _given(secret)
    if given is None:
        given = click.prompt("Secret", hide_input=True)
    if not given:
        raise complaint("the secret is empty: an empty one signs nothing")
    return str(given)


def _given(written: str | None) -> str | None:
    return sys.stdin.readline().rstrip("\r\n") if written == FROM_INPUT else written


def _settings(site: str | None, every_minutes: int | None) -> "Settings | None":
    """None where nothing was said, so that a rotation leaves what there is."""
    from regulars.service.connections import USUAL_MINUTES, ConnectionRefused, Settings, site_of

    if site is None:
        if every_minutes is not None:
            raise click.UsageError("--every says how often the shop is asked: say where it is, too")
        return None
    try:
        return Settings(site_of(site), every_minutes or USUAL_MINUTES)
    except ConnectionRefused as error:
        raise complaint(str(error)) from None


def _make(
    wiring: Wiring,
    record: Record,
    kind: "Kind",
    name: str,
    secret: str,
    api: str,
    settings: "Settings | None",
    rotate: bool,
) -> None:
    from regulars.service import connections as service

    with open_record(record, wiring, new=True) as (shop, clock):
        try:
            if rotate:
                service.rotate(shop.store, name, kind, secret, api, settings)
            else:
                service.connect(shop.store, name, kind, secret, clock(), api, settings)
        except service.ConnectionRefused as error:
            raise complaint(str(error)) from None
        program = shop.rulebooks.in_force()
    path = name if kind is service.Kind.WEBHOOK else f"{kind.value}/{name}"
    click.echo(f"{name} is connected. Have webhooks sent to /v1/webhooks/{path}")
    if kind is service.Kind.WEBHOOK and (program is None or name not in [one.id for one in program.program.sources]):
        click.echo(f"The program in force names no source “{name}” yet: until it does, nothing is taken.")
    if not secret and not rotate:
        click.echo(
            f"Set {service.variable(service.SECRET, name)} where the server runs: until then nothing is believed."
        )


# --- what is shown -------------------------------------------------------------------------------------------------------


def _shown(one: "Connection") -> dict[str, Any]:
    """Never a secret."""
    return {
        "name": one.name,
        "kind": one.kind.value,
        "created_at": _moment(one.created_at),
        "heard_at": _moment(one.heard_at),
        "secrets": len(one.secrets.signing),
        "stored": not one.from_environment,
        "site": one.settings.site or None,
        "every_minutes": one.settings.every_minutes if one.is_asked() else None,
        "asked_at": _moment(one.polled_at),
        "missed": one.asking.missed,
        "to_read_again": len(one.asking.again),
        "trouble": one.asking.trouble or None,
    }


def _print(one: "Connection") -> None:
    asked = (
        f"asked {_moment(one.polled_at) or 'never'}, {one.asking.missed:,} missed" if one.is_asked() else "not asked"
    )
    click.echo(f"{one.name}  {one.kind.value}  heard {_moment(one.heard_at) or 'never'}; {asked}")
    if one.asking.trouble:
        click.echo(f"  The last asking failed. {one.asking.trouble}")


def _moment(instant: int | None) -> str | None:
    from regulars.wire.instants import rfc3339

    return None if instant is None else rfc3339(instant // 1_000_000 * 1_000_000)


def _wait(seconds: float) -> bool:
    time.sleep(seconds)
    return False
