"""`regulars extend`: points of a segment last longer."""

import click

from regulars.cli.inputs import complaint
from regulars.cli.record import Record, open_record, record_options
from regulars.cli.wiring import Wiring

WHO = "command line"


@click.command("extend")
@click.option("--segment", required=True, help="Whose points: a segment of the program in force.")
@click.option("--until", metavar="DAY", required=True, help="Through that day, as 2026-12-31, on the shop's wall.")
@click.option("--reason", required=True, help="The customers read it.")
@record_options
@click.pass_obj
def extend(wiring: Wiring, segment: str, until: str, reason: str, record: Record) -> None:
    """Let points of a segment last longer, customer by customer.

    What would end later, or never, stays. Killed and started again it goes on, and extends nobody twice.
    """
    from datetime import date

    from regulars.cli.progress import counting
    from regulars.kernel.calendar import day_of_date
    from regulars.service.extending import extend_segment

    if not reason.strip():
        raise complaint("--reason is empty: the customers read it")
    with open_record(record, wiring) as (shop, clock):
        rulebook = shop.rulebooks.in_force()
        if rulebook is None:
            raise complaint("no program is in force yet: regulars apply PROGRAM")
        if segment not in {one.id for one in rulebook.program.segments}:
            raise complaint(f"the program in force has no segment “{segment}”")
        try:
            end = rulebook.calendar.start_of_day(day_of_date(date.fromisoformat(until)) + 1)
        except ValueError:
            raise complaint("--until: write the day as 2026-12-31") from None
        if end <= clock():
            raise complaint("--until: that day is past")
        with counting("Extending", "customers", quiet=False) as progress:
            done = extend_segment(shop, segment, end, reason.strip(), WHO, clock, lambda number: progress(number, 0))
    name = rulebook.program.points.name
    click.echo(f"{name.points(done.points)} of {_customers(done.customers)} last through {until} now.")
    if done.before:
        click.echo(f"{_customers(done.before)} had been extended before.")
    if done.without:
        click.echo(f"{_customers(done.without)} held nothing that ends sooner.")


def _customers(count: int) -> str:
    return "1 customer" if count == 1 else f"{count:,} customers"
