"""`tensormill launch`: jobs of real processes, which always end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from tests.processes import is_running, wait_for_end

PACKAGE_PARENT = Path(__file__).parents[2]

# Prints its place; a ps waits for ever, a worker does what the flags say.
PROGRAM = """
    import json, os, signal, sys
    place = json.loads(os.environ["TF_CONFIG"])["task"]
    print("pid", os.getpid(), flush=True)
    def worker(index):
        return place == {"type": "worker", "index": index}
    if "--stubborn" in sys.argv:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "--fail=%(type)s:%(index)d" % place in sys.argv:
        raise ValueError("bad luck of %(type)s %(index)d" % place)
    if worker(0) and "--exit=7" in sys.argv:
        sys.exit(7)
    if worker(0) and "--wait" not in sys.argv:
        print("step 1 of 1 loss 0.5")
        sys.exit(0)
    signal.pause()
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(dedent(PROGRAM))
    return path


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "tensormill", "launch", *map(str, words)]


def launch(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words),
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(PACKAGE_PARENT)},
        capture_output=True,
        text=True,
        check=False,
    )


def pids(output: str) -> Iterator[int]:
    for line in output.splitlines():
        _, _, number = line.partition("] pid ")
        if number:
            yield int(number)


def test_the_job_ends_with_its_chief(program: Path) -> None:
    done = launch(
        "--ps", 2, "--workers", 2, "--log-dir", "logs", program, "--x", cwd=program.parent
    )
    assert done.returncode == 0, done.stdout
    assert "[worker:0] step 1 of 1 loss 0.5" in done.stdout
    assert "worker:0 is done" in done.stdout
    assert not any(map(is_running, pids(done.stdout)))
    names = sorted(path.name for path in (program.parent / "logs").iterdir())
    assert names == ["ps-0.log", "ps-1.log", "worker-0.log", "worker-1.log"]
    assert "step 1 of 1 loss 0.5" in (program.parent / "logs" / "worker-0.log").read_text()


def test_the_exit_code_of_the_chief_is_passed_on(program: Path) -> None:
    assert launch("--ps", 1, program, "--exit=7", cwd=program.parent).returncode == 7


@pytest.mark.parametrize("task", ["ps:0", "worker:1"])
def test_the_first_error_is_printed_once_at_the_end(program: Path, task: str) -> None:
    done = launch(
        "--workers", 2, "--log-dir", "logs", program, "--wait", f"--fail={task}", cwd=program.parent
    )
    assert done.returncode == 1
    report = done.stdout.partition(f"the first error, of {task}:")[2]
    assert f"ValueError: bad luck of {task.replace(':', ' ')}" in report
    assert f'File "{program}"' in report
    assert report.count("ValueError: bad luck of") == 1
    assert f"its log: logs/{task.replace(':', '-')}.log" in report
    assert "tensormill/" not in report
    assert not any(map(is_running, pids(done.stdout)))


def test_a_task_that_fails_is_started_again(program: Path) -> None:
    done = launch(
        "--restarts", 2, program, "--wait", "--fail=worker:0", "--log-dir=x", cwd=program.parent
    )
    assert done.returncode == 1
    assert done.stdout.count("worker:0 is started again") == 2
    assert "(attempt 3)" in done.stdout


def test_flags_are_passed_to_programs_that_define_them(tmp_path: Path) -> None:
    (tmp_path / "flagged.py").write_text(
        "import tensorflow as tf\n"
        "tf.app.flags.DEFINE_string('job_name', '', '')\n"
        "tf.app.flags.DEFINE_integer('task_index', -1, '')\n"
        "tf.app.flags.DEFINE_string('ps_hosts', '', '')\n"
        "F = tf.app.flags.FLAGS\n"
        "def main(argv):\n"
        "    print('I am', F.job_name, F.task_index, len(F.ps_hosts.split(',')), argv[1:])\n"
        "tf.app.run()\n"
    )
    done = launch("--ps", 2, "--workers", 1, "flagged.py", "word", cwd=tmp_path)
    assert "[worker:0] I am worker 0 2 ['word']" in done.stdout
    assert done.returncode == 0, done.stdout


class Job:
    """A launcher in the background, with its tasks running."""

    def __init__(self, program: Path, *words: str) -> None:
        self.process = subprocess.Popen(
            command("--ps", 1, "--workers", 2, program, "--wait", *words),
            cwd=program.parent,
            env={**os.environ, "PYTHONPATH": str(PACKAGE_PARENT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        self.pids: list[int] = []
        for line in self.process.stdout:
            self.pids += pids(line)
            if len(self.pids) == 3:
                break

    def finish(self) -> str:
        output, _ = self.process.communicate()
        return output


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_all_tasks(program: Path, number: signal.Signals, code: int) -> None:
    job = Job(program)
    job.process.send_signal(number)
    job.finish()
    assert job.process.returncode == code
    assert not any(map(is_running, job.pids))


def test_tasks_that_do_not_want_to_end_are_killed(program: Path) -> None:
    job = Job(program, "--stubborn")
    job.process.send_signal(signal.SIGINT)
    job.finish()
    assert job.process.returncode == 130
    assert not any(map(is_running, job.pids))


@pytest.mark.parametrize("flag", [(), ("--stubborn",)])
def test_nothing_stays_when_the_launcher_is_killed(program: Path, flag: tuple[str, ...]) -> None:
    job = Job(program, *flag)
    job.process.kill()
    job.finish()  # the tasks hold no end of its pipe; wait for them by their numbers
    for pid in job.pids:
        wait_for_end(pid)
    assert not any(map(is_running, job.pids))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_task_ends_the_job(program: Path, number: signal.Signals) -> None:
    job = Job(program)
    os.kill(job.pids[-1], number)
    output = job.finish()
    assert job.process.returncode == 128 + number
    assert f"failed with exit code {128 + number}" in output
    assert not any(map(is_running, job.pids))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "name a script"),
        (("nothing.py",), "there is no file 'nothing.py'"),
        (("-m", "no_such_module"), "no module named 'no_such_module'"),
        (("--ps", "0", "--workers", "0", "program.py"), "there is no task to start"),
        (("--log-dir", "program.py/logs", "program.py"), "the logs cannot be written to"),
        (("--ps=-1", "program.py"), "--ps: '-1' is no number from 0 to 1000"),
        (("--workers", "many", "program.py"), "--workers: 'many' is no number from 0 to 1000"),
    ],
)
def test_what_cannot_start_is_said_in_a_sentence(
    program: Path, words: tuple[str, ...], says: str
) -> None:
    done = launch(*words, cwd=program.parent)
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_a_full_disk_ends_the_job(program: Path) -> None:
    logs = program.parent / "logs"
    logs.mkdir()
    (logs / "worker-0.log").symlink_to("/dev/full")
    done = launch("--log-dir", logs, program, "--wait", cwd=program.parent)
    assert f"{logs}/worker-0.log cannot be written: No space left on device" in done.stdout
    assert done.returncode == 1
    assert not any(map(is_running, pids(done.stdout)))


def test_output_may_be_closed(program: Path) -> None:
    done = subprocess.run(
        " ".join([*command("--log-dir", "logs", program), ">&-"]),
        shell=True,
        cwd=program.parent,
        env={**os.environ, "PYTHONPATH": str(PACKAGE_PARENT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "step 1 of 1 loss 0.5" in (program.parent / "logs" / "worker-0.log").read_text()
