import pytest

from pipeline.errors import UserError
from pipeline.runtime import devices
from pipeline.runtime.devices import Room, read_room, usable_devices


@pytest.fixture
def machine(monkeypatch):
    """A machine with five cores, so many GPUs and these environment variables."""

    def make(n_gpus, **variables):
        for name in ("CONCLAVE_DEVICES", "CONCLAVE_FOLDS_PER_GPU"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(f"CONCLAVE_{name}", value)
        monkeypatch.setattr(devices, "_count_gpus", lambda: n_gpus)
        monkeypatch.setattr(devices, "count_cores", lambda: 5)

    return make


ZERO, ONE = "cuda:0", "cuda:1"
ROOMS = [
    (0, {}, (), 5, True),
    (0, {"FOLDS_PER_GPU": "3"}, (), 5, True),
    (2, {}, (ZERO, ONE), 5, True),
    (2, {"FOLDS_PER_GPU": "2"}, (ZERO, ONE, ZERO, ONE), 5, True),
    (2, {"DEVICES": "cuda:1"}, (ONE,), 5, True),
    (2, {"DEVICES": "cuda:1, cpu", "FOLDS_PER_GPU": "2"}, (ONE,), 1, False),
    (1, {"DEVICES": "cuda"}, ("cuda",), 5, True),
    (2, {"DEVICES": "cpu,cpu"}, (), 2, False),
    (0, {"DEVICES": ""}, (), 5, True),
]


@pytest.mark.parametrize(("n_gpus", "variables", "gpus", "cpu", "by_thread"), ROOMS)
def test_room_on_a_machine(machine, n_gpus, variables, gpus, cpu, by_thread):
    machine(n_gpus, **variables)
    assert read_room(gpu=True) == Room(gpus, cpu, by_thread)
    assert usable_devices(gpu=True) == (sorted(set(gpus)) or ["cpu"])


@pytest.mark.parametrize(("n_gpus", "variables", "gpus", "cpu", "by_thread"), ROOMS)
def test_who_has_no_use_for_gpus_looks_for_none(machine, monkeypatch, n_gpus, variables, gpus, cpu, by_thread):
    """Looking imports torch, which takes seconds."""
    machine(n_gpus, **variables)
    monkeypatch.setattr(devices, "_count_gpus", None)
    assert read_room(gpu=False) == Room((), cpu, by_thread)
    assert usable_devices(gpu=False) == ["cpu"]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"DEVICES": "gpu0"}, "CONCLAVE_DEVICES: got 'gpu0', a list such as cuda:0,cuda:1 or cpu is allowed"),
        ({"DEVICES": "cuda:0,"}, "CONCLAVE_DEVICES: got '', a list such as cuda:0,cuda:1 or cpu is allowed"),
        ({"DEVICES": "cuda:0,cuda:2"}, "CONCLAVE_DEVICES: got 'cuda:2', but PyTorch sees 2 GPUs here"),
        ({"FOLDS_PER_GPU": "0"}, "CONCLAVE_FOLDS_PER_GPU: got '0', a whole number from 1 is allowed"),
        ({"FOLDS_PER_GPU": "²"}, "CONCLAVE_FOLDS_PER_GPU: got '²', a whole number from 1 is allowed"),
        ({"FOLDS_PER_GPU": "many"}, "CONCLAVE_FOLDS_PER_GPU: got 'many', a whole number from 1 is allowed"),
    ],
)
def test_values_that_mean_nothing(machine, variables, message):
    machine(2, **variables)
    with pytest.raises(UserError) as refused:
        read_room(gpu=True)
    assert str(refused.value) == message


def test_no_gpu_at_all(machine):
    machine(0, DEVICES="cuda")
    with pytest.raises(UserError, match="got 'cuda', but PyTorch sees 0 GPUs here"):
        read_room(gpu=True)
