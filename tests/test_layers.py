"""Imports run downwards only, and without a circle. What importing does is in test_imports.py."""

import ast
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import ncbook

PACKAGE = Path(ncbook.__file__).parent

# Who may import whom: a floor and the floors below it that it knows.
TRAINING = {"trainers", "models", "data", "metrics"}
COMMON = {"_checks", "_environment"}
FLOORS = {
    "": set(),  # ncbook itself: the version
    "_torchvision": set(),
    "_files": set(),
    "_checks": set(),  # of arguments of all packages
    "_environment": set(),  # variables of the environment
    "_savable": {"_checks"},  # what a run file can hold
    "results": set(),  # the names of all results
    "look": set(),  # colors and axes of figures and labs
    "runs": COMMON | {"_files", "_savable"},
    "evidence": set(),
    "claims": {"runs", "evidence"},
    "readings": {"runs", "results"},
    "metrics": {"_checks"},
    "data": COMMON | {"_torchvision", "_files"},
    "models": {"_torchvision", "_checks"},
    "integrations": {"metrics", "_torchvision"},
    "trainers": COMMON | {"models", "data", "metrics", "_files"},
    "experiments": TRAINING | COMMON | {"readings", "claims", "evidence", "runs", "results"},
    "figures": {"readings", "runs", "results", "look"},
    "explorables": {"readings", "runs", "results"},
    "labs": TRAINING | {"_checks", "_environment", "experiments", "readings", "runs", "look"},
    "exercises": TRAINING | {"experiments", "readings", "runs", "results"},
    "tables": {"readings"},
    "chapters": {"", "_environment", "experiments", "ledger", "results"},
    "ledger": {"experiments", "claims", "evidence", "readings", "results", "runs"},
    "doctor": {"experiments", "runs", "_torchvision"},
    "_arrays": set(),
    "measuring": {"metrics", "figures", "runs", "_arrays", "_files"},
    "scaffold": {"", "results", "_checks"},
    "__main__": {"experiments", "runs", "ledger", "doctor", "scaffold", "measuring"},
}
# What else these may import: nothing that trains, downloads or is slow to import.
PACKAGES = {
    "": set(),
    "results": set(),
    "_checks": {"numpy", "torch"},  # torch where a device is checked, never at import
    "_environment": set(),
    "_savable": {"numpy"},
    "look": {"matplotlib"},
    "runs": {"numpy", "pandas"},
    "evidence": {"numpy", "scipy"},
    "claims": set(),
    "readings": {"numpy", "pandas"},
    "tables": {"pandas"},
    "metrics": {"torch", "numpy", "scipy", "sklearn", "pandas", "tqdm"},
    "integrations": {"torch", "tqdm"},  # and their frameworks, by name, where those are installed
    "figures": {"numpy", "pandas", "matplotlib", "IPython"},  # IPython where a notebook shows one, never at import
    "explorables": {"numpy", "pandas", "matplotlib"},
}


def _modules() -> dict[str, Path]:
    """Dotted name -> file of every module in the package."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = _modules()


def imports(module: str) -> set[str]:
    """Dotted names of what the module imports, in functions too; for `from a import b` a.b if that is a module."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if name in MODULES else node.module for name in inner}
    return names


def floor(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def ours(module: str) -> set[str]:
    return {name for name in imports(module) if name.split(".")[0] == "ncbook"}


def test_the_package_was_read():
    """The control of the tests below: known imports are seen, at the top of a module and inside a function."""
    assert "ncbook.metrics._classes" in ours("ncbook.metrics.cdnv")
    assert "ncbook.doctor" in ours("ncbook.__main__")
    assert "pandas" in imports("ncbook.runs")


def test_imports_run_downwards():
    for module in MODULES:
        assert floor(module) in FLOORS, f"{module} is on no floor: add it to the table and to the design"
        allowed = FLOORS[floor(module)] | {floor(module), ""}
        upwards = {name for name in ours(module) if floor(name) not in allowed}
        assert not upwards, f"{module} imports {upwards}: move what it needs to a lower floor"


def test_the_floors_themselves_have_an_order():
    assert len(list(TopologicalSorter(FLOORS).static_order())) == len(FLOORS)


def test_no_module_imports_itself_in_a_circle():
    graph = {module: ours(module) & set(MODULES) for module in MODULES}
    assert len(list(TopologicalSorter(graph).static_order())) == len(MODULES)  # raises CycleError and names the circle


def test_a_floor_imports_only_the_packages_that_it_may():
    for module in (module for module in MODULES if floor(module) in PACKAGES):
        foreign = {name.split(".")[0] for name in imports(module)} - {"ncbook"} - sys.stdlib_module_names
        assert foreign <= PACKAGES[floor(module)], module
