"""What a new program would change, in sentences."""

from collections.abc import Mapping

from regulars.kernel.program import Program
from regulars.kernel.terms import capitalized, listed


def changes(old: Program, new: Program) -> list[str]:
    """One sentence per difference, in the order of the document; empty where the programs mean the same."""
    old, new = old.canonical(), new.canonical()
    return [
        *_settings(old, new),
        *_points(old, new),
        *_named("rule", _rules(old), _rules(new)),
        *_tiers(old, new),
        *_named("perk", _perks(old), _perks(new)),
        *_pauses(old, new),
        *_named("game", _games(old), _games(new)),
        *_named("club", _clubs(old), _clubs(new)),
        *_holdout(old, new),
        *_named("trial", _trials(old), _trials(new)),
        *_named("score", _scores(old), _scores(new)),
        *_named("interest", _interests(old), _interests(new)),
        *_named("segment", _segments(old), _segments(new)),
        *_about_people(old, new),
        *_named("source", _sources(old), _sources(new)),
    ]


def _settings(old: Program, new: Program) -> list[str]:
    pairs = [
        ("The program is called", old.name, new.name),
        ("Amounts are in", old.currency.code, new.currency.code),
        ("Members are", old.members.replace("_", " "), new.members.replace("_", " ")),
        ("Days are read in", old.zone.name, new.zone.name),
    ]
    sentences = [f"{what} {after}; it was {before}." for what, before, after in pairs if before != after]
    if old.zone.name == new.zone.name and old.zone != new.zone:
        sentences.append(f"The time zone database has other clock changes for {new.zone.name} than before.")
    return sentences


def _points(old: Program, new: Program) -> list[str]:
    if old.points == new.points:
        return []
    return [f"Points: {new.points.describe(new.currency)} Before: {old.points.describe(old.currency)}"]


def _about_people(old: Program, new: Program) -> list[str]:
    now = new.about_people()
    return [f"{now[what]} Before: {before}" for what, before in old.about_people().items() if now[what] != before]


def _scores(program: Program) -> dict[str, str]:
    return {score.id: f"{capitalized(score.what(program.currency))}." for score in program.scores}


def _interests(program: Program) -> dict[str, str]:
    return {profile.id: f"{capitalized(profile.what(program.currency))}." for profile in program.interests}


def _perks(program: Program) -> dict[str, str]:
    return {perk.id: f"{capitalized(perk.what(program.holders_of(perk.id)))}." for perk in program.perks}


def _games(program: Program) -> dict[str, str]:
    return {game.id: f"{capitalized(game.what(program.words()))}." for game in program.games.every}


def _clubs(program: Program) -> dict[str, str]:
    return {club.id: f"{capitalized(club.what(program.words()))}." for club in program.clubs}


def _pauses(old: Program, new: Program) -> list[str]:
    was, now = [one.describe() for one in old.pauses], [one.describe() for one in new.pauses]
    gone = [f"A pause is gone: {one}" for one in was if one not in now]
    return gone + [f"New pause: {one}" for one in now if one not in was]


def _trials(program: Program) -> dict[str, str]:
    return {trial.id: f"{capitalized(trial.what())}." for trial in program.trials}


def _holdout(old: Program, new: Program) -> list[str]:
    if old.holdout == new.holdout:
        return []
    if new.holdout is None:
        return ["Nobody is held out any more."]
    before = f" Before: {old.holdout.describe()}" if old.holdout else ""
    return [f"{new.holdout.describe()}{before}"]


def _segments(program: Program) -> dict[str, str]:
    return {segment.id: f"{capitalized(segment.who(program.words()))}." for segment in program.segments}


def _sources(program: Program) -> dict[str, str]:
    return {source.id: source.describe() for source in program.sources}


def _rules(program: Program) -> dict[str, str]:
    return {rule.id: rule.describe(program) for rule in program.earning}


def _tiers(old: Program, new: Program) -> list[str]:
    if old.tiers is None or new.tiers is None:
        if new.tiers is not None:
            return [f"New: {new.tiers.describe(new)}"]
        return [f"There are no tiers any more; there were {listed(list(_levels(old)))}."] if old.tiers else []
    measures = [
        f"by {f'“{tiers.times}”' if tiers.times else tiers.by} {tiers.over.describe()}"
        for tiers in (old.tiers, new.tiers)
    ]
    sentences = [] if measures[0] == measures[1] else [f"Tiers go {measures[1]}; they went {measures[0]}."]
    was, now = old.tiers.manner(), new.tiers.manner()
    sentences += [f"Of levels it holds now: {one}" for one in now if one not in was]
    sentences += [f"Of levels it no longer holds: {one}" for one in was if one not in now]
    return sentences + _named("level", _levels(old), _levels(new))


def _levels(program: Program) -> dict[str, str]:
    return {level.id: f"{level.describe(program)}." for level in program.tiers.levels} if program.tiers else {}


def _named(kind: str, old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Sentences by name: those that are gone, those that are new, those that say something else; then a changed order."""
    sentences = [f"The {kind} “{name}” is gone: {old[name]}" for name in old if name not in new]
    sentences += [f"New {kind} “{name}”: {new[name]}" for name in new if name not in old]
    both = [name for name in new if name in old]
    sentences += [
        f"The {kind} “{name}” is now: {new[name]} Before: {old[name]}" for name in both if old[name] != new[name]
    ]
    if both != [name for name in old if name in new]:
        sentences.append(f"The {kind}s stand in another order: {listed(both)}.")
    return sentences
