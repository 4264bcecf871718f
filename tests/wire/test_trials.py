"""What a program document says of trials, the holdout and perks: what it means, and what is wrong with it."""

from datetime import date
from fractions import Fraction

import pytest

from regulars.kernel.calendar import Duration, day_of_date
from regulars.kernel.changes import changes
from regulars.kernel.experiments import Arm, ForArm, ForShare, Holdout, Trial
from regulars.kernel.perks import Opening, Wall
from regulars.wire.program import parse_program
from regulars.wire.records import decode_program, encode_program
from tests.wire.documents import PLAIN
from tests.wire.test_program import mistakes, rules

TRIED = """
trials:
  doubles: {share: 50%, arms: [plain, doubled]}
  gifts: {salt: other, arms: {none: 50%, small: 30%, large: 20%}}
holdout: {share: 5%, salt: corner-2026}
segments: {gold-people: {tier: gold}}
tiers: {by: spend, over: calendar_year, levels: [{id: gold, at: 5, perks: [early-access, lounge]}]}
perks:
  early-access:
    title: Early access
    window: {to: 2026-12-01}
    opens: {at: 2026-11-27T09:00, before_others: 4 hours}
  lounge: {for: {segment: gold-people, share: 10%}, products: [SKU-2, SKU-1]}
"""
RULES = (
    "{id: a, on: Order Completed, points: 1, for: {trial: doubles, arm: doubled}}",
    "{id: b, on: Birthday, points: 5, holdout: exempt}",
)


def test_it_means_what_it_says() -> None:
    program = parse_program(rules(*RULES) + TRIED).program
    assert program.holdout == Holdout(Fraction(1, 20), "corner-2026")
    half = Fraction(1, 2)
    assert program.trials[0] == Trial("doubles", half, (Arm("plain", half), Arm("doubled", half)), "doubles")
    assert [arm.share for arm in program.trials[1].arms] == [half, Fraction(3, 10), Fraction(1, 5)]
    assert (program.earning[0].only_for, program.earning[1].exempt) == (ForArm("doubles", "doubled"), True)
    early, lounge = program.perks
    black_friday = Wall(day_of_date(date(2026, 11, 27)), 9 * 60)
    assert early.opens == Opening(black_friday, Duration(4, "hours"))
    assert lounge.only_for == ForShare(Fraction(1, 10), "lounge", "gold-people")
    assert program.levels_with("lounge") == ("gold",)


def test_it_says_so_in_plain_words() -> None:
    said = parse_program(rules(*RULES) + TRIED).program.describe()
    assert "1 point for each order, for “doubled” of the trial “doubles”." in said
    assert "5 points for a birthday, once a year, the holdout too." in said
    assert (
        "Trial “doubles”: 50 % of all customers take part, drawn by “doubles”; of these are 50 % “plain” and 50 % “doubled”."
        in said
    )
    assert (
        "Held out, always the same: 5 % of all customers, drawn by “corner-2026”. "
        "They get nothing but what is marked as exempt, and take part in no trial."
    ) in said
    assert (
        "Perk “early-access”: “Early access”, for gold, 4 hours before everybody may, on 2026-11-27 09:00, "
        "until before 2026-12-01."
    ) in said


def test_a_program_that_was_stored_is_the_same_program() -> None:
    rulebook = parse_program(rules(*RULES) + TRIED)
    assert decode_program(encode_program(rulebook), rulebook.version).program == rulebook.program


def test_the_order_of_trials_and_perks_means_nothing_and_that_of_arms_does() -> None:
    one = parse_program(PLAIN + "trials: {x: {arms: [a, b]}, y: {arms: [a, b]}}")
    assert one.version == parse_program(PLAIN + "trials: {y: {arms: [a, b]}, x: {arms: [a, b]}}").version
    assert one.version != parse_program(PLAIN + "trials: {x: {arms: [b, a]}, y: {arms: [a, b]}}").version


def test_what_a_new_program_changes() -> None:
    old = parse_program(rules(*RULES) + TRIED).program
    new = parse_program(
        rules(RULES[0].replace(", for: {trial: doubles, arm: doubled}", ""), RULES[1])
        + TRIED.replace("share: 5%", "share: 10%")
        .replace("Early access\n", "Come early\n")
        .replace("salt: other, ", "")
    ).program
    said = changes(old, new)
    assert (
        "The rule “a” is now: 1 point for each order. Before: 1 point for each order, for “doubled” of the trial “doubles”."
        in said
    )
    assert any(one.startswith("The perk “early-access” is now: “Come early”") for one in said)
    assert any(one.startswith("The trial “gifts” is now:") for one in said)
    assert any("10 % of all customers" in one and "Before: Held out, always the same: 5 %" in one for one in said)
    assert changes(old, parse_program(rules(*RULES) + TRIED).program) == []


SOME = "{id: a, on: Order Completed, points: 1, for: "


@pytest.mark.parametrize(
    ("document", "mistake"),
    [
        (rules(SOME + "{trial: double, arm: x}}") + "\ntrials: {doubles: {arms: [x, y]}}",
         "earning[0].for.trial: there is no trial “double” in this program; did you mean “doubles”?"),
        (rules(SOME + "{trial: doubles, arm: yy}}") + "\ntrials: {doubles: {arms: [x, yes-please]}}",
         "earning[0].for.arm: the trial “doubles” has no arm “yy”"),
        (rules(SOME + "{trial: doubles}}") + "\ntrials: {doubles: {arms: [x, y]}}",
         "earning[0].for: “arm” is missing: which arm of the trial gets it"),
        (rules(SOME + "{trial: doubles, arm: x, share: 5%}}") + "\ntrials: {doubles: {arms: [x, y]}}",
         "earning[0].for: “for” names a “trial” with its “arm”, or else a “share”"),
        (rules(SOME + "{segment: gold}}"), "earning[0].for: “for” names a “trial” with its “arm”, or else a “share”"),
        (rules(SOME + "{segment: golden, share: 5%}}") + "\nsegments: {gold: {member: yes}}",
         "earning[0].for.segment: there is no segment “golden” in this program; did you mean “gold”?"),
        (rules(SOME + "{trial: doubles, arm: x, salt: y}}") + "\ntrials: {doubles: {arms: [x, y]}}",
         "earning[0].for.salt: “salt” goes with “share”"),
        (rules(SOME + "{share: 5%}}") + "\ntrials: {a: {arms: [x, y]}}",
         "earning[0].for: a share is a trial of its own, by the name of “a”, which is that of the trial on line 7"),
        (PLAIN + "trials: {doubles: {arms: [x]}}",
         "trials.doubles.arms: a trial has two arms or more, so that there is something to hold one against"),
        (PLAIN + "trials: {doubles: {arms: [x, x]}}", "trials.doubles.arms: two arms bear one name"),
        (PLAIN + "trials: {doubles: {arms: {x: 50%, y: 40%}}}",
         "trials.doubles.arms: the shares of the arms are of those who take part, and sum to 100 %"),
        (PLAIN + "trials: {doubles: {share: 0%, arms: [x, y]}}",
         "trials.doubles.share: a share of 0 % is nobody: leave the trial out"),
        (PLAIN + "trials: {holdout: {arms: [x, y]}}",
         "trials.holdout: “holdout” is the name of what stands above all trials; call this one something else"),
        (PLAIN + "holdout: {share: 5%, salt: doubles}\ntrials: {doubles: {arms: [x, y]}}",
         "trials.doubles: the holdout is drawn by the same salt, so this would draw of those whom it leaves; take another one"),
        (PLAIN + "holdout: {salt: x}", "holdout: “share” is missing: that share of all customers, always the same ones"),
        (PLAIN + "tiers: {by: spend, over: calendar_year, levels: [{id: gold, at: 5, perks: [early-acces]}]}\n"
         "perks: {early-access: {title: Early}}",
         "tiers.levels[0].perks: there is no perk “early-acces” in this program; did you mean “early-access”?"),
        (PLAIN + "perks: {sale: {window: {from: 2026-11-27, to: 2026-11-27}}}",
         "perks.sale.window.to: “to” is the first moment at which it no longer holds, and must come after “from”"),
        (PLAIN + "perks: {sale: {window: {from: 2026-11-20}, opens: {at: 2026-11-27T09:00, before_others: 4 hours}}}",
         "perks.sale.window.from: “opens” says from when on it holds; leave “from” out"),
        (PLAIN + "perks: {sale: {window: {to: 2026-11-27}, opens: {at: 2026-11-27T09:00, before_others: 4 hours}}}",
         "perks.sale.opens.at: everybody may only after it is over; “to” must come after that"),
        (PLAIN + "perks: {sale: {opens: {at: 2026-11-27T25:00, before_others: 4 hours}}}",
         "perks.sale.opens.at: expected a time from 00:00 to 23:59; found “2026-11-27T25:00”"),
        (PLAIN + "perks: {sale: {opens: {at: 2026-11-27T09:00, before_others: 1 month}}}",
         "perks.sale.opens.before_others: expected minutes, hours, days or weeks; found “1 month”"),
    ],
)  # fmt: skip
def test_every_mistake_is_named_where_it_stands(document: str, mistake: str) -> None:
    assert mistakes(document) == [mistake]
