"""Where the fold's time goes: each file's and each function's own time, from cProfile.

`python -m bench.fold_profile` profiles one process and prints what it found as JSON.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from cProfile import Profile as Profiler
from pathlib import Path
from typing import Final

import msgspec

from bench.measure import ROOT, rounded, run_module
from bench.results import Profile, Share

EVERY: Final = 10
"""One in so many customers."""

SHOWN_FUNCTIONS: Final = 12
SMALLEST_SHARE: Final = 0.005

MEANING: Final = [
    (
        "The fold and the sums of a backtest of the corner shop over every tenth customer of the grocer's year, under cProfile. "
        "Each file and function has its own time, that of Python's built-in functions which it calls included, that of others not."
    ),
    (
        "A profiler adds to every call, so that many small calls look dearer here than they are: this shows where to look, not "
        "what things cost."
    ),
]


def measured() -> Profile:
    return msgspec.json.decode(run_module("bench.fold_profile").output, type=Profile)


def _take() -> Profile:
    from regulars.backtesting.replay import replay
    from regulars.backtesting.run import end_of, open_history
    from regulars.backtesting.tally import Bookkeeper
    from regulars.wire.complete_journey import CompleteJourney
    from regulars.wire.program import load_program

    program = load_program(ROOT / "programs/corner-shop/program.yaml")
    history = open_history(CompleteJourney(), [program])
    until = end_of(history)
    customers = [one for number, one in enumerate(history.customers()) if number % EVERY == 0]
    keeper = Bookkeeper(program)
    profiler = Profiler()
    profiler.enable()
    for customer, facts in customers:
        state, effects = replay(facts, program, until)
        keeper.customer_done(customer, facts, effects, state)
    profiler.disable()
    return _profile(profiler, sum([len(facts) for _, facts in customers]))


def _profile(profiler: Profiler, events: int) -> Profile:
    files: dict[str, float] = defaultdict(float)
    functions: dict[str, float] = defaultdict(float)
    calls: Counter[str] = Counter()
    for entry in profiler.getstats():
        if isinstance(entry.code, str):
            continue  # a built-in one: its callers answer for it
        own = entry.inlinetime + sum([one.totaltime for one in entry.calls or () if isinstance(one.code, str)])
        path = Path(entry.code.co_filename)
        if path.is_relative_to(ROOT / "src/regulars"):
            file = path.relative_to(ROOT / "src/regulars").as_posix()
            function = f"{file}: {_plain(entry.code.co_qualname)}"
            files[file] += own
            functions[function] += own
            calls[function] += 0 if entry.code.co_name.startswith("<") else entry.callcount
    whole = sum(files.values())
    return Profile(
        meaning=MEANING,
        events=events,
        files=[Share(name, rounded(own / whole)) for name, own in _dearest(files) if own / whole >= SMALLEST_SHARE],
        functions=[
            Share(name, rounded(own / whole), rounded(calls[name] / events))
            for name, own in _dearest(functions)[:SHOWN_FUNCTIONS]
        ],
    )


def _dearest(seconds: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(seconds.items(), key=lambda one: one[1], reverse=True)


def _plain(qualified: str) -> str:
    """`_all_but.<locals>.basis.<locals>.<listcomp>` is `_all_but.basis`."""
    return ".".join([part for part in qualified.split(".") if not part.startswith("<")])


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(_take()))
