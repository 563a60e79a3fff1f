"""Asking tasks how they are, and telling them that the job is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import grpc

from tensormill.distributed.channels import open_channel
from tensormill.distributed.reachability import why_unreachable
from tensormill.distributed.status_codec import error_from_rpc
from tensormill.graph import errors
from tensormill.proto import cluster_status_pb2, worker_pb2
from tensormill.proto.services import CLUSTER_SERVICE, WORKER_SERVICE, Method, Service
from tensormill.runtime.device_filters import is_wanted

__all__ = ["ask_cluster", "ask_tasks", "call_cluster_service", "describe_report", "missing_tasks"]

ANSWERS_NOT = "connected, but does not answer"
NO_TENSORMILL = "no tensormill task, its devices are all it tells"


def call_cluster_service(
    address: str, method: str, request: Any, timeout_s: float, *, waits: bool = False
) -> Any:
    """Call a method of one server's own service and return the response.

    Args:
      address: "host:port".
      method: its name.
      request: the request message.
      timeout_s: how long it may take.
      waits: wait for a server that is not there yet.

    Raises:
      OpError: the server cannot be reached in time, or says no.
    """
    with open_channel(address) as channel:
        try:
            return _stub(channel, CLUSTER_SERVICE, method)(
                request, timeout=timeout_s, wait_for_ready=waits
            )
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
                reason = why_unreachable(address) or ANSWERS_NOT
                raise errors.deadline_exceeded(
                    f"{method} on {address} took longer than {timeout_s:g} s: {reason}"
                ) from None
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                reason = why_unreachable(address) or error.details()
                raise errors.unavailable(
                    f"No server answers at {address}: {reason}",
                    hint="the job may be over, the server starting, or the address another one.",
                ) from None
            if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                raise errors.unimplemented(
                    f"The server at {address} is none of tensormill and does not know {method}"
                ) from None
            raise error_from_rpc(error, address) from None


def ask_cluster(address: str, timeout_s: float) -> list[Any]:
    """Return a TaskReport for each task of the cluster that the server at an address is in.

    Args:
      address: "host:port".
      timeout_s: how long to wait for each task.

    Raises:
      OpError: the server cannot be reached in time, or is none of tensormill's.
    """
    request = cluster_status_pb2.ClusterStatusRequest(timeout_s=timeout_s)
    response = call_cluster_service(address, "ClusterStatus", request, 2 * timeout_s + 1.0)
    return list(response.report)


def missing_tasks(address: str, filters: Sequence[str], timeout_s: float) -> list[str]:
    """Return the tasks that a session on a master waits for, each with address and reason.

    Args:
      address: "host:port" of the master.
      filters: the device filters of the session.
      timeout_s: how long to wait for each task.

    Returns:
      The tasks; none where all are there, or the master cannot say.
    """
    try:
        reports = ask_cluster(address, timeout_s)
    except errors.OpError:
        return []
    return [
        describe_report(report)
        for report in reports
        if (not report.HasField("status") or report.status.is_finished)
        and is_wanted(report.task, filters)
    ]


def describe_report(report: Any) -> str:
    """Return a task with its address and, if it has one, its problem."""
    problem = f" ({report.problem})" if report.problem else ""
    return f"{report.task} at {report.address}{problem}"


def ask_tasks(
    addresses: Mapping[str, str], timeout_s: float, method: str = "TaskStatus", request: Any = None
) -> list[Any]:
    """Ask tasks at the same time; return a TaskReport for each.

    Args:
      addresses: "host:port" by the name of the task.
      timeout_s: how long to wait for all.
      method: the method of the own service that is called.
      request: its request message; a question for the status when None.
    """
    if request is None:
        request = cluster_status_pb2.TaskStatusRequest()
    calls = []
    for task, address in addresses.items():
        channel = open_channel(address)
        call = _stub(channel, CLUSTER_SERVICE, method).future(request, timeout=timeout_s)
        calls.append((task, address, channel, call))
    reports = []
    for task, address, channel, call in calls:
        report = cluster_status_pb2.TaskReport(task=task, address=address)
        try:
            _fill_report(report, call)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                _ask_foreign_task(report, channel, timeout_s)
            else:
                report.problem = why_unreachable(address) or _problem(error)
        finally:
            channel.close()
        reports.append(report)
    return reports


def _stub(channel: Any, service: Service, name: str) -> Any:
    method: Method = service.methods[name]
    return channel.unary_unary(
        method.path, method.request.SerializeToString, method.response.FromString
    )


def _fill_report(report: Any, call: Any) -> None:
    response = call.result()
    if not isinstance(response, cluster_status_pb2.TaskStatusResponse):
        return
    if response.task != report.task:
        report.problem = f"answers as {response.task}"
        return
    report.status.CopyFrom(response)
    if response.is_finished:
        report.problem = "already finished"


def _ask_foreign_task(report: Any, channel: Any, timeout_s: float) -> None:
    """Take what a server of TensorFlow tells of itself: its devices."""
    try:
        response = _stub(channel, WORKER_SERVICE, "GetStatus")(
            worker_pb2.GetStatusRequest(), timeout=timeout_s
        )
    except grpc.RpcError as error:
        report.problem = _problem(error)
        return
    report.problem = NO_TENSORMILL
    report.status.task = report.task
    report.status.device.extend(response.device_attributes)
    names = {device.name.rpartition("/device:")[0] for device in response.device_attributes}
    if names and report.task not in names:
        report.problem = f"answers as {min(names)}"
        report.ClearField("status")


def _problem(error: Any) -> str:
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return ANSWERS_NOT
    return error.details() or error.code().name.lower()
