"""What `python -m ncbook doctor` says."""

import platform

from ncbook import __version__, runs


def report() -> list[str]:
    """Print what is installed and recorded; returns, and prints, what is wrong."""
    problems: list[str] = []
    print(f"ncbook       {__version__}")
    print(f"Python       {platform.python_version()} on {platform.system()} {platform.machine()}")
    _packages(problems)
    _recorded(problems)
    for problem in problems:
        print(f"PROBLEM      {problem}")
    print("nothing is wrong" if not problems else f"{len(problems)} problem(s)")
    return problems


def _packages(problems: list[str]) -> None:
    import torch

    print(f"torch        {torch.__version__}")
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none; training runs on the CPU"
    print(f"GPU          {gpu}")
    try:
        from ncbook._torchvision import torchvision

        print(f"torchvision  {torchvision().__version__}")
    except Exception as error:  # whatever it is, the doctor's task is to name it
        problems.append(f"torchvision cannot be imported ({error}); the gpu and paper presets need it")


def _recorded(problems: list[str]) -> None:
    from ncbook import experiments

    known = [experiments.get(name) for name in experiments.names()]
    current = {experiment.file_name(preset) for experiment in known for preset in experiment.presets()}
    for path in sorted(runs.RECORDED.glob("*.npz")):
        try:
            about = runs.load(path).provenance
        except runs.DamagedRun as error:
            problems.append(str(error))
            continue
        if path.name not in current:
            problems.append(f"{path.name} no longer matches the code; record it again")
        where = f"{about['date']}, {about['seconds']} s, {about['hardware']}"
        print(f"recorded     {about['experiment']} {about['preset']}: {where}")
