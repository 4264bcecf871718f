"""The house rules that no linter knows."""

import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_the_kernel_is_forbidden_everything_that_the_project_stands_on_but_msgspec():
    contracts = {contract["id"]: contract for contract in PROJECT["tool"]["importlinter"]["contracts"]}
    forbidden = set(contracts["pure-kernel"]["forbidden_modules"])
    stands_on = {module for module, owners in packages_distributions().items() if _plain_names(owners) & _asked_for()}

    assert stands_on - forbidden == {"msgspec"}


@pytest.mark.parametrize("pins", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.stem)
def test_pins_bear_hashes_and_name_no_address(pins):
    text = pins.read_text().replace("\\\n", "")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]

    assert [line for line in lines if "--hash=sha256:" not in line] == []
    assert re.findall(r"\S*://\S*|^-.*", text, flags=re.MULTILINE) == []


def test_whatever_is_asked_for_is_pinned():
    pinned = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements/run.txt").read_text(), flags=re.MULTILINE))

    assert _asked_for() - pinned == set()


def test_what_the_mutation_lane_leaves_alone_is_there():
    lane = PROJECT["tool"]["mutmut"]
    left_alone = {path for pattern in lane["do_not_mutate"] for path in ROOT.glob(pattern)}

    assert [pattern for pattern in lane["do_not_mutate"] if not list(ROOT.glob(pattern))] == []
    broken = {path.stem for path in (ROOT / "src/regulars/kernel").glob("*.py")} - {path.stem for path in left_alone}
    assert broken >= {"earning", "expiry", "state", "step", "tiers", "merging", "waking"}


def _asked_for() -> set[str]:
    project = PROJECT["project"]
    asked = project["dependencies"] + project["optional-dependencies"]["demo"]
    return _plain_names(re.split(r"[^\w.-]", line)[0] for line in asked)


def _plain_names(names) -> set[str]:
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}
