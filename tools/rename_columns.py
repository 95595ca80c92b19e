"""Give columns, arrays and settings of recorded runs other names. Numbers and provenance stay as they are.

    python tools/rename_columns.py NAME --columns old=new ... --arrays old=new ... --config old=new ... --drop ARRAY ...

An array's name may be given by its beginning, up to a slash. A run gets the file name that belongs to its new config.
"""

import argparse

from ncbook import runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="the experiment")
    for option in ("--columns", "--arrays", "--config", "--drop"):
        parser.add_argument(option, nargs="*", default=[])
    asked = parser.parse_args()
    columns, arrays, config = (
        dict(each.split("=") for each in part) for part in (asked.columns, asked.arrays, asked.config)
    )
    for path in sorted(runs.RECORDED.glob(f"{asked.name}-laptop*.npz")):
        old = runs.load(path)
        new = runs.Run(
            {config.get(name, name): value for name, value in old.config.items()},
            {columns.get(name, name): values for name, values in old.history.items()},
            {_renamed(name, arrays): v for name, v in old.arrays.items() if not name.startswith(tuple(asked.drop))},
            old.provenance,
        )
        about = new.provenance
        place = runs.RECORDED / runs.file_name(asked.name, about["preset"], about["version"], new.config)
        runs.save(new, place)
        if path != place:
            path.unlink()  # only now: a run is never lost
        print(place)  # which checkout's runs these are


def _renamed(name: str, arrays: dict[str, str]) -> str:
    for old, new in arrays.items():
        if name == old or name.startswith(f"{old}/"):
            return new + name.removeprefix(old)
    return name


if __name__ == "__main__":
    main()
