"""What the lines of a task say, and how a job is shown."""

from __future__ import annotations

import io

from tensormill.launching.job import TaskName, TaskState
from tensormill.launching.progress import Progress, error_of
from tensormill.launching.view import LiveView, PlainView, TaskLine, format_bar, view_for

CHIEF, OTHER = TaskName("worker", 0), TaskName("worker", 1)


def test_steps_and_losses_are_read_from_lines() -> None:
    times = iter([0.0, 2.0, 4.0])
    progress = Progress(lambda: next(times))
    for line in ("starting up", "step 100 of 1000, loss 0.75", "Step: 300  cost=1.5e-2"):
        progress.read(line)
    assert (progress.step, progress.last_step, progress.loss) == (300, 1000, "1.5e-2")
    assert progress.steps_per_s == 100.0
    progress.read("INFO:tensorflow:loss = 0.5, step = 500 (1.2 sec)")
    assert (progress.step, progress.loss, progress.steps_per_s) == (500, "0.5", 100.0)
    progress.read("INFO:tensorflow:global_step/sec: 42.5")
    assert progress.steps_per_s == 42.5


def test_a_task_that_begins_anew_is_measured_anew() -> None:
    times = iter([0.0, 1.0, 2.0, 3.0])
    progress = Progress(lambda: next(times))
    for line in ("step 10", "step 20", "step 1", "step 5"):
        progress.read(line)
    assert progress.steps_per_s == 4.0


def test_the_error_is_the_last_traceback_with_those_that_led_to_it() -> None:
    lines = [
        "Traceback (most recent call last):",
        "  early",
        "KeyError: logged, and gone on from",
        "step 1",
        "Traceback (most recent call last):",
        '  File "a.py", line 1',
        "OSError: cause",
        "",
        "The above exception was the direct cause of the following exception:",
        "",
        "Traceback (most recent call last):",
        '  File "b.py", line 2',
        "ValueError: here",
        "",
    ]
    assert error_of(lines) == lines[4:-1]


def test_a_process_without_a_traceback_shows_its_last_lines() -> None:
    assert error_of([f"{number}\n" for number in range(9)]) == ["4", "5", "6", "7", "8"]
    assert error_of([]) == []


def test_a_long_error_is_cut_in_its_middle() -> None:
    found = error_of(["Traceback (most recent call last):", *map(str, range(500)), "Error: end"])
    assert len(found) == 61
    assert found[0].startswith("Traceback")
    assert found[-1] == "Error: end"


def test_plain_lines_say_what_changes() -> None:
    stream = io.StringIO()
    view = PlainView(stream)
    running = TaskLine(CHIEF, TaskState.RUNNING)
    view.update([running])
    view.update([running])
    view.printed(OTHER, "hello\n")
    view.update([TaskLine(CHIEF, TaskState.DONE)])
    assert stream.getvalue().splitlines() == [
        "worker:0 is running", "[worker:1] hello", "worker:0 is done",
    ]  # fmt: skip


def test_the_live_table_is_drawn_over_itself() -> None:
    stream = io.StringIO()
    view = LiveView(stream, CHIEF)
    lines = [
        TaskLine(CHIEF, TaskState.RUNNING, 50, 100, 12.5, "0.25", 3 * 2**20),
        TaskLine(OTHER, TaskState.STARTING),
    ]
    view.update(lines)
    table = stream.getvalue()
    assert "12.5 steps/s  loss 0.25" in table
    assert "3 MiB" in table
    assert "50%  step 50 of 100" in table
    view.printed(OTHER, "not shown")
    assert stream.getvalue() == table
    view.printed(CHIEF, "shown\n")
    assert stream.getvalue().removeprefix(table).startswith("\x1b[3F\x1b[0Jshown\n")
    view.close()


def test_a_bar_needs_a_known_end() -> None:
    assert format_bar([TaskLine(CHIEF, TaskState.RUNNING, step=3)]) is None


def test_what_is_no_terminal_gets_plain_lines() -> None:
    assert isinstance(view_for(io.StringIO(), CHIEF, "xterm"), PlainView)
