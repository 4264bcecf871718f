"""Chromium, the one thing that the tests want from the system.

`python -m tools.chromium` sees to it that it is there: on Debian and its kin it installs the package when it may,
elsewhere it says what to install. Without a browser the browser tests are skipped; only CI insists.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
MISSING = "Chromium was not found: install Chromium or Google Chrome, or name its program in REGULARS_CHROMIUM"


def find_chromium() -> Path | None:
    """The browser's program: the one named in REGULARS_CHROMIUM, or the first known one."""
    named = os.environ.get("REGULARS_CHROMIUM")
    programs = (shutil.which(name) for name in ([named] if named else NAMES))
    return next((Path(program) for program in programs if program), None)


def main() -> int:
    if find_chromium():
        return 0
    if "REGULARS_CHROMIUM" not in os.environ:
        _install()
    if find_chromium():
        return 0
    print(f"{MISSING}{_hint()}.", file=sys.stderr)
    if os.environ.get("CI"):
        return 1
    print("Going on without it: the browser tests will be skipped.", file=sys.stderr)
    return 0


def _install() -> None:
    may = _as_root()
    if may is None or not shutil.which("apt-get"):
        return
    for step in (
        ["apt-get", "update"],
        ["apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-liberation"],
    ):
        print(" ".join([*may, *step]), flush=True)
        if subprocess.run([*may, *step], stdin=subprocess.DEVNULL, check=False).returncode:
            return


def _as_root() -> list[str] | None:
    """What to put before a command so that it runs as root, or None where that would need a password."""
    if os.geteuid() == 0:
        return ["env", "DEBIAN_FRONTEND=noninteractive"]
    if shutil.which("sudo") and not subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode:
        return ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive"]
    return None


def _hint() -> str:
    if shutil.which("apt-get"):
        return " (sudo apt-get install chromium)"
    if shutil.which("brew"):
        return " (brew install --cask chromium)"
    return ""


if __name__ == "__main__":
    sys.exit(main())
