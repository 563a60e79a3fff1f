"""Kernels of sends and receives: values that cross from task to task within a step."""

from __future__ import annotations

from typing import Any

from tensormill.kernels.registry import async_kernel, kernel


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


@async_kernel("_Recv", "cpu", "gpu")
@async_kernel("_HostRecv", "cpu", "gpu")
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
