"""One thread, so that CPU time is work and not waiting."""

import peer
import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def clock(benchmark):
    """Times `work` a few times; `role` is "ours" or the name of the alternative, `goal` what ours should reach."""

    def run(work, group, role, goal="", rounds=5, **extra):
        benchmark.group = group
        benchmark.extra_info |= {"role": role, "goal": goal, **extra}
        return benchmark.pedantic(work, rounds=rounds, warmup_rounds=1)

    return run


def pytest_benchmark_update_machine_info(machine_info):
    machine_info["torch"] = str(torch.__version__)
    machine_info["peer"] = peer.INSTALLED
    if torch.cuda.is_available():
        machine_info["gpu"] = torch.cuda.get_device_name()
