"""results.json as a page for people. `python -m bench.page` writes docs/performance.md anew without measuring."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from bench.results import Entry, Figure, Machine, Profile, Results, Share, Spread, Stage, StageProfile, read_results

PAGE: Final = Path(__file__).parents[1] / "docs/performance.md"

INTRODUCTION: Final = """\
# Performance

What Regulars costs in time and memory, measured by `make bench`, which also writes this page (from `bench/results.json`; see
[bench/README.md](../bench/README.md)). Seconds depend on the machine and on what else it does. Ratios depend on them far less,
so speed is stated as a ratio within one run where that is possible.
"""

DEAREST: Final = 5
STAGES_MEANING: Final = """\
Microseconds for one event, 50 events a request, in a server with a stopwatch around each stage, in the run that the entries above
are from. A stage's time is its own, without that of stages within it. Processor time is that of the stage's thread. By the
clock on the wall a stage also waits: for the disk, for the database, for the interpreter, which one thread holds at a time, or
for a core. The stopwatches themselves are in the figures."""


def write_page(results: Results) -> None:
    PAGE.write_text(page(results), encoding="utf-8")


def page(results: Results) -> str:
    parts = [INTRODUCTION, _summary(results.entries), _machine(results.machine)]
    parts += [_section(entry) for entry in results.entries]
    parts.append(_profile(results.profile))
    if results.ingest_profiles:
        parts.append(_ingest_profiles(results.ingest_profiles))
    return "\n".join(parts)


def _summary(entries: Iterable[Entry]) -> str:
    rows = [
        (
            entry.what,
            _with_unit(entry.value, entry.unit),
            _limit(entry),
            _peer(entry),
            "yes" if entry.held else "**no**",
        )
        for entry in entries
    ]
    return _table(("", "Measured", "Limit", "Peer", "Held"), rows)


def _machine(machine: Machine) -> str:
    return (
        f"Measured with {machine.python} for {machine.system}, {machine.processor}, {machine.cores} cores. When the run began, "
        f"{machine.load_before:g} other processes were waiting or at work (the load over a minute).\n"
    )


def _section(entry: Entry) -> str:
    measured = Figure(f"**{entry.what}**", entry.value, entry.unit, entry.spread)
    figures = [measured, *([entry.peer] if entry.peer else []), *entry.more]
    rows = [(_capital(one.what), _with_unit(one.value, one.unit), *_spread(one.spread)) for one in figures]
    return "\n".join(
        [
            f"## {entry.what}\n",
            f"`{entry.name}`\n",
            *[f"{paragraph}\n" for paragraph in entry.meaning],
            _table(("", "", "Lowest", "Median", "Highest", "Repetitions"), rows),
        ]
    )


def _profile(profile: Profile) -> str:
    return "\n".join(
        [
            "## Where the fold's time goes\n",
            *[f"{paragraph}\n" for paragraph in profile.meaning],
            _table(("File", "Share of the time"), [(f"`{one.name}`", _percent(one)) for one in profile.files]),
            f"The dearest functions, over {profile.events:,} events:\n",
            _table(
                ("Function", "Share of the time", "Calls per event"),
                [(f"`{one.name}`", _percent(one), f"{one.calls_per_event or 0:.2f}") for one in profile.functions],
            ),
        ]
    )


def _ingest_profiles(profiles: Sequence[StageProfile]) -> str:
    names = list(dict.fromkeys([stage.name for one in profiles for stage in one.stages]))
    by_name = [{stage.name: stage for stage in one.stages} for one in profiles]
    head = ("Stage", "Thread", *[title for one in profiles for title in (f"{one.database}, processor", "on the wall")])
    rows = [
        (
            _capital(name),
            next(stages[name].thread for stages in by_name if name in stages),
            *[cell for stages in by_name for cell in _stage(stages.get(name))],
        )
        for name in names
    ]
    whole = [("**All**", "", *[cell for one in profiles for cell in (_number(one.cpu_us), _number(one.wall_us))])]
    return "\n".join(
        [
            "## Where an event's time goes\n",
            f"{STAGES_MEANING}\n",
            *[f"{_dearest(one)}\n" for one in profiles],
            _table(head, [*rows, *whole]),
        ]
    )


def _dearest(profile: StageProfile) -> str:
    dearest = sorted(profile.stages, key=lambda one: one.cpu_us, reverse=True)[:DEAREST]
    named = ", ".join([f"{one.name} ({one.cpu_us:.0f})" for one in dearest])
    return (
        f"On {profile.database} an event takes {_number(profile.cpu_us)} µs of the server's processor time, and at "
        f"{_number(profile.events_per_second)} events/s {_number(profile.wall_us)} µs by the clock on the wall. "
        f"Most of it goes into {named}."
    )


def _stage(stage: Stage | None) -> tuple[str, str]:
    if stage is None:
        return "", ""
    return f"{stage.cpu_us:.1f}", "" if stage.wall_us is None else f"{stage.wall_us:.1f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join([f"| {' | '.join(cells)} |\n" for cells in lines])


def _spread(spread: Spread | None) -> tuple[str, str, str, str]:
    if spread is None:
        return "", "", "", ""
    return _number(spread.min), _number(spread.median), _number(spread.max), str(spread.repetitions)


def _limit(entry: Entry) -> str:
    if entry.floor is not None:
        return f"at least {_with_unit(entry.floor, entry.unit)}"
    return "" if entry.limit is None else f"at most {_with_unit(entry.limit, entry.unit)}"


def _peer(entry: Entry) -> str:
    return "" if entry.peer is None else f"{entry.peer.what}: {_with_unit(entry.peer.value, entry.peer.unit)}"


def _with_unit(value: float, unit: str) -> str:
    return f"{_number(value)} {unit}"


def _number(value: float) -> str:
    """To three significant digits; whole numbers whole."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def _percent(one: Share) -> str:
    return f"{one.share * 100:.1f} %"


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


if __name__ == "__main__":
    write_page(read_results())
