import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.runtime import devices
from pipeline.runtime.devices import available_devices, run_on_devices

# ── Which devices there are ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def machine(monkeypatch):
    """A machine with so many GPUs and these environment variables."""

    def make(n_gpus, **variables):
        for name in ("CONCLAVE_DEVICES", "CONCLAVE_FOLDS_PER_GPU"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(f"CONCLAVE_{name}", value)
        monkeypatch.setattr(devices, "_count_gpus", lambda: n_gpus)
        monkeypatch.setattr(devices, "count_cores", lambda: 5)

    return make


@pytest.mark.parametrize(
    ("n_gpus", "variables", "expected"),
    [
        (0, {}, ["cpu", "cpu"]),
        (0, {"FOLDS_PER_GPU": "3"}, ["cpu", "cpu"]),
        (2, {}, ["cuda:0", "cuda:1"]),
        (2, {"FOLDS_PER_GPU": "2"}, ["cuda:0", "cuda:1", "cuda:0", "cuda:1"]),
        (2, {"DEVICES": "cuda:1"}, ["cuda:1"]),
        (2, {"DEVICES": "cuda:1, cpu", "FOLDS_PER_GPU": "2"}, ["cuda:1", "cpu"]),
        (1, {"DEVICES": "cuda"}, ["cuda"]),
        (0, {"DEVICES": "cpu,cpu"}, ["cpu", "cpu"]),
        (0, {"DEVICES": ""}, ["cpu", "cpu"]),
    ],
)
def test_devices_of_a_machine(machine, n_gpus, variables, expected):
    machine(n_gpus, **variables)
    assert available_devices(2) == expected


@pytest.mark.parametrize(("threads", "room"), [(1, 5), (2, 2), (3, 1), (5, 1), (6, 1)])
def test_room_on_a_cpu(machine, threads, room):
    machine(0)
    assert available_devices(threads) == ["cpu"] * room


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
        available_devices(2)
    assert str(refused.value) == message


def test_no_gpu_at_all(machine):
    machine(0, DEVICES="cuda")
    with pytest.raises(UserError, match="got 'cuda', but PyTorch sees 0 GPUs here"):
        available_devices(2)


# ── Running on them ─────────────────────────────────────────────────────────────────────────────────────────────


# Spawned processes find a job by the name of this module.


def note_down(folder: Path, name: str, device: str) -> None:
    """Leave a file that says where the job ran."""
    if name == "bad":
        raise UserError("bad went wrong")
    (folder / name).write_text(f"{device} {os.getpid()}")


def meet(folder: Path, name: str, other: str, device: str) -> None:
    """Come back only when the other job runs too."""
    note_down(folder, name, device)
    wait_for(folder / other)


def use_alone(folder: Path, name: str, device: str) -> None:
    """Fail where another job has the device."""
    (folder / f"{device} in use").touch(exist_ok=False)
    time.sleep(0.05)
    (folder / f"{device} in use").unlink()
    note_down(folder, name, device)


def fail_or_outlive(folder: Path, name: str, device: str) -> None:
    """`bad` fails while `long` runs; `long` goes on for a while."""
    if name == "bad":
        wait_for(folder / "long began")
        (folder / "bad began").touch()
        raise UserError("bad went wrong")
    (folder / f"{name} began").touch()
    wait_for(folder / "bad began")
    time.sleep(1)
    note_down(folder, name, device)


def never_end(folder: Path, name: str, device: str) -> None:
    note_down(folder, name, device)
    time.sleep(600)


def die_or_outlive(folder: Path, name: str, device: str) -> None:
    """`bad` is killed as the system does it for want of memory; `long` goes on for a while."""
    if name == "bad":
        wait_for(folder / "long began")
        os.kill(os.getpid(), signal.SIGKILL)
    (folder / f"{name} began").touch()
    time.sleep(0.5)
    note_down(folder, name, device)


def wait_for(path: Path) -> None:
    for _ in range(1200):
        if path.exists():
            return
        time.sleep(0.05)
    raise TimeoutError(f"{path.name} did not come")


def results(folder):
    return {path.name: path.read_text().split() for path in folder.iterdir()}


def test_one_device_works_in_this_process_in_order(tmp_path):
    ran = []
    run_on_devices(lambda name, device: ran.append((name, device)), [("a",), ("b",), ("c",)], ["cpu"], list("abc"))
    assert ran == [("a", "cpu"), ("b", "cpu"), ("c", "cpu")]


def test_one_job_works_in_this_process(tmp_path):
    run_on_devices(note_down, [(tmp_path, "a")], ["first", "second"], ["a"])
    assert results(tmp_path) == {"a": ["first", str(os.getpid())]}


@pytest.mark.parametrize("devices", [["cpu"], ["cpu", "cpu"]])
def test_no_job_is_no_work(devices):
    """A stage that was killed after its last fold has none left to train."""
    run_on_devices(note_down, [], devices, [])


def test_the_first_exception_in_this_process_ends_the_work(tmp_path):
    with pytest.raises(UserError, match="bad went wrong"):
        run_on_devices(note_down, [(tmp_path, name) for name in ("a", "bad", "b")], ["cpu"], ["a", "bad", "b"])
    assert set(results(tmp_path)) == {"a"}


def test_two_devices_work_side_by_side(tmp_path):
    run_on_devices(meet, [(tmp_path, "a", "b"), (tmp_path, "b", "a")], ["first", "second"], ["a", "b"])
    ran = results(tmp_path)
    assert {name: device for name, (device, _) in ran.items()} == {"a": "first", "b": "second"}
    processes = {int(process) for _, process in ran.values()}
    assert len(processes) == 2
    assert os.getpid() not in processes


def test_a_device_has_one_job_at_a_time_and_all_jobs_are_done(tmp_path):
    names = [f"job-{i}" for i in range(6)]
    run_on_devices(use_alone, [(tmp_path, name) for name in names], ["first", "second"], names)
    ran = results(tmp_path)
    assert sorted(ran) == names, "the same files as with one device"
    assert {device for device, _ in ran.values()} == {"first", "second"}


def test_the_first_exception_of_another_process_is_raised_and_stops_the_hand_out(tmp_path):
    jobs = [(tmp_path, name) for name in ("bad", "long", "third", "fourth")]
    with pytest.raises(UserError, match=r"^bad went wrong$"):
        run_on_devices(fail_or_outlive, jobs, ["first", "second"], ["bad", "long", "third", "fourth"])
    assert sorted(results(tmp_path)) == ["bad began", "long", "long began"], "what ran keeps what it wrote"


def test_a_killed_worker_is_named_with_its_job_and_the_others_keep_what_they_wrote(tmp_path):
    names = ["bad", "long", "third", "fourth"]
    with pytest.raises(UserError) as refused:
        run_on_devices(die_or_outlive, [(tmp_path, name) for name in names], ["cuda:0", "cpu"], names)
    assert str(refused.value) == (
        "bad: its process on cuda:0 was killed, probably for want of memory; 2 ran at a time, "
        "CONCLAVE_DEVICES=cuda:0 runs one. What is finished is kept, and the same command goes on from there"
    )
    assert sorted(results(tmp_path)) == ["long", "long began"]


def test_workers_end_with_a_process_that_was_killed(tmp_path):
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import test_devices as t; from pathlib import Path\n"
        f"jobs = [(Path({str(tmp_path)!r}), name) for name in 'ab']\n"
        "if __name__ == '__main__': t.run_on_devices(t.never_end, jobs, ['first', 'second'], ['a', 'b'])"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    environment = os.environ | {"PYTHONPATH": str(Path(devices.__file__).parents[2])}
    process = subprocess.Popen([sys.executable, str(script)], env=environment, stderr=subprocess.PIPE, text=True)
    wait_for(tmp_path / "a")
    wait_for(tmp_path / "b")
    time.sleep(0.1)  # the files are there before what they hold
    workers = [int((tmp_path / name).read_text().split()[1]) for name in "ab"]
    process.kill()
    assert process.communicate(timeout=20)[1] == "", "multiprocessing's helper has nothing to say either"
    for _ in range(200):
        if not any(is_running(worker) for worker in workers):
            return
        time.sleep(0.05)
    pytest.fail("workers go on without the process that started them")


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
