"""What happens to the tasks of a job, decided without processes."""

from __future__ import annotations

import pytest

from tensormill.launching.job import Job, JobEnds, StartTask, StopTasks, TaskName, TaskState

PS, CHIEF, OTHER = TaskName("ps", 0), TaskName("worker", 0), TaskName("worker", 1)
ALL = (PS, CHIEF, OTHER)


def running_job(restarts: int = 0) -> Job:
    job = Job(ALL, CHIEF, restarts)
    assert job.begin() == [StartTask(task, 1) for task in ALL]
    for task in ALL:
        assert job.started(task) == []
    return job


def test_the_end_of_the_chief_ends_the_job() -> None:
    job = running_job()
    assert job.ended(CHIEF, 0) == [StopTasks((PS, OTHER))]
    assert job.ended(OTHER, 143) == []
    assert job.ended(PS, 143) == [JobEnds(0, None)]
    assert [job.states[task] for task in ALL] == [
        TaskState.STOPPED, TaskState.DONE, TaskState.STOPPED,
    ]  # fmt: skip


def test_the_exit_code_of_the_chief_is_that_of_the_job() -> None:
    job = running_job()
    assert job.ended(CHIEF, 7) == [StopTasks((PS, OTHER))]
    job.ended(PS, 143)
    assert job.ended(OTHER, 143) == [JobEnds(7, CHIEF)]


def test_another_task_may_end_well_before_the_chief() -> None:
    job = running_job()
    assert job.ended(OTHER, 0) == []
    assert job.ended(CHIEF, 0) == [StopTasks((PS,))]


@pytest.mark.parametrize("task", [PS, OTHER])
def test_a_task_that_fails_ends_the_job(task: TaskName) -> None:
    job = running_job()
    rest = tuple(each for each in ALL if each != task)
    assert job.ended(task, 1) == [StopTasks(rest)]
    job.ended(rest[0], 143)
    assert job.ended(rest[1], 0) == [JobEnds(1, task)]
    assert job.states[task] is TaskState.FAILED


def test_a_task_that_fails_is_started_again_so_often() -> None:
    job = running_job(restarts=2)
    assert job.ended(OTHER, 1) == [StartTask(OTHER, 2)]
    assert job.states[OTHER] is TaskState.STARTING
    assert job.ended(OTHER, 137) == [StartTask(OTHER, 3)]
    assert job.ended(OTHER, 1) == [StopTasks((PS, CHIEF))]


def test_a_job_that_ends_well_has_no_first_error() -> None:
    job = running_job(restarts=1)
    job.ended(OTHER, 1)
    job.ended(CHIEF, 0)
    job.ended(OTHER, 143)
    assert job.ended(PS, 143) == [JobEnds(0, None)]


def test_the_first_failure_is_the_one_that_is_told() -> None:
    job = running_job()
    job.ended(PS, 9)
    job.ended(OTHER, 1)
    assert job.ended(CHIEF, 1) == [JobEnds(9, PS)]


def test_an_interrupted_job_stops_all_its_tasks_once() -> None:
    job = running_job()
    assert job.interrupted(130) == [StopTasks(ALL)]
    assert job.interrupted(143) == []
    for task in ALL[:2]:
        assert job.ended(task, 143) == []
    assert job.ended(OTHER, 143) == [JobEnds(130, None)]


def test_a_job_without_a_chief_ends_with_its_last_task() -> None:
    job = Job((PS, TaskName("ps", 1)), None)
    job.begin()
    assert job.ended(PS, 0) == []
    assert job.ended(TaskName("ps", 1), 0) == [JobEnds(0, None)]
