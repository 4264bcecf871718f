"""`regulars person`: what people may ask of a shop, and what staff do about accounts, from the command line.

A customer is named as in the API: the shop's own id as it is, else `kind:value`. With `-` the name is read from standard input,
so that an e-mail address stands in no history of commands.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regulars.cli.inputs import complaint
from regulars.cli.record import Record, open_record, record_options
from regulars.cli.wiring import Wiring

if TYPE_CHECKING:
    from regulars.service.shop import Shop

WHO = "command line"
PLAIN = ("user_id", "anonymous_id", "id")


@click.group()
def person() -> None:
    """Export, erase, merge and part people."""


@person.command()
@click.argument("identity")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="A file; else standard output.")
@record_options
@click.pass_obj
def export(wiring: Wiring, identity: str, to: Path | None, record: Record) -> None:
    """Everything that is kept of one person, as JSON."""
    from regulars.service.rights import write_person

    with open_record(record, wiring) as (shop, clock):
        id = _id_of(shop, identity)
        if to is None:
            write_person(shop, id, WHO, clock(), sys.stdout.buffer)
            return
        to.touch(mode=0o600)
        to.chmod(0o600)
        with to.open("wb") as file:
            write_person(shop, id, WHO, clock(), file)
    click.echo(f"written to {to}, which only you can read")


@person.command()
@click.argument("identity")
@click.option("--yes", is_flag=True, help="Do not ask.")
@record_options
@click.pass_obj
def erase(wiring: Wiring, identity: str, yes: bool, record: Record) -> None:
    """Forget a person. The ledger stays, without a name; late messages do not bring the person back."""
    from regulars.service.refreshing import FILE_NAME
    from regulars.service.rights import erase as forget

    with open_record(record, wiring) as (shop, clock):
        id = _id_of(shop, identity)
        if not yes and not click.confirm("This cannot be undone. Erase this person?"):
            raise complaint("nothing was changed")
        gone = forget(shop, id, WHO, clock())
    (record.data_dir / FILE_NAME).unlink(missing_ok=True)  # a server writes it anew, if there is one
    click.echo(
        f"erased: {gone.identities:,} identities, {gone.facts:,} facts stripped, {gone.refusals:,} refused events thrown away"
    )
    click.echo("Run `regulars compact` when it is quiet, so that nothing of it is left in the files either.")


@person.command()
@click.argument("identity")
@record_options
@click.pass_obj
def readmit(wiring: Wiring, identity: str, record: Record) -> None:
    """Let an identity that was erased be somebody again, who starts anew."""
    from regulars.service.rights import readmit as lift

    with open_record(record, wiring) as (shop, clock):
        if not lift(shop, _named(shop, identity), WHO, clock()):
            raise complaint("nobody by that identity was erased")
    click.echo("from now on this identity may be somebody again")


@person.command()
@click.argument("identity")
@click.argument("into")
@click.option("--why", required=True, help="Stands in the audit trail.")
@record_options
@click.pass_obj
def merge(wiring: Wiring, identity: str, into: str, why: str, record: Record) -> None:
    """Two accounts are one person: IDENTITY goes up in INTO."""
    from regulars.service.joining import NotPossible
    from regulars.service.joining import merge as joined

    with open_record(record, wiring) as (shop, clock):
        account = _id_of(shop, identity)
        try:
            joined(shop, account, _id_of(shop, into), WHO, why, clock())
        except NotPossible as no:
            raise complaint(no.words) from None
    click.echo(f"merged; to undo it: regulars person part {account}")


@person.command()
@click.argument("account")
@record_options
@click.pass_obj
def part(wiring: Wiring, account: str, record: Record) -> None:
    """Undo a merge: ACCOUNT, by our own id, goes its own way again."""
    from regulars.service.joining import NotPossible
    from regulars.service.joining import part as parted

    with open_record(record, wiring) as (shop, clock):
        try:
            parted(shop, account, WHO, clock())
        except NotPossible as no:
            raise complaint(no.words) from None
    click.echo("parted")


@click.command()
@record_options
@click.pass_obj
def compact(wiring: Wiring, record: Record) -> None:
    """Rewrite the database, so that nothing of what was erased is left in its files. Others wait meanwhile."""
    from regulars.service.rights import compact as rewrite

    with open_record(record, wiring) as (shop, _):
        rewrite(shop)
    click.echo("compacted")


def _id_of(shop: "Shop", identity: str) -> str:
    from regulars.service.customers import find_by_name

    id = find_by_name(shop, *_named(shop, identity))
    if id is None:
        raise complaint("nobody is known by that identity")
    return id


def _named(shop: "Shop", identity: str) -> tuple[str, str]:
    """Kind and value, in the form in which events bring them in."""
    from regulars.kernel.program import USUAL_KINDS
    from regulars.wire.events.identities import usable

    text = sys.stdin.readline().strip() if identity == "-" else identity.strip()
    rulebook = shop.rulebooks.in_force()
    kinds = {one.kind: one for one in (rulebook.program.kinds() if rulebook else USUAL_KINDS)}
    kind, colon, value = text.partition(":")
    if colon and kind in PLAIN:
        return kind, value
    if colon and kind in kinds:
        normal = usable(kinds[kind], value)
        if normal is None:
            raise complaint(f"that is no {kind}")
        return kind, normal
    return "user_id", text
