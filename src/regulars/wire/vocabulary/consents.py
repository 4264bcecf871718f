"""What a program document may say of consent: what may be done with what is known of people, and why."""

from typing import Final, get_args

from regulars.kernel.program import Purpose
from regulars.wire.shapes import Key, Table, word

PURPOSES: Final[tuple[str, ...]] = get_args(Purpose)

PURPOSE = Table(
    {
        "ground": Key(
            word(("consent", "contract", "legitimate_interest")),
            "why it is allowed: somebody agreed, it is part of the contract, or it is a legitimate interest until they object",
        ),
        "double_opt_in": Key(word(("yes", "no")), "whether consent must be confirmed by a second click; it need not"),
    },
    "a table such as {ground: consent, double_opt_in: yes}",
    may_be_empty=False,
)

CONSENT = Table(
    {
        "analytics": Key(PURPOSE, "counting and comparing; `legitimate_interest` where nothing is said"),
        "profiling": Key(PURPOSE, "scores, segments and what is chosen by them; `legitimate_interest`"),
        "email": Key(PURPOSE, "marketing by e-mail; `consent`"),
        "sms": Key(PURPOSE, "marketing by text message; `consent`"),
        "ads": Key(PURPOSE, "lists for advertisers; `consent`"),
    },
    "a table from purposes to grounds, such as {email: {ground: consent}}",
    may_be_empty=False,
)
