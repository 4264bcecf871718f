"""Commands that run a shop: serve it, look after it, hand out keys and accounts."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regulars.cli.inputs import complaint, complaint_about
from regulars.cli.output import print_json
from regulars.cli.record import Record, open_record, record_options
from regulars.cli.wiring import Wiring
from regulars.wire.document import DocumentError

if TYPE_CHECKING:
    from regulars.service.visits import Enrichment

MOST_PROXIES = 10


@click.command()
@record_options
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="The address to listen at; a proxy stands before it."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes any free one.")
@click.option(
    "--trust-proxy",
    type=click.IntRange(0, MOST_PROXIES),
    default=0,
    show_default=True,
    envvar="REGULARS_TRUST_PROXY",
    metavar="N",
    help="How many proxies stand before it: X-Forwarded-For is believed that far.",
)
@click.option(
    "--places",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="REGULARS_PLACES",
    metavar="FILE",
    help="A database of places in MaxMind's format: then visits have a country, region and city.",
)
@click.option(
    "--own-host",
    "own_hosts",
    multiple=True,
    envvar="REGULARS_OWN_HOSTS",
    metavar="HOST",
    help="A further host of the shop, such as its checkout's: nobody comes from there. May be said again.",
)
@click.option(
    "--tester",
    "testers",
    multiple=True,
    envvar="REGULARS_TESTERS",
    metavar="TEXT",
    help="A piece of the user agent of a robot that the shop sends itself: it counts as people do. May be said again.",
)
@click.pass_obj
def serve(
    wiring: Wiring,
    record: Record,
    host: str,
    port: int,
    trust_proxy: int,
    places: Path | None,
    own_hosts: tuple[str, ...],
    testers: tuple[str, ...],
) -> None:
    """Take events, answer questions, show the pages, wake whoever falls due.

    \b
      regulars serve --data-dir my-shop
      REGULARS_DATABASE_URL=postgresql://... regulars serve --port 8001

    Several may run on one PostgreSQL database at the same time.
    """
    from regulars.service.refreshing import FILE_NAME

    with open_record(record, wiring, new=True, enrichment=_enrichment(places, own_hosts, testers)) as (shop, clock):
        missing = shop.ready()
        if missing:
            click.echo(missing, err=True)
        try:
            wiring.serve(
                shop,
                clock,
                host,
                port,
                lambda address: click.echo(f"listening on {address}"),
                trust_proxy,
                analytics=record.data_dir / FILE_NAME,
            )
        except OSError as error:
            raise complaint(f"cannot listen on {host}:{port}: {error.strerror or error}") from None


@click.command()
@click.argument("program", type=click.Path(dir_okay=False))
@record_options
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON; needs --yes where something changes.")
@click.option("--announce", is_flag=True, help="Tell webhooks of everybody whom it moves between segments.")
@click.pass_obj
def apply(wiring: Wiring, program: str, record: Record, yes: bool, as_json: bool, announce: bool) -> None:
    """Put PROGRAM in force: shows what would change, asks, publishes it, and lets all customers adopt it."""
    from regulars.cli.progress import counting
    from regulars.service.programs import ProgramRefused, plan, publish
    from regulars.service.waking import adopt_all, waiting_to_adopt

    written = _read(program)
    with open_record(record, wiring, new=True) as (shop, clock):
        try:
            planned, new = plan(shop, written, program), shop.rulebooks.in_force() is None
        except DocumentError as error:
            raise complaint_about(error) from None
        except ProgramRefused as error:
            raise complaint(str(error)) from None
        if not as_json:
            _print_plan(planned.changes, planned.customers, new)
        if planned.changes and not yes:
            if as_json:
                raise click.UsageError("--json cannot ask: add --yes")
            _ask()
        publication = publish(shop, written, "the command line", clock(), program, announce=announce)
        waiting = waiting_to_adopt(shop)
        with counting("Adopting", "customers", quiet=as_json) as progress:
            adopt_all(shop, clock(), lambda done: progress(done, waiting))
        if as_json:
            print_json({"version": publication.version, "changes": planned.changes, "adopted": waiting})
        else:
            click.echo(f"In force: {publication.name}, version {publication.version[:12]}")


@click.group()
def keys() -> None:
    """Keys with which events and questions are sent."""


@keys.command()
@record_options
@click.option(
    "--kind", type=click.Choice(["public", "secret"]), required=True, help="For browsers, or for your server."
)
@click.option("--label", default="", help="What it is for, so that you know it again.")
@click.pass_obj
def create(wiring: Wiring, record: Record, kind: str, label: str) -> None:
    """Make a key, and print it: it is shown this once.

    A public key stands in your pages; it may tell what visitors do, and earns and reads nothing. A secret key is your shop's own
    word: keep it on your server.
    """
    from regulars.service.keys import create_key

    with open_record(record, wiring, new=True) as (shop, clock):
        click.echo(create_key(shop.store, "public" if kind == "public" else "secret", label, clock()))


@keys.command("list")
@record_options
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def list_keys(wiring: Wiring, record: Record, as_json: bool) -> None:
    """The keys there are, by how they begin."""
    from msgspec import to_builtins

    from regulars.service.keys import all_keys
    from regulars.wire.instants import rfc3339

    with open_record(record, wiring) as (shop, _):
        found = all_keys(shop.store)
    if as_json:
        print_json([{**to_builtins(one), "created_at": rfc3339(one.created_at)} for one in found])
        return
    for one in found:
        state = "revoked" if one.revoked else "in use"
        click.echo(f"{one.hint}…  {one.kind:6}  {state:7}  {rfc3339(one.created_at)[:10]}  {one.label}")
    if not found:
        click.echo("There are none yet: regulars keys create --kind secret")


@keys.command()
@record_options
@click.argument("beginning")
@click.pass_obj
def revoke(wiring: Wiring, record: Record, beginning: str) -> None:
    """Take a key back: BEGINNING is the key, or as much of it as `keys list` shows. Running servers follow within seconds."""
    from regulars.service.keys import KeyUnknown, revoke_key

    with open_record(record, wiring) as (shop, clock):
        try:
            revoke_key(shop.store, beginning, clock())
        except KeyUnknown as error:
            raise complaint(str(error)) from None


@click.group()
def admin() -> None:
    """Accounts for the pages."""


@admin.command("create")
@record_options
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@click.pass_obj
def create_account(wiring: Wiring, record: Record, name: str, password_stdin: bool) -> None:
    """Make an account that may sign in to the pages."""
    from regulars.service.admins import AdminRefused, create_admin

    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with open_record(record, wiring, new=True) as (shop, clock):
        try:
            create_admin(shop, name, password, clock())
        except AdminRefused as error:
            raise complaint(str(error)) from None
    click.echo(f"{name} may sign in.")


@admin.command("link")
@record_options
@click.argument("name")
@click.option("--address", default="http://127.0.0.1:8000", show_default=True, help="Where the pages are.")
@click.pass_obj
def sign_in_link(wiring: Wiring, record: Record, name: str, address: str) -> None:
    """Print a link with which NAME signs in once, without a password."""
    from regulars.service.admins import admin_named, create_link

    with open_record(record, wiring) as (shop, clock):
        account = admin_named(shop, name)
        if account is None:
            raise complaint(f"there is no account “{name}”: regulars admin create {name}")
        click.echo(f"{address}/sign-in/link/{create_link(shop, account, clock())}")


@click.command("name")
@record_options
@click.argument("text", required=False)
@click.option("--note", help="A sentence that every page says of the shop; “” takes it away.")
@click.pass_obj
def name_shop(wiring: Wiring, record: Record, text: str | None, note: str | None) -> None:
    """Call the shop TEXT on its pages, instead of what its program is called. Without TEXT, print what it is called.

    Running servers follow within seconds. What a made year says of itself stays.
    """
    from regulars.service.sign import SignRefused, put_up, sign_of

    with open_record(record, wiring) as (shop, _):
        try:
            if text is not None or note is not None:
                put_up(shop, text, note)
        except SignRefused as error:
            raise complaint(str(error)) from None
        sign = sign_of(shop)
    click.echo(sign.name or "It is called as its program is.")
    if sign.note:
        click.echo(sign.note)


@click.command()
@record_options
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def doctor(wiring: Wiring, record: Record, as_json: bool) -> None:
    """Look the shop over: the database, the program, and whether the ledger, the states and the facts agree.

    Exit code 1 where something is wrong.
    """
    from regulars.service.doctor import examine

    with open_record(record, wiring, as_it_is=True) as (shop, clock):
        findings = examine(shop, clock())
    if as_json:
        print_json([{"what": one.what, "good": one.good, "found": one.found, "mend": one.mend} for one in findings])
    else:
        for one in findings:
            click.echo(f"{'ok' if one.good else 'WRONG':6} {one.what}: {one.found}")
            if not one.good:
                click.echo(f"       {one.mend}")
    if not all(one.good for one in findings):
        raise SystemExit(1)


def _enrichment(places: Path | None, own_hosts: tuple[str, ...], testers: tuple[str, ...]) -> "Enrichment":
    from regulars.service.visits import EnrichmentRefused, enrichment_of
    from regulars.wire.enrichment import PlacesError

    try:
        return enrichment_of(places, own_hosts, testers)
    except (EnrichmentRefused, PlacesError) as error:
        raise complaint(str(error)) from None


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError as error:
        raise complaint(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise complaint(f"{path} is not UTF-8: save it as UTF-8") from None


def _ask() -> None:
    try:
        agreed = click.confirm("Put it in force?")
    except click.Abort:
        raise complaint("nobody answered, so nothing was changed: add --yes to go on without asking") from None
    if not agreed:
        raise complaint("nothing was changed")


def _print_plan(changes: tuple[str, ...], customers: int, new: bool) -> None:
    if not changes:
        click.echo("Nothing changes: this program is in force.")
        return
    click.echo("The first program:" if new else f"What would change, for {customers:,} customers and visitors:")
    for sentence in changes:
        click.echo(f"  {sentence}")
