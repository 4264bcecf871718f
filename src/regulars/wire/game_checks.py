"""What is wrong with the games and clubs of a program document although every single place can be read."""

from fractions import Fraction
from typing import Final

from regulars.kernel.calendar import EXACT_UNITS
from regulars.kernel.facts import MEMBER_JOINED, ORDER_COMPLETED, WENT_BACK
from regulars.kernel.terms import Currency
from regulars.wire.document import did_you_mean, nearest, quoted
from regulars.wire.game_reading import GAME_KINDS, deeds_of
from regulars.wire.shapes import Given

MOST_GAMES: Final = 100
MOST_CLUBS: Final = 20
MOST_ZONES: Final = 40


def check_games(program: Given) -> None:
    games: Given | None = program["games"]
    perks = [id for id, _ in program["perks"] or ()]
    currency: Currency | None = program["currency"]
    named = {rule["id"]: "a rule" for rule in program["earning"] or () if rule["id"]}
    named |= dict.fromkeys(perks, "a perk")
    if games is not None:
        every = [(kind, id, one) for kind in GAME_KINDS for id, one in games[kind] or ()]
        if len(every) > MOST_GAMES:
            program.at("games").wrong(f"there are at most {MOST_GAMES} games")
        if len(games["time_zones"] or ()) > MOST_ZONES:
            games.at("time_zones").wrong(f"there are at most {MOST_ZONES} time zones")
        for kind, id, game in every:
            _refuse_second(id, game, named, GAME_KINDS[kind])
            _check_game(kind, game, perks, currency)
    if len(program["clubs"] or ()) > MOST_CLUBS:
        program.at("clubs").wrong(f"there are at most {MOST_CLUBS} clubs")
    for id, club in program["clubs"] or ():
        _refuse_second(id, club, named, "club")
        _check_club(club, program, perks, currency)


def _refuse_second(id: str, given: Given, named: dict[str, str], what: str) -> None:
    """One name, one thing: explanations, trials and those who ask go by it."""
    if id in named:
        given.place.wrong(f"{quoted(id)} is the name of {named[id]} already; call this one something else")
    named[id] = f"a {what}" if what != "stamps" else "a card of stamps"


def _check_game(kind: str, game: Given, perks: list[str], currency: Currency | None) -> None:
    gives: Given | None = game["gives"]
    first, end = game["from"], game["to"]
    if first is not None and end is not None and end <= first:
        game.at("to").wrong("“to” is the first day that no longer counts, and must come after “from”")
    if gives is not None:
        if gives["perk"] is not None and gives["perk"] not in perks:
            meant = did_you_mean(nearest(gives["perk"], perks))
            gives.at("perk").wrong(f"there is no perk {quoted(gives['perk'])} in this program{meant}")
        if gives.has("within") and not gives.has("perk"):
            gives.at("within").wrong("“within” goes with “perk”: points have a life of their own")
    for deed in deeds_of(game) if kind == "challenges" else (game,) if kind != "milestones" else ():
        _check_deed(deed)
    if kind == "milestones":
        _check_milestone(game, currency)
    elif kind == "challenges" and first is not None and end is not None and (game["within"] or 0) > end - first > 0:
        game.at("within").wrong(f"there are only {end - first} days between “from” and “to”; leave “within” out")


def _check_deed(deed: Given) -> None:
    event = deed["on"]
    if event in (None, ORDER_COMPLETED):
        excluded = dict(deed["except"] or ())
        for name, values in deed["only"] or ():
            if values and set(values) <= set(excluded.get(name, ())):
                deed.at("except").wrong(
                    f"“except” takes out every {quoted(name)} that “only” lets in: this can never be done"
                )
        return
    if event in WENT_BACK:
        deed.at("on").wrong(f"{quoted(event)} takes back what an order counted for; nothing is to be won by it")
    near = nearest(event, (ORDER_COMPLETED, MEMBER_JOINED), cutoff=0.9)
    if near not in (None, event):
        deed.at("on").wrong(
            f"{quoted(event)} is nearly an event that is known, but not letter by letter{did_you_mean(near)}"
        )
    elif deed.has("counts") and deed["counts"] not in (None, "times"):
        deed.at("counts").wrong(f"only {quoted(ORDER_COMPLETED)} has items and money; leave “counts” out")
    if event == MEMBER_JOINED and (deed["times"] or 1) > 1:
        deed.at("times").wrong("nobody joins twice: this can never be done")


def _check_milestone(game: Given, currency: Currency | None) -> None:
    by, at = game["by"], game["at"]
    if by == "points":
        for key in ("from", "to"):
            if game.has(key):
                game.at(key).wrong("points count from the first on; leave it out")
    if at is None or currency is None or by is None:
        return
    least = Fraction(1, 10**currency.exponent) if by == "spend" else Fraction(1)
    if (at / least).denominator != 1:
        if by == "spend":
            _refuse_fine(game, "at", currency)
        else:
            game.at("at").wrong(f"expected a whole number of {by}; found {game.at('at').found}")


def _check_club(club: Given, program: Given, perks: list[str], currency: Currency | None) -> None:
    for perk in club["perks"] or ():
        if perk not in perks:
            meant = did_you_mean(nearest(perk, perks))
            club.at("perks").wrong(f"there is no perk {quoted(perk)} in this program{meant}")
    term, price = club["term"], club["price"]
    if term is not None and term.unit in EXACT_UNITS:
        club.at("term").wrong("expected days, weeks, months or years")
    if price is not None and currency is not None and (price * 10**currency.exponent).denominator != 1:
        _refuse_fine(club, "price", currency)
    tiers: Given | None = program["tiers"]
    levels = [level["id"] for level in (tiers["levels"] if tiers else None) or () if level["id"]]
    if club["level"] is not None and club["level"] not in levels:
        meant = did_you_mean(nearest(club["level"], levels))
        club.at("level").wrong(f"there is no level {quoted(club['level'])} in this program{meant}")


def _refuse_fine(given: Given, key: str, currency: Currency) -> None:
    decimals = f"at most {currency.exponent} decimals" if currency.exponent else "no decimals"
    given.at(key).wrong(f"an amount in {currency.code} has {decimals}; found {given.at(key).found}")
