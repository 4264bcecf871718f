"""What is wrong with rules for occasions, although every single place can be read."""

from regulars.kernel.celebrations import BIRTHDAY, BY_THEMSELVES, PROFILE_COMPLETED
from regulars.kernel.facts import MEMBER_JOINED
from regulars.wire.document import did_you_mean, nearest, quoted
from regulars.wire.shapes import Given

_ONLY_FOR = (("leap_day", BIRTHDAY), ("traits", PROFILE_COMPLETED), ("retroactive", MEMBER_JOINED))


def check_celebration(rule: Given, event: str | None) -> None:
    """Of a rule that gives points for `event`."""
    if event is None:
        return
    near = nearest(event, BY_THEMSELVES, cutoff=0.9)
    if near is not None and near != event:
        rule.at("on").wrong(f"{quoted(event)} is nearly an occasion, but not letter by letter{did_you_mean(near)}")
        return
    for key, name in _ONLY_FOR:
        if rule.has(key) and event != name:
            rule.at(key).wrong(f"{quoted(key)} goes with {quoted(name)} alone; leave it out")
    if event == PROFILE_COMPLETED and not rule.has("traits") and not rule.has("limit"):
        rule.place.wrong("“traits” is missing: what makes a profile complete")
