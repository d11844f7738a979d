import pytest

from pipeline.runtime.progress import Progress


class Clock:
    """Seconds that pass only when told."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.mark.parametrize(
    ("done", "seconds", "note", "line"),
    [
        (0, 5, "", "train: 0/20 steps, time left unknown"),
        (10, 5, "", "train: 10/20 steps, 2.0/s, 5 s left"),
        (10, 5, "loss 0.5", "train: 10/20 steps, 2.0/s, 5 s left, loss 0.5"),
        (5, 60, "", "train: 5/20 steps, 12.0 s a step, 180 s left"),
        (20, 10, "", "train: 20/20 steps, 2.0/s, 0 s left"),
        (25, 10, "", "train: 25/20 steps, 2.5/s, 0 s left"),
    ],
)
def test_a_line_tells_count_speed_and_time_left(clock, done, seconds, note, line):
    progress = Progress(20, "train", clock=clock)
    clock.now += seconds
    progress.done = done
    assert progress.line(note) == line


def test_lines_of_a_log_come_at_most_every_15_seconds(clock, capsys):
    with Progress(100, "train", "step", clock=clock) as progress:
        for _ in range(40):
            clock.now += 1
            progress.update(2, "loss 1.0")
    assert capsys.readouterr().out.splitlines() == [
        "train: 30/100 steps, 2.0/s, 35 s left, loss 1.0",
        "train: 60/100 steps, 2.0/s, 20 s left, loss 1.0",
    ]


def test_quick_work_prints_nothing(clock, capsys):
    with Progress(3, "folds", "fold", clock=clock) as progress:
        for _ in range(3):
            progress.update()
    assert capsys.readouterr().out == ""


def test_a_terminal_gets_a_bar(monkeypatch, capsys, clock):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with Progress(2, "train", clock=clock) as progress:
        progress.update(1, "loss 0.5")
        assert progress.bar.n == 1
        progress.update(1, "loss 0.4")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "train: 100%" in shown.err
    assert "loss 0.4" in shown.err
