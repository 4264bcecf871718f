"""The OpenAPI document against the running server, by schemathesis: every check it has, with each kind of key and with none.

What it is told apart from the document, and why, stands in `schemathesis.toml` beside this file.
"""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from regulars.service.keys import create_key
from regulars.service.shop import Shop

CONFIG = Path(__file__).with_name("schemathesis.toml")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["secret", "public", "none"])
def test_no_answer_is_undocumented_and_none_is_our_fault(shop: Shop, address: str, tmp_path: Path, kind: str):
    secret = create_key(shop.store, "secret", "", 0)
    key = {"secret": secret, "public": create_key(shop.store, "public", "", 0), "none": "rsk_nobody"}[kind]
    httpx.post(
        f"{address}/v1/identify", json={"userId": "ada", "traits": {"email": "ada@example.com"}}, auth=(secret, "")
    )

    shown = [] if kind == "none" else ["--header", f"Authorization: Bearer {key}"]
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", f"{address}/openapi.json"]
    run = subprocess.run(
        [*command, "--no-color", *shown],
        cwd=tmp_path,
        env=os.environ | {"REGULARS_KEY": key},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert _tested(run.stdout) == _operations(address)


def _operations(address: str) -> int:
    """Those of the document; itself it leaves out."""
    paths = httpx.get(f"{address}/openapi.json").json()["paths"]
    return sum([len(operations) for path, operations in paths.items() if path != "/openapi.json"])


def _tested(report: str) -> int:
    [line] = [line for line in report.splitlines() if line.strip().startswith("Tested:")]
    return int(line.split(":")[1])
