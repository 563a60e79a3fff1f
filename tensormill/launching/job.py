"""What happens to the tasks of a job: decided here, without processes, threads or a clock.

A job ends when its chief ends, when a task fails that may not start again, or when somebody asks.
All its tasks are stopped then, and its exit code is that of what ended it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

__all__ = ["Instruction", "Job", "JobEnds", "StartTask", "StopTasks", "TaskName", "TaskState"]


@dataclass(frozen=True, order=True)
class TaskName:
    """One task: its job and its number in it."""

    job: str
    index: int

    def __str__(self) -> str:
        return f"{self.job}:{self.index}"


class TaskState(Enum):
    """How a task is."""

    STARTING = "starting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True)
class StartTask:
    """Start the process of a task; not for the first time where `attempt` is more than 1."""

    task: TaskName
    attempt: int


@dataclass(frozen=True)
class StopTasks:
    """Stop the processes of tasks."""

    tasks: tuple[TaskName, ...]


@dataclass(frozen=True)
class JobEnds:
    """The job is over: nothing runs any more.

    Attributes:
      exit_code: of the job.
      failed: the task that failed first, None where none did.
    """

    exit_code: int
    failed: TaskName | None


Instruction = StartTask | StopTasks | JobEnds


@dataclass
class Job:
    """The state of a job.

    Attributes:
      tasks: the tasks in their order.
      chief: the one that the job ends with; None for the last of all.
      restarts: how often each task may be started again.
    """

    tasks: tuple[TaskName, ...]
    chief: TaskName | None
    restarts: int = 0
    states: dict[TaskName, TaskState] = field(default_factory=dict)
    attempts: dict[TaskName, int] = field(default_factory=dict)
    failed: TaskName | None = None
    exit_code: int | None = None

    def begin(self) -> list[Instruction]:
        """Start all tasks."""
        self.states = dict.fromkeys(self.tasks, TaskState.STARTING)
        self.attempts = dict.fromkeys(self.tasks, 1)
        return [StartTask(task, 1) for task in self.tasks]

    def started(self, task: TaskName) -> list[Instruction]:
        """Note that the process of a task runs."""
        if self.states[task] is TaskState.STARTING:
            self.states[task] = TaskState.RUNNING
        return []

    def ended(self, task: TaskName, exit_code: int) -> list[Instruction]:
        """Note that the process of a task ended.

        Args:
          task: the task.
          exit_code: as a shell has it, 128 and the number of the signal for one that was killed.
        """
        if self.exit_code is not None:
            # What failed by itself before it was stopped stays failed.
            if self.states[task] in (TaskState.STARTING, TaskState.RUNNING):
                self.states[task] = TaskState.STOPPED
            return self._end_if_quiet()
        if exit_code == 0:
            self.states[task] = TaskState.DONE
            is_last = not self._alive()
            return self._stop(0) if task == self.chief or is_last else []
        if self.failed is None:
            self.failed = task
        if self.attempts[task] <= self.restarts:
            self.attempts[task] += 1
            self.states[task] = TaskState.STARTING
            return [StartTask(task, self.attempts[task])]
        self.states[task] = TaskState.FAILED
        return self._stop(exit_code)

    def interrupted(self, exit_code: int) -> list[Instruction]:
        """End the job because somebody asked."""
        return self._stop(exit_code) if self.exit_code is None else []

    def _alive(self) -> tuple[TaskName, ...]:
        living = (TaskState.STARTING, TaskState.RUNNING)
        return tuple(task for task in self.tasks if self.states[task] in living)

    def _stop(self, exit_code: int) -> list[Instruction]:
        self.exit_code = exit_code
        alive = self._alive()
        return [StopTasks(alive)] if alive else self._end_if_quiet()

    def _end_if_quiet(self) -> list[Instruction]:
        if self._alive() or self.exit_code is None:
            return []
        # A job that ended well in spite of a failure has nothing to complain of.
        failed = self.failed if self.exit_code else None
        return [JobEnds(self.exit_code, failed)]
