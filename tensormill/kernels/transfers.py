"""Kernels of sends and receives: values that cross from task to task within a step."""

from __future__ import annotations

from typing import Any

from tensormill.kernels.registry import WAITS, async_kernel, kernel


@kernel("_Send", "cpu", "gpu")
@kernel("_HostSend", "cpu", "gpu")
def send(
    tensor: Any,
    *,
    tensor_name: bytes,
    send_device: bytes,
    send_device_incarnation: int,
    recv_device: bytes,
    may_change: bool,
    step: Any,
) -> None:
    step.rendezvous.send(
        send_device,
        send_device_incarnation,
        recv_device,
        tensor_name,
        tensor,
        may_change=may_change,
    )


def receive_at_once(
    *,
    tensor_name: bytes,
    send_device: bytes,
    send_device_incarnation: int,
    recv_device: bytes,
    step: Any,
) -> Any:
    if step is None:
        return WAITS
    return step.rendezvous.receive_at_once(
        send_device, send_device_incarnation, recv_device, tensor_name, WAITS
    )


@async_kernel("_Recv", "cpu", "gpu", at_once=receive_at_once)
@async_kernel("_HostRecv", "cpu", "gpu", at_once=receive_at_once)
def receive(
    *,
    tensor_name: bytes,
    send_device: bytes,
    send_device_incarnation: int,
    recv_device: bytes,
    done: Any,
) -> None:
    done.step.rendezvous.receive(
        send_device, send_device_incarnation, recv_device, tensor_name, done
    )
