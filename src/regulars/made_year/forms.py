"""The newsletter's form: what is true of it. Who sees it and who answers is a part of the life (`life`), since it gives a name."""

from msgspec import Struct

from regulars.made_year.model import Model


class FormTruth(Struct, frozen=True):
    """`answered` is of those to whom it is shown."""

    form: str
    answered: float


def truth(model: Model) -> list[FormTruth]:
    """Among those who come first in the year; a shopper who orders at once has given a name and answers no form."""
    coming, naming = model.coming, model.naming
    new = coming.shoppers * (1 - coming.known_before)
    passing = 1 - coming.shoppers
    looks = coming.looks_per_order / (1 + coming.looks_per_order)
    answered = new * looks * naming.form_answered + passing * naming.form_answered_passing
    return [FormTruth("newsletter", answered / (new + passing))]
