import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.runtime import devices
from pipeline.runtime.devices import Room
from pipeline.runtime.executors import local
from pipeline.runtime.executors.executor import Job, Resources, run_all
from pipeline.runtime.executors.local import ThisProcess, WorkerProcesses, local_executor

GPU, CPU = Resources(1, gpu=True), Resources(1, gpu=False)
ONE, TWO = Room((), 1, by_thread=False), Room(("first", "second"), 1, by_thread=False)  # no job looks at its device

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


def jobs(job, folder, names, resources=GPU):
    return [Job(job, (folder, name), resources, name) for name in names]


def run(executor, work):
    with executor:
        run_all(executor, work)


def test_one_at_a_time_in_this_process_in_order(tmp_path):
    ran = []
    run(ThisProcess(ONE), [Job(lambda *args: ran.append(args), (name,), GPU, name) for name in "abc"])
    assert ran == [("a", "cpu"), ("b", "cpu"), ("c", "cpu")]


@pytest.mark.parametrize(
    ("named", "needs", "kind"),
    [
        ("cpu,cpu", [GPU], ThisProcess),
        ("cpu,cpu", [], ThisProcess),
        ("cpu", [GPU, CPU], ThisProcess),
        ("cpu,cpu", [GPU, CPU], WorkerProcesses),
    ],
)
def test_processes_are_started_where_two_jobs_may_run_at_a_time(monkeypatch, named, needs, kind):
    monkeypatch.setenv("CONCLAVE_DEVICES", named)
    assert type(local_executor(needs)) is kind


@pytest.mark.parametrize("executor", [ThisProcess, WorkerProcesses])
def test_no_job_is_no_work(executor):
    """A stage that was killed after its last fold has none left to train."""
    run(executor(TWO), [])


def test_the_first_exception_in_this_process_ends_the_work(tmp_path):
    with pytest.raises(UserError, match="bad went wrong"):
        run(ThisProcess(ONE), jobs(note_down, tmp_path, ["a", "bad", "b"]))
    assert set(results(tmp_path)) == {"a"}


def test_a_future_has_what_the_job_returned():
    with ThisProcess(ONE) as here, WorkerProcesses(TWO) as beside:
        assert here.submit(pow, (2,), CPU).exception() is not None, "the device is the last argument: 2 ** 'cpu'"
        assert [executor.submit(max, ("b",), CPU).result() for executor in (here, beside)] == ["cpu", "cpu"]


def test_two_devices_work_side_by_side(tmp_path):
    run(WorkerProcesses(TWO), [Job(meet, (tmp_path, *pair), GPU, pair) for pair in ("ab", "ba")])
    ran = results(tmp_path)
    assert {name: device for name, (device, _) in ran.items()} == {"a": "first", "b": "second"}
    processes = {int(process) for _, process in ran.values()}
    assert len(processes) == 2
    assert os.getpid() not in processes


def test_jobs_of_the_cpu_run_beside_those_of_gpus_and_past_them(tmp_path):
    """`a` and `b` hold the only GPU one after the other; `c` comes last, and `a` waits for it."""
    work = [Job(meet, (tmp_path, *pair), needs, pair) for pair, needs in (("ac", GPU), ("ba", GPU), ("ca", CPU))]
    run(WorkerProcesses(Room(("only",), 1, by_thread=True)), work)
    ran = results(tmp_path)
    assert {name: device for name, (device, _) in ran.items()} == {"a": "only", "b": "only", "c": "cpu"}
    assert ran["a"][1] == ran["b"][1] != ran["c"][1], "a process is kept for the jobs of its device"


def test_a_slot_has_one_job_at_a_time_and_all_jobs_are_done(tmp_path):
    names = [f"job-{i}" for i in range(6)]
    run(WorkerProcesses(TWO), jobs(use_alone, tmp_path, names))
    ran = results(tmp_path)
    assert sorted(ran) == names, "the same files as one after the other"
    assert {device for device, _ in ran.values()} == {"first", "second"}
    assert len({process for _, process in ran.values()}) == 2, "processes are used again"


def test_the_first_exception_of_another_process_is_raised_and_stops_the_hand_out(tmp_path):
    with pytest.raises(UserError, match=r"^bad went wrong$"):
        run(WorkerProcesses(TWO), jobs(fail_or_outlive, tmp_path, ["bad", "long", "third", "fourth"]))
    assert sorted(results(tmp_path)) == ["bad began", "long", "long began"], "what ran keeps what it wrote"


def test_a_killed_worker_is_named_with_its_job_and_the_others_keep_what_they_wrote(tmp_path):
    with pytest.raises(UserError) as refused:
        run(WorkerProcesses(TWO), jobs(die_or_outlive, tmp_path, ["bad", "long", "third", "fourth"]))
    assert str(refused.value) == (
        "bad: its process on first was killed, probably for want of memory; 2 ran at a time, as many as "
        "CONCLAVE_DEVICES may name, or fewer. What is finished is kept, and the same command goes on from there"
    )
    assert sorted(results(tmp_path)) == ["long", "long began"]


def test_a_worker_that_was_killed_while_it_had_nothing_to_do_is_replaced(tmp_path):
    with WorkerProcesses(TWO) as executor:
        executor.submit(note_down, (tmp_path, "a"), CPU).result()
        os.kill(int(results(tmp_path)["a"][1]), signal.SIGKILL)
        ((_, worker),) = executor.idle
        while not worker._broken:  # until its pool has seen it
            time.sleep(0.01)
        run_all(executor, jobs(note_down, tmp_path, ["b"], CPU))
    ran = results(tmp_path)
    assert ran["a"][1] != ran["b"][1]


def test_a_job_for_which_no_process_can_be_started_fails_and_others_go_on(tmp_path, monkeypatch):
    made = []
    real = local.ProcessPoolExecutor

    def make(*args, **options):
        made.append(1)
        if len(made) == 2:
            raise OSError("too many open files")
        return real(*args, **options)

    monkeypatch.setattr(local, "ProcessPoolExecutor", make)
    with WorkerProcesses(TWO) as executor:
        futures = [executor.submit(note_down, (tmp_path, name), GPU) for name in "abc"]
        assert isinstance(futures[1].exception(timeout=60), OSError)
        assert [futures[i].exception(timeout=60) for i in (0, 2)] == [None, None]
    assert set(results(tmp_path)) == {"a", "c"}


def test_workers_end_with_a_process_that_was_killed(tmp_path):
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import test_local as t; from pathlib import Path\n"
        "if __name__ == '__main__':\n"
        f"    t.run(t.WorkerProcesses(t.TWO), t.jobs(t.never_end, Path({str(tmp_path)!r}), 'ab'))"
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
