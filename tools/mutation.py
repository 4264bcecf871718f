"""The mutation lane: the kernel's points are broken in thousands of small ways, and the tests must notice.

    python -m tools.mutation                          everything; takes hours, and writes docs/mutation.md
    python -m tools.mutation --sample 500 --seed 1    so many changes, drawn by the seed; writes docs/mutation.md, and says so there
    python -m tools.mutation expiry tiers             these files alone; says what was found, and writes nothing

mutmut changes one thing at a time in a copy of the kernel and runs the kernel's tests and stories on it. What no test
noticed is named, with the change. LIMIT is the share that must be noticed. Which files are broken stands in pyproject.toml, under
`tool.mutmut`; a new file of the kernel is among them unless it is named there.
"""

import os
import re
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from pathlib import Path
from random import Random
from time import monotonic

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/mutation.md"
LIMIT = 0.9
MUTMUT = [sys.executable, "-m", "mutmut"]
NOTICED = {"killed", "timeout", "segfault", "suspicious", "caught by type check"}
UNKNOWN = "not checked"
RESULT = re.compile(r"^\s*(regulars\.kernel\.\S+__mutmut_\d+): (.+)$", re.MULTILINE)
NAME = re.compile(r"regulars\.kernel\.(\w+)\.x?(.+?)__mutmut_\d+$")
SMALL = "waking"
"""A file of few changes, by which the rest are found out: mutmut names them once it has run."""


def main(arguments: list[str]) -> None:
    asked = _asked(arguments)
    started, wanted = monotonic(), [_all_of(file) for file in asked.files]
    if asked.sample:
        wanted = drawn(_all_names(), asked.sample, asked.seed)
    _run(wanted)
    results = _results()
    if wanted:
        results = {name: result for name, result in results.items() if name in wanted or _file(name) in asked.files}
    if not results or UNKNOWN in results.values():
        sys.exit("mutmut did not come to its end")
    minutes = (monotonic() - started) / 60
    share = 1 - len(survivors_of(results)) / len(results)
    if asked.files:
        print("\n".join(_survivors(results)))
    else:
        how = f" They are a sample, drawn with the seed {asked.seed}." if asked.sample else ""
        PAGE.write_text(page(results, share, how), encoding="utf-8")
    print(f"{share:.1%} of {len(results):,} changes noticed, {endless(results)}; in {minutes:.0f} minutes")
    sys.exit(share < LIMIT)


def drawn(names: list[str], number: int, seed: int) -> list[str]:
    """The same of the same names."""
    return sorted(Random(seed).sample(sorted(names), min(number, len(names))))


def survivors_of(results: dict[str, str]) -> dict[str, str]:
    return {name: result for name, result in sorted(results.items()) if result not in NOTICED}


def endless(results: dict[str, str]) -> str:
    """A machine with much else to do makes them more than they are."""
    return f"{Counter(results.values())['timeout']} of them because the tests came to no end"


def _asked(arguments: list[str]) -> Namespace:
    parser = ArgumentParser(prog="make mutation", description="Breaks the kernel's points in small ways.")
    parser.add_argument("files", nargs="*", help="files of the kernel, without .py; all, where none is named")
    parser.add_argument("--sample", type=int, default=0, help="so many changes instead of all")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    asked = parser.parse_args(arguments)
    if asked.files and asked.sample:
        parser.error("either files or a sample")
    return asked


def _run(names: list[str]) -> None:
    environment = os.environ | {"REGULARS_HYPOTHESIS": "mutation"}
    environment.pop("PYTHONPATH", None)
    children = str(os.cpu_count() or 1)
    subprocess.run([*MUTMUT, "run", "--max-children", children, *names], cwd=ROOT, env=environment, check=False)


def _results() -> dict[str, str]:
    listed = subprocess.run([*MUTMUT, "results", "--all", "true"], cwd=ROOT, capture_output=True, text=True, check=True)
    return dict(RESULT.findall(listed.stdout))


def _all_names() -> list[str]:
    _run([_all_of(SMALL)])
    return list(_results())


def _all_of(file: str) -> str:
    return f"regulars.kernel.{file}.*"


def page(results: dict[str, str], share: float, how: str = "") -> str:
    survivors = survivors_of(results)
    by_file = Counter(map(_file, results))
    left = Counter(map(_file, survivors))
    rows = [
        f"| `{file}.py` | {count} | {left[file]} | {1 - left[file] / count:.0%} |"
        for file, count in sorted(by_file.items())
    ]
    return "\n".join(
        [
            "# What the kernel's tests would not notice",
            "",
            "Written by `make mutation`, which breaks the kernel's points in one small way at a time and runs tests and stories.",
            "",
            f"**{share:.1%}** of {len(results):,} changes were noticed, {endless(results)}; the limit is {LIMIT:.0%}.{how}",
            "",
            "| file | changes | not noticed | noticed |",
            "| --- | ---: | ---: | ---: |",
            *rows,
            "",
            "## Survivors",
            "",
            *(_survivors(results) or ["None.\n"]),
        ]
    )


def _survivors(results: dict[str, str]) -> list[str]:
    survivors = survivors_of(results)
    return [_survivors_of(file, survivors) for file in sorted(set(map(_file, survivors)))]


def _survivors_of(file: str, survivors: dict[str, str]) -> str:
    shown = [_readable(name, result) + _change(name) for name, result in survivors.items() if _file(name) == file]
    return f"### `{file}.py`\n\n```diff\n" + "\n".join(shown) + "\n```\n"


def _readable(name: str, result: str) -> str:
    function = _parts(name)[1].removeprefix("_").replace("ǁ", ".").strip(".")
    return f"@@ {function}, change {name.rsplit('_', 1)[1]}: {result} @@\n"


def _file(name: str) -> str:
    return _parts(name)[0]


def _parts(name: str) -> tuple[str, str]:
    """File and function of a mutant."""
    match = NAME.match(name)
    assert match
    return match[1], match[2]


def _change(name: str) -> str:
    """The lines that differ, without the header."""
    shown = subprocess.run([*MUTMUT, "show", name], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = [line for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return "\n".join(lines)


if __name__ == "__main__":
    main(sys.argv[1:])
