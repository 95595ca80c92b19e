"""python -m ncbook list | run | ledger | doctor."""

import argparse
import json
import sys

from ncbook import __version__
from ncbook.runs import DamagedRun


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 something is wrong, 2 a wrong argument, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="python -m ncbook", description="Experiments on neural collapse.")
    parser.add_argument("--version", action="version", version=f"ncbook {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="experiments, their presets, and which runs are at hand")
    listing.add_argument("--json", action="store_true", help="as JSON")
    running = commands.add_parser("run", help="train an experiment, or say where its run is")
    running.add_argument("name", help="an experiment, as `list` shows it")
    running.add_argument(
        "--preset", default=None, help="smoke, laptop, gpu, paper, or another that `list` shows (default: laptop)"
    )
    running.add_argument("--device", default=None, help="cpu or cuda (default: the GPU if there is one)")
    running.add_argument("--live", action="store_true", default=None, help="train even if a run is at hand")
    running.add_argument("--workers", type=int, default=1, help="train this many arms at once (default: 1)")
    ledger = commands.add_parser("ledger", help="every claim of the literature, and what our runs say of it")
    form = ledger.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument("--page", action="store_true", help="as the page of the book")
    commands.add_parser("doctor", help="what is installed, what is recorded, and what is wrong")
    parsed = parser.parse_args(arguments)
    try:
        return {"list": _list, "run": _run, "ledger": _ledger, "doctor": _doctor}[parsed.command](parsed)
    except (ValueError, RuntimeError, ArithmeticError, ImportError, OSError) as error:
        print(f"ncbook: {error}", file=sys.stderr)
        return 2 if isinstance(error, ValueError) and not isinstance(error, DamagedRun) else 1
    except KeyboardInterrupt:
        print("ncbook: interrupted; nothing was written", file=sys.stderr)
        return 130


def _list(parsed: argparse.Namespace) -> int:
    from ncbook import experiments

    rows = [_describe(name, preset) for name in experiments.names() for preset in experiments.get(name).presets()]
    if parsed.json:
        print(json.dumps(rows, indent=1))
        return 0
    for row in rows:
        print(f"{row['experiment']:16} {row['preset']:12} {row['run']}")
    return 0


def _describe(name: str, preset: str) -> dict[str, str]:
    from ncbook import experiments

    experiment = experiments.get(name)
    path = experiment.find(preset)
    state = "not run yet" if path is None else "recorded" if path.parent == experiment.folder else "cached"
    return {"experiment": name, "preset": preset, "run": state}


def _run(parsed: argparse.Namespace) -> int:
    import joblib

    from ncbook import experiments

    if parsed.workers < 1:
        raise ValueError(f"--workers: must be at least 1, got {parsed.workers}")
    with joblib.parallel_config("loky", n_jobs=parsed.workers):
        run = experiments.get(parsed.name).load(parsed.preset, parsed.live, parsed.device)
    about = run.provenance
    print(
        f"{about['experiment']}, preset {about['preset']}: {len(run.history['step'])} measurements, "
        f"made in {about['seconds']} s on {about['hardware']} ({about['date']}, ncbook {about['ncbook']})"
    )
    return 0


def _ledger(parsed: argparse.Namespace) -> int:
    from ncbook import ledger

    if parsed.json:
        print(json.dumps(ledger.as_json(), indent=1))
        return 0
    if parsed.page:
        sys.stdout.write(ledger.page())
        return 0
    for entry in ledger.entries():
        print(f"{entry.id:40} {entry.verdict:26} {entry.ours}")
    return 0


def _doctor(parsed: argparse.Namespace) -> int:
    from ncbook import doctor

    problems = doctor.report()
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
