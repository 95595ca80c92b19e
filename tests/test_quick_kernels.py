"""Kernels that are forked: they are where and as they were asked for, can be interrupted, and end with who asked."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_DRIVE = """
import json, os, sys, time
from jupyter_client.manager import start_new_kernel
os.environ["NCBOOK_PRESET"] = "smoke"
manager, client = start_new_kernel(kernel_name="python3", cwd=sys.argv[1])
def said(code):
    heard = []
    reply = client.execute_interactive(code, output_hook=lambda message: heard.append(message["content"]), timeout=300)
    return reply["content"]["status"], "".join(each.get("text", "") for each in heard)
found = {"modules": said("import sys; print('torch' in sys.modules, 'pytest' in sys.modules)")}
found["place"] = said("import os; print(os.getcwd(), os.environ['NCBOOK_PRESET'])")
found["figure"] = said("from matplotlib import pyplot; figure = pyplot.figure(); print(pyplot.get_backend())")
waiting = client.execute("import time; print('begun', flush=True); time.sleep(600)")
while client.get_iopub_msg(timeout=300)["content"].get("text") != "begun\\n":
    pass
manager.interrupt_kernel()
while (reply := client.get_shell_msg(timeout=300))["parent_header"].get("msg_id") != waiting:
    pass
found["interrupted"] = reply["content"].get("ename")
while (answer := said("print(os.getpid())"))[0] != "ok":  # orders that came with the interrupt are called off
    pass
pid = int(answer[1])
manager.shutdown_kernel(now=True)
while os.path.exists(f"/proc/{pid}"):
    time.sleep(0.05)
print(json.dumps(found))
sys.exit(7)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_a_forked_kernel_is_as_it_was_asked_for_and_ends(tmp_path):
    command = [sys.executable, ROOT / "tools" / "quick_kernels.py", sys.executable, "-c", _DRIVE, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 7, done.stderr  # that of the command
    found = json.loads(done.stdout.splitlines()[-1])
    assert found == {
        "modules": ["ok", "True False\n"],
        "place": ["ok", f"{tmp_path} smoke\n"],
        "figure": ["ok", found["figure"][1]],
        "interrupted": "KeyboardInterrupt",
    }
    assert "inline" in found["figure"][1]
