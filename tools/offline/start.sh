#!/usr/bin/env bash
# Sets up ncbook in this folder without a network, the first time, and opens the notebooks in JupyterLab.
#   ./start.sh            the notebooks for students
#   ./start.sh teacher    those for the teacher
#   ./start.sh --setup    set up, and open nothing
set -euo pipefail
cd "$(dirname "$0")"
wanted=$(cat python-version)
python=${PYTHON:-python$wanted}
have=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true)
if [ "$have" != "$wanted" ]; then
  echo "These packages are for Python $wanted, and $python is ${have:-not there}."
  echo "Name one with: PYTHON=/path/to/python$wanted ./start.sh"
  exit 1
fi
if [ ! -e .venv/ready ]; then
  echo "Setting up, which takes a minute or two."
  "$python" -m venv .venv || { echo "Python's venv module is missing (Debian, Ubuntu: the package python3-venv)."; exit 1; }
  .venv/bin/python -m pip install --disable-pip-version-check --quiet --no-index --find-links wheels ncbook jupyterlab ipykernel
  touch .venv/ready
fi
case "${1:-student}" in
  --setup) echo "Ready. ./start.sh opens the notebooks; book/index.html is the book." ;;
  student | teacher) exec .venv/bin/python -m jupyterlab "notebooks/${1:-student}" ;;
  *) echo "usage: ./start.sh [student | teacher | --setup]"; exit 2 ;;
esac
