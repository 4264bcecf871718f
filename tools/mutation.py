"""The mutation lane: the kernel is broken in thousands of small ways, and the tests must notice. Writes docs/mutation.md.

    python -m tools.mutation

mutmut changes one thing at a time in a copy of the kernel and runs the kernel's tests and stories on it. What no test
noticed is named, with the change. LIMIT is the share that must be noticed.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/mutation.md"
LIMIT = 0.85
MUTMUT = [sys.executable, "-m", "mutmut"]
NOTICED = {"killed", "timeout", "segfault", "suspicious", "caught by type check"}
RESULT = re.compile(r"^\s*(regulars\.kernel\.\S+__mutmut_\d+): (.+)$", re.MULTILINE)
NAME = re.compile(r"regulars\.kernel\.(\w+)\.x?(.+?)__mutmut_\d+$")


def main() -> None:
    environment = os.environ | {"REGULARS_HYPOTHESIS": "mutation"}
    subprocess.run([*MUTMUT, "run", "--max-children", str(os.cpu_count() or 1)], cwd=ROOT, env=environment, check=False)
    write_page()


def write_page() -> None:
    listed = subprocess.run([*MUTMUT, "results", "--all", "true"], cwd=ROOT, capture_output=True, text=True, check=True)
    results = dict(RESULT.findall(listed.stdout))
    if not results:
        sys.exit("mutmut gave no results")
    survivors = {name: result for name, result in sorted(results.items()) if result not in NOTICED}
    share = 1 - len(survivors) / len(results)
    PAGE.write_text(page(results, survivors, share))
    print(f"{share:.1%} of {len(results):,} mutants noticed; survivors are named in {PAGE.relative_to(ROOT)}")
    sys.exit(share < LIMIT)


def page(results: dict[str, str], survivors: dict[str, str], share: float) -> str:
    by_file = Counter(_parts(name)[0] for name in results)
    left = Counter(_parts(name)[0] for name in survivors)
    rows = [
        f"| `{file}.py` | {count} | {left[file]} | {1 - left[file] / count:.0%} |"
        for file, count in sorted(by_file.items())
    ]
    changes = [_survivors_of(file, survivors) for file in sorted(left)]
    return "\n".join(
        [
            "# What the kernel's tests would not notice",
            "",
            "Written by `make mutation`, which breaks the kernel in one small way at a time and runs its tests and stories.",
            "",
            f"**{share:.1%}** of {len(results):,} changes were noticed; the limit is {LIMIT:.0%}.",
            "",
            "| file | changes | not noticed | noticed |",
            "| --- | ---: | ---: | ---: |",
            *rows,
            "",
            "## Survivors",
            "",
            *(changes or ["None.\n"]),
        ]
    )


def _survivors_of(file: str, survivors: dict[str, str]) -> str:
    shown = [_readable(name, result) + _change(name) for name, result in survivors.items() if _parts(name)[0] == file]
    return f"### `{file}.py`\n\n```diff\n" + "\n".join(shown) + "\n```\n"


def _readable(name: str, result: str) -> str:
    function = _parts(name)[1].removeprefix("_").replace("ǁ", ".").strip(".")
    return f"@@ {function}, change {name.rsplit('_', 1)[1]}: {result} @@\n"


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
    main()
