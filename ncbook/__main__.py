"""python -m ncbook list | run | record | verify | new | measure | ledger | doctor."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ncbook import __version__
from ncbook.runs import DamagedRun, Run


@dataclass(frozen=True)
class Answer:
    """What a command says: as text, and with --json as `data`; `code` is 1 where something is wrong."""

    text: str
    data: Any
    code: int = 0


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 something is wrong, 2 a wrong argument, 130 interrupted."""
    parsed = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], Answer] = parsed.command
    try:
        answer = command(parsed)
        print(json.dumps(answer.data, indent=1) if parsed.json else answer.text, flush=True)
        return answer.code
    except BrokenPipeError:  # whoever read the answer, such as `head`, has had enough
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        return 0
    except (ValueError, RuntimeError, ArithmeticError, ImportError, OSError) as error:
        print(f"ncbook: {error}", file=sys.stderr)
        return 2 if isinstance(error, ValueError) and not isinstance(error, DamagedRun) else 1
    except KeyboardInterrupt:
        print("ncbook: interrupted; nothing was written", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ncbook", description="Experiments on neural collapse.")
    parser.add_argument("--version", action="version", version=f"ncbook {__version__}")
    commands = parser.add_subparsers(required=True)

    def add(command: Callable[[argparse.Namespace], Answer], name: str, about: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=about, description=about)
        made.set_defaults(command=command)
        made.add_argument("--json", action="store_true", help="answer in JSON")
        return made

    add(_list, "list", "experiments, their presets, and which runs are at hand")
    running = add(_run, "run", "train an experiment, or say where its run is")
    running.add_argument("--live", action="store_true", default=None, help="train even if a run is at hand")
    running.add_argument(
        "--seeds",
        type=int,
        nargs="+",
        help="to try something out: train on these seeds and show where they end; nothing is kept",
    )
    recording = add(_record, "record", "train an experiment and put the run where recorded runs are kept")
    for each in (running, recording):
        each.add_argument("name", help="an experiment, as `list` shows it")
        each.add_argument("--preset", default=None, help="one of those that `list` shows (default: laptop)")
        each.add_argument("--device", default=None, help="cpu or cuda (default: the GPU if there is one)")
        each.add_argument("--workers", type=int, default=1, help="train this many arms at once (default: 1)")
    verifying = add(_verify, "verify", "train the first probes of recorded runs again, and compare")
    verifying.add_argument("names", nargs="*", help="experiments (default: all)")
    new = add(_new, "new", "lay out the files of a new result, in a checkout of the repository")
    new.add_argument("name", help="its name: a Python word such as class_imbalance")
    new.add_argument("--part", required=True, help="the folder of its chapter, such as 4-grokking")
    measuring = add(_measure, "measure", "collapse of features of your own, from a file")
    measuring.add_argument(
        "file",
        help=".npz or .safetensors with features [N, d] and labels [N]; if they are there, weight [K, d], bias [K], "
        "logits [N, K], test_features, test_labels and test_logits are used too",
    )
    measuring.add_argument("--num-classes", type=int, default=None, help="K (default: of weight, logits or labels)")
    measuring.add_argument("--out", default=None, help="a folder for the figure and the table (CSV, with --json JSON)")
    ledger = add(_ledger, "ledger", "every claim of the literature, and what our runs say of it")
    ledger.add_argument("--page", action="store_true", help="as the page of the book")
    ledger.add_argument("--rules", action="store_true", help="the book's page of rules, with all that is behind a row")
    ledger.add_argument("--paper", default=None, help="the claims of one source, by its key in the bibliography")
    add(_doctor, "doctor", "what is installed, what is recorded, and what is wrong")
    return parser


def _list(parsed: argparse.Namespace) -> Answer:
    from ncbook import experiments

    known = [experiments.get(name) for name in experiments.names()]
    rows = [
        {"experiment": experiment.name, "preset": preset, "run": experiment.state(preset)}
        for experiment in known
        for preset in experiment.presets()
    ]
    return Answer("\n".join(f"{row['experiment']:24} {row['preset']:14} {row['run']}" for row in rows), rows)


def _run(parsed: argparse.Namespace) -> Answer:
    from ncbook import experiments

    experiment = experiments.get(parsed.name)
    with _workers(parsed.workers):
        if parsed.seeds:
            config = replace(experiment.Config.preset(parsed.preset), seeds=tuple(parsed.seeds))
            run = experiment.run(config, parsed.device)
        else:
            run = experiment.load(parsed.preset, parsed.live, parsed.device)
    about = run.provenance
    made = (
        f"{about['experiment']}, preset {about['preset']}: {len(run.history['step'])} measurements, "
        f"made in {about['seconds']} s on {about['hardware']} ({about['date']}, ncbook {about['ncbook']})"
    )
    ends = _ends(experiment, run)
    text = f"{ends.to_string(index=False)}\n{made}" if parsed.seeds else made
    return Answer(text, {"provenance": dict(about), "ends": json.loads(ends.to_json(orient="records"))})


def _ends(experiment: Any, run: Run) -> Any:
    """The last measurement of each training, as a table."""
    # A key that only trainings of another part have is nan, which pandas would leave out.
    return run.to_frame().groupby(list(experiment.keys), sort=False, dropna=False).tail(1)


def _record(parsed: argparse.Namespace) -> Answer:
    from ncbook import experiments

    with _workers(parsed.workers):
        path = experiments.get(parsed.name).record(parsed.preset, parsed.device)
    return Answer(f"recorded in {path}", {"path": str(path)})


def _workers(count: int) -> AbstractContextManager[Any]:
    """A block in which sweeps share their arms out."""
    import joblib

    if count < 1:
        raise ValueError(f"--workers: must be at least 1, got {count}")
    return joblib.parallel_config("loky", n_jobs=count)


def _verify(parsed: argparse.Namespace) -> Answer:
    from ncbook import experiments
    from ncbook.experiments import verify

    rows: list[dict[str, Any]] = []
    for name in parsed.names or experiments.names():
        experiment = experiments.get(name)
        for preset in experiment.presets():
            run = experiment.recorded(preset)
            if run is not None:
                found = verify(experiment, run)
                right = not found.wrong and not found.missing
                rows.append({"experiment": name, "preset": preset, "right": right, "found": str(found)})
                print(f"{name} {preset}: {found}", file=sys.stderr if parsed.json else sys.stdout, flush=True)
    wrong = sum(not row["right"] for row in rows)
    return Answer(f"{len(rows) - wrong} of {len(rows)} recorded runs belong to the code", rows, int(wrong > 0))


def _new(parsed: argparse.Namespace) -> Answer:
    from ncbook import scaffold

    paths = [str(path) for path in scaffold.lay_out(parsed.name, parsed.part)]
    return Answer("\n".join([*paths, "Next: write what each TODO asks for; `make unit` says what is left."]), paths)


def _measure(parsed: argparse.Namespace) -> Answer:
    from ncbook import measuring

    file, out = Path(parsed.file), None if parsed.out is None else Path(parsed.out)
    if out is not None:
        measuring.require_folder(out)  # before minutes are spent
    measured = measuring.measure_file(file, parsed.num_classes)
    text, data = str(measured), measuring.as_json(measured)
    if out is None:
        return Answer(text, data)
    try:
        paths = [str(path) for path in measuring.write(measured, out, file.stem, parsed.json)]
    except OSError as error:  # such as a full disk: what was measured is shown all the same
        print(f"ncbook: nothing could be written to {out}: {error}", file=sys.stderr)
        return Answer(text, data, 1)
    return Answer("\n".join([text, *(f"written: {path}" for path in paths)]), data | {"paths": paths})


def _ledger(parsed: argparse.Namespace) -> Answer:
    from ncbook.ledger import judging, page

    if parsed.page:
        return Answer(page.page().removesuffix("\n"), None)
    if parsed.rules:
        return Answer(page.rules().removesuffix("\n"), None)
    if parsed.paper not in (None, *judging.sources()):
        raise ValueError(f"--paper: expected one of {', '.join(judging.sources())}, got {parsed.paper!r}")
    found = judging.entries(parsed.paper)
    return Answer(page.lines(found), judging.as_json(found))


def _doctor(parsed: argparse.Namespace) -> Answer:
    from ncbook import doctor

    found = doctor.examine()
    return Answer(str(found), found.as_json(), int(bool(found.problems)))


if __name__ == "__main__":
    sys.exit(main())
