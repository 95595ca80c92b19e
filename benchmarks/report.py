"""python benchmarks/report.py RUN.json RESULTS.md: a run of pytest-benchmark as a table of ratios."""

import json
import sys
from collections import defaultdict
from pathlib import Path


def main(source: Path, target: Path) -> None:
    """Write the ratios of every group; the row "ours", or else the first row, is 1."""
    run = json.loads(source.read_text())
    groups = defaultdict(list)
    for entry in run["benchmarks"]:
        groups[entry["group"]].append(entry)
    lines = ["# Results", "", _provenance(run), "", "CPU time of the fastest round, as a ratio to the row of ratio 1."]
    if not run["machine_info"]["peer"]:
        lines.append("The package neural-collapse, which `peer.py` calls, was not installed, and so has no rows.")
    for name, entries in groups.items():
        lines += ["", f"## {name}", "", "| what | ratio | extra memory |", "| --- | --- | --- |"]
        unit = next((e for e in entries if e["extra_info"]["role"] == "ours"), entries[0])
        lines += [_row(entry, unit["stats"]["min"]) for entry in entries]
        lines += ["", *(f"Goal: {e['extra_info']['goal']}." for e in entries if e["extra_info"]["goal"])]
    target.write_text("\n".join(lines).rstrip() + "\n")


def _row(entry: dict, unit: float) -> str:
    extra = entry["extra_info"].get("extra_mib")
    memory = "" if extra is None else f"{extra:.0f} MiB"
    role, images = entry["extra_info"]["role"], entry["extra_info"].get("images")
    if images is not None:
        role += f", {images / entry['stats']['min']:,.0f} images per second"
    return f"| {role} | {entry['stats']['min'] / unit:.2f} | {memory} |"


def _provenance(run: dict) -> str:
    machine = run["machine_info"]
    device = machine.get("gpu") or machine["cpu"].get("brand_raw", machine["machine"])
    return f"Run of {run['datetime'][:10]} on {device}, Python {machine['python_version']}, torch {machine['torch']}."


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
