"""Kernels that print values, or make texts of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.kernels.registry import KernelContext, kernel, kernel_factory
from tensormill.kernels.value_text import bracketed_text, flat_text

Array = np.ndarray[Any, Any]


@kernel_factory("Print", "cpu", host_inputs=("data",), aliases=True)
def make_print(ctx: KernelContext) -> Callable[[Any, list[Any]], Any]:
    message = ctx.attrs["message"].decode()
    first_n, summarize = ctx.attrs["first_n"], ctx.attrs["summarize"]
    count = 0

    def print_data(value: Any, data: list[Any]) -> Any:
        nonlocal count
        count += 1
        if first_n < 0 or count <= first_n:
            texts = (f"[{flat_text(np.asarray(item), summarize)}]" for item in data)
            sys.stderr.write(message + "".join(texts) + "\n")
            sys.stderr.flush()
        return value

    return print_data


@kernel("PrintV2", "cpu")
def print_v2(text: Any, *, output_stream: bytes, end: bytes) -> None:
    target = output_stream.decode()
    line = bytes(text[()] if isinstance(text, np.ndarray) else text).decode("utf-8", "replace")
    if target.startswith("file://"):
        with open(target.removeprefix("file://"), "a", encoding="utf-8") as file:
            file.write(line + end.decode())
        return
    stream = sys.stdout if target == "stdout" else sys.stderr
    stream.write(line + end.decode())
    stream.flush()


@kernel("StringFormat", "cpu", host_inputs=("inputs",))
def string_format(
    inputs: list[Any], *, template: bytes, placeholder: bytes, summarize: int
) -> Array:
    first, *rest = template.decode().split(placeholder.decode())
    parts = [first]
    for index, piece in enumerate(rest):
        value = inputs[index] if index < len(inputs) else None
        parts.append("" if value is None else bracketed_text(np.asarray(value), summarize))
        parts.append(piece)
    return np.array("".join(parts).encode(), dtype=object)
