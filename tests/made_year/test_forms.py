"""The newsletter's form: of those who see it, as many answer as its truth says."""

from regulars.made_year import forms, telling
from regulars.made_year.model import Model

MODEL = Model()


def test_as_many_answer_as_the_truth_says():
    shown = answered = 0
    for number in range(6_000):
        plan = telling.plan_of(MODEL, 5, number)
        names = [said.name for said in telling.told(MODEL, 5, plan)] if plan.life.saw_form else []
        shown += "Form Shown" in names
        answered += "Form Submitted" in names

    [truth] = forms.truth(MODEL)
    error = (truth.answered * (1 - truth.answered) / shown) ** 0.5
    assert shown > 3_000
    assert abs(answered / shown - truth.answered) < 4 * error
