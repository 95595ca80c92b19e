"""Executes the chapters that have changed, one on each core, and keeps the outputs where Jupyter Book looks for them.

Jupyter Book itself executes one notebook after the other. A chapter that fails here is not kept: Jupyter Book
executes it again and tells what is wrong. Use: python tools/execute.py CACHE NOTEBOOK...
"""

import logging
import sys
from pathlib import Path

import yaml
from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor

CONFIG = Path(__file__).parents[1] / "_config.yml"


def execute(folder: str, notebooks: list[str]) -> None:
    """Fills the cache in `folder`."""
    cache = get_cache(folder)
    for notebook in notebooks:
        cache.add_nb_to_project(notebook)
    logger = logging.getLogger("execute")
    logger.setLevel(logging.INFO)
    logger.addHandler(logging.StreamHandler())
    timeout = yaml.safe_load(CONFIG.read_text())["execute"]["timeout"]
    load_executor("local-parallel", cache, logger=logger).run_and_cache(timeout=timeout)


if __name__ == "__main__":
    execute(sys.argv[1], sys.argv[2:])
