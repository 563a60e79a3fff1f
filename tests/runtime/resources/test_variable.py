"""The buffer of a resource variable: it is copied where somebody reads it, and nowhere else."""

from __future__ import annotations

import torch

from tensormill.graph import dtypes
from tensormill.runtime.resources.variable import ResourceVariableBuffer


def initialized() -> ResourceVariableBuffer:
    buffer = ResourceVariableBuffer("v", "", dtypes.float32, (2,))
    buffer.assign(torch.tensor([1.0, 2.0]))
    return buffer


def test_a_value_that_nobody_reads_is_updated_in_its_place() -> None:
    buffer = initialized()
    address = buffer.value.data_ptr()
    assert buffer.writable().data_ptr() == address
    assert buffer.writable().data_ptr() == address


def test_a_value_that_somebody_holds_stays_as_it_is() -> None:
    buffer = initialized()
    held = buffer.read()
    buffer.writable().fill_(5.0)
    assert held.tolist() == [1.0, 2.0]
    assert buffer.read().tolist() == [5.0, 5.0]


def test_a_value_of_which_somebody_holds_a_view_stays_as_it_is() -> None:
    buffer = initialized()
    held = buffer.read()[:1]
    buffer.writable().fill_(5.0)
    assert held.tolist() == [1.0]
