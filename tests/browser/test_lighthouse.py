"""What Lighthouse says of six pages, served as on the web: `make lighthouse` brings the program along.

It is too large to be installed with the rest: 186 MB, ten times what checks the scripts.
"""

import json
import os
import shutil
import subprocess

import pytest
from served import served

LEAST = 95  # of 100
CATEGORIES = ["accessibility", "best-practices", "seo"]
_SIX = [
    "welcome", "1-collapse/collapse", "1-collapse/simplex", "4-grokking/grokking", "4-grokking/interventions", "ledger",
]  # fmt: skip


@pytest.fixture(scope="module")
def lighthouse(chromium_path, tmp_path_factory):
    """A function of an address that gives the report; where Lighthouse is missing the tests skip."""
    program = shutil.which("lighthouse")
    if program is None:
        pytest.skip("LIGHTHOUSE IS NOT HERE: make lighthouse brings it along and runs these tests.")
    report = tmp_path_factory.mktemp("lighthouse") / "report.json"
    options = ["--quiet", "--chrome-flags=--headless --no-sandbox", "--output=json", f"--output-path={report}"]

    def look_at(address: str) -> dict:
        asked = [program, address, f"--only-categories={','.join(CATEGORIES)}", *options]
        subprocess.run(asked, check=True, env={**os.environ, "CHROME_PATH": chromium_path})
        return json.loads(report.read_text(encoding="utf-8"))

    return look_at


@pytest.fixture(scope="module")
def site(book):
    with served(book, "/ncbook/") as address:
        yield address


def points(report: dict) -> dict[str, int]:
    """Of each category, of 100."""
    return {name: round(100 * part["score"]) for name, part in report["categories"].items()}


def faults(report: dict) -> list[str]:
    """What took points away, in words."""
    weights = {each["id"]: each["weight"] for part in report["categories"].values() for each in part["auditRefs"]}
    audits = [report["audits"][name] for name, weight in weights.items() if weight]
    return [f"{each['id']}: {each['title']}" for each in audits if each["score"] is not None and each["score"] < 1]


@pytest.mark.parametrize("name", _SIX)
def test_lighthouse_gives_the_points(lighthouse, site, name):
    report = lighthouse(f"{site}book/{name}.html")
    found = points(report)
    print(name, found)
    assert found.keys() == set(CATEGORIES)
    assert min(found.values()) >= LEAST, faults(report)
