"""`regulars webhooks`: the other systems that this shop tells what happens."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from regulars.cli.inputs import complaint
from regulars.cli.output import print_json
from regulars.cli.record import Record, open_record, record_options
from regulars.cli.wiring import Clock, Wiring

if TYPE_CHECKING:
    from regulars.service.networks import Networks
    from regulars.service.outbox import Delivery
    from regulars.service.shop import Shop
    from regulars.service.webhooks import Endpoint

WHO: Final = "command line"
SHOWN: Final = 20
MOST_SHOWN: Final = 1_000
STANDINGS: Final = ("waiting", "delivered", "failed")


@click.group()
def webhooks() -> None:
    """Tell other systems what happens, by the Standard Webhooks specification."""


@webhooks.command()
@click.argument("name")
@click.argument("url")
@click.option("--type", "types", multiple=True, metavar="TYPE", help="What to tell; may be said again. Without, all.")
@record_options
@click.pass_obj
def add(wiring: Wiring, name: str, url: str, types: tuple[str, ...], record: Record) -> None:
    """Tell what happens at URL, under a NAME that you choose. Prints the secret that messages are signed with, once."""
    from regulars.service import webhooks as service

    with _opened(wiring, record) as (shop, clock):
        secret = service.register(shop, name, url, types, _networks(), WHO, clock())
    click.echo(f"{name} is told from now on. Its secret, which is not shown again:")
    click.echo(secret)


@webhooks.command("list")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@record_options
@click.pass_obj
def list_(wiring: Wiring, as_json: bool, record: Record) -> None:
    """The webhooks there are: what each is told, how many messages wait, and how many were given up."""
    from regulars.service import webhooks as service

    with _opened(wiring, record) as (shop, _):
        found = service.endpoints(shop)
    if as_json:
        print_json([_shown(one) for one in found])
        return
    for one in found:
        _print(one)
    if not found:
        click.echo("There are none yet: regulars webhooks add NAME URL")


@webhooks.command()
@click.argument("name")
@click.option("--at-once", is_flag=True, help="The old secret is in wrong hands: it signs nothing from now on.")
@record_options
@click.pass_obj
def rotate(wiring: Wiring, name: str, at_once: bool, record: Record) -> None:
    """Give NAME a new secret, and print it, once. For a day messages are signed with both."""
    from regulars.service import webhooks as service

    with _opened(wiring, record) as (shop, clock):
        secret = service.rotate(shop, name, WHO, clock(), at_once=at_once)
    click.echo("The new secret, which is not shown again:")
    click.echo(secret)


@webhooks.command()
@click.argument("name")
@record_options
@click.pass_obj
def disable(wiring: Wiring, name: str, record: Record) -> None:
    """Tell NAME nothing of what happens from now on. What waits goes on waiting, for thirty days."""
    from regulars.service import webhooks as service

    with _opened(wiring, record) as (shop, clock):
        service.disable(shop, name, WHO, clock())
    click.echo(f"{name} is disabled.")


@webhooks.command()
@click.argument("name")
@record_options
@click.pass_obj
def enable(wiring: Wiring, name: str, record: Record) -> None:
    """Tell NAME again."""
    from regulars.service import webhooks as service

    with _opened(wiring, record) as (shop, clock):
        service.enable(shop, name, WHO, clock())
    click.echo(f"{name} is enabled.")


@webhooks.command()
@click.argument("name")
@record_options
@click.pass_obj
def remove(wiring: Wiring, name: str, record: Record) -> None:
    """Forget NAME, its secret, and what waits for it."""
    from regulars.service import webhooks as service

    with _opened(wiring, record) as (shop, clock):
        service.remove(shop, name, WHO, clock())
    click.echo(f"{name} is removed.")


@webhooks.command()
@click.argument("name")
@record_options
@click.pass_obj
def test(wiring: Wiring, name: str, record: Record) -> None:
    """Send NAME a message of type webhook.test now, and say what it answers."""
    from regulars.service import webhooks as service
    from regulars.service.courier import deliver

    with _opened(wiring, record) as (shop, clock):
        outcome = deliver(shop, service.send_test(shop, name, clock()), _networks(), clock)
    if outcome is None:
        click.echo("The server sends it: see `regulars webhooks deliveries`.")
    elif outcome.is_delivered:
        click.echo(f"Delivered: it answered {outcome.status}.")
    else:
        raise complaint(f"not delivered, and tried again while a server runs. {outcome.trouble}")


@webhooks.command()
@click.argument("name")
@click.option("--state", type=click.Choice(STANDINGS), help="Only these.")
@click.option("--limit", type=click.IntRange(1, MOST_SHOWN), default=SHOWN, show_default=True, help="How many.")
@click.option("--retry", is_flag=True, help="Have all that were given up sent once more.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@record_options
@click.pass_obj
def deliveries(
    wiring: Wiring, name: str, state: str | None, limit: int, retry: bool, as_json: bool, record: Record
) -> None:
    """What was sent to NAME in the last thirty days, the newest first, and what became of it."""
    from regulars.service import outbox
    from regulars.service import webhooks as service

    with _opened(wiring, record) as (shop, clock):
        id = service.endpoint(shop, name).id
        again = service.send_again(shop, name, None, WHO, clock()) if retry else 0
        standing = outbox.Standing(state) if state else None
        found = outbox.deliveries(shop, id, None, limit, standing).deliveries
    if as_json:
        print_json([_told(one) for one in found])
        return
    if retry:
        click.echo(f"{again:,} are sent once more.")
    for one in found:
        click.echo(f"{_moment(one.created_at)}  {one.id}  {one.type}  {_fate(one)}")
    if not found:
        click.echo("There are none.")


# --- what was given, and what is shown -------------------------------------------------------------------------------


@contextmanager
def _opened(wiring: Wiring, record: Record) -> Iterator[tuple["Shop", Clock]]:
    from regulars.service.webhooks import NoSuchWebhook, WebhookRefused

    with open_record(record, wiring) as opened:
        try:
            yield opened
        except NoSuchWebhook as error:
            raise complaint(f"{error}: see `regulars webhooks list`") from None
        except WebhookRefused as error:
            raise complaint(f"{error.place}: {error}" if error.place else str(error)) from None


def _networks() -> "Networks":
    from regulars.service.networks import VARIABLE, NetworksRefused, networks_of

    try:
        return networks_of(os.environ.get(VARIABLE, ""))
    except NetworksRefused as error:
        raise complaint(str(error)) from None


def _shown(one: "Endpoint") -> dict[str, Any]:
    return {
        "name": one.name,
        "url": one.url,
        "types": list(one.types),
        "created_at": _moment(one.created_at),
        "rests_until": _moment(one.rests_until),
        "disabled_at": _moment(one.disabled_at),
        "disabled_why": one.disabled_why or None,
        "waiting": one.figures.waiting,
        "failed": one.figures.failed,
        "delivered_at": _moment(one.figures.delivered_at),
    }


def _print(one: "Endpoint") -> None:
    figures = one.figures
    counts = f"{figures.waiting:,} waiting, {figures.failed:,} failed"
    click.echo(f"{one.name}  {one.url}  {', '.join(one.types) or 'everything'}")
    click.echo(f"  last delivered {_moment(figures.delivered_at) or 'never'}; {counts}")
    if one.disabled_at is not None:
        click.echo(f"  Disabled since {_moment(one.disabled_at)}. {one.disabled_why}")


def _told(one: "Delivery") -> dict[str, Any]:
    return {
        "id": one.id,
        "type": one.type,
        "state": one.standing.value,
        "created_at": _moment(one.created_at),
        "due_at": _moment(one.due_at),
        "ended_at": _moment(one.ended_at),
        "attempts": one.attempts,
        "status": one.status,
        "trouble": one.trouble or None,
    }


def _fate(one: "Delivery") -> str:
    tried = f", after {one.attempts} {'attempt' if one.attempts == 1 else 'attempts'}" if one.attempts else ""
    again = f" until {_moment(one.due_at)}" if one.due_at is not None and one.attempts else ""
    return f"{one.standing.value}{again}{tried}{f'. {one.trouble}' if one.trouble else ''}"


def _moment(instant: int | None) -> str | None:
    from regulars.wire.instants import rfc3339

    return None if instant is None else rfc3339(instant // 1_000_000 * 1_000_000)
