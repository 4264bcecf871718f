"""The report's typeface: Source Sans 3, cut down to what a report needs.

    python -m tools.fonts "SourceSans3[wght].ttf"

Wants fontTools with its WOFF2 support (`pip install "fonttools[woff]"`), which nothing else here needs. The licence reserves
the name “Source” for the unchanged typeface, so the cut one bears none of its own: the style sheet calls it Regulars Sans.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

TARGET = Path(__file__).parents[1] / "src/regulars/backtesting/report/fonts/regulars-sans.woff2"

WEIGHTS = "wght=400:600"
FEATURES = ("kern", "mark", "mkmk", "ccmp", "locl", "tnum", "lnum")
LETTERS = (
    "U+0020-007E,U+00A0-017F",  # Latin, Latin-1, Latin Extended-A
    "U+0192,U+0218-021B,U+02C6,U+02DA,U+02DC,U+1E9E",  # what European names want beyond them
    "U+2009,U+2010-2015,U+2018-201E,U+2020-2022,U+2026,U+202F,U+2030,U+2032,U+2033,U+2039,U+203A,U+2044",  # punctuation
    "U+20A0-20BF",  # currencies
    "U+2116,U+2122,U+2190-2193,U+2212,U+2248,U+2260,U+2264,U+2265",  # signs
)
KEPT_NAMES = "0,13,14"  # copyright and licence


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    with TemporaryDirectory() as folder:
        two_weights = Path(folder) / "two-weights.ttf"
        _run("fontTools.varLib.instancer", "-q", sys.argv[1], WEIGHTS, "-o", str(two_weights))
        _run(
            "fontTools.subset",
            str(two_weights),
            f"--unicodes={','.join(LETTERS)}",
            f"--layout-features={','.join(FEATURES)}",
            f"--name-IDs={KEPT_NAMES}",
            "--no-hinting",
            "--flavor=woff2",
            f"--output-file={TARGET}",
        )
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes")
    return 0


def _run(*module_and_arguments: str) -> None:
    subprocess.run([sys.executable, "-m", *module_and_arguments], check=True)


if __name__ == "__main__":
    sys.exit(main())
