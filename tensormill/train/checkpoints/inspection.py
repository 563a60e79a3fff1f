"""`tensorflow.python.tools.inspect_checkpoint`: what is in a checkpoint, written out.

Source: TensorFlow 1.15, python/tools/inspect_checkpoint.py. The command line:
`python -m tensormill.train.checkpoints.inspection --help`.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from tensormill.graph.errors import OpError
from tensormill.train.checkpoints.reader import NewCheckpointReader

__all__ = ["main", "print_tensors_in_checkpoint_file"]


def print_tensors_in_checkpoint_file(
    file_name: str,
    tensor_name: str | None,
    all_tensors: bool,
    all_tensor_names: bool = False,
    count_exclude_pattern: str = "",
) -> None:
    """Write the tensors of a checkpoint to standard output; an error, too, is written there.

    Args:
      file_name: the checkpoint.
      tensor_name: the one tensor to write; the names and shapes of all where it is empty.
      all_tensors: whether all are written, with their values.
      all_tensor_names: whether all names are written.
      count_exclude_pattern: which tensors do not count in the number of parameters.
    """
    try:
        reader = NewCheckpointReader(file_name)
        for line in _lines(reader, tensor_name, all_tensors, all_tensor_names):
            sys.stdout.write(f"{line}\n")
        for line in _counts(reader, count_exclude_pattern):
            sys.stdout.write(f"{line}\n")
    except OpError as error:
        sys.stdout.write(f"{error}\n")
        if any(part in file_name for part in (".index", ".meta", ".data")):
            stem = ".".join(file_name.split(".")[:-1])
            sys.stdout.write(
                "\nThis looks like one file of a checkpoint that has several: what is asked for is "
                "the part of their names that they share. Try\n"
                f"inspect_checkpoint --file_name={stem}\n"
            )


def _lines(
    reader: Any, tensor_name: str | None, has_values: bool, has_names: bool
) -> Iterator[Any]:
    if has_values or has_names:
        for name in sorted(reader.get_variable_to_shape_map()):
            yield f"tensor_name:  {name}"
            if has_values:
                yield reader.get_tensor(name)
    elif not tensor_name:
        yield reader.debug_string().decode()
    else:
        yield f"tensor_name:  {tensor_name}"
        yield reader.get_tensor(tensor_name)


def _counts(reader: Any, left_out: str) -> Iterator[str]:
    sizes = {name: math.prod(dims) for name, dims in reader.get_variable_to_shape_map().items()}
    if left_out:
        gone = [name for name in sizes if re.search(left_out, name)]
        lost = sum(sizes.pop(name) for name in gone)
        yield (
            f"# Excluding {len(gone)} tensors ({lost} params) that match {left_out} when counting."
        )
    yield f"# Total number of params: {sum(sizes.values())}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line.

    Args:
      arguments: those of the process by default.
    """
    parser = argparse.ArgumentParser(description=print_tensors_in_checkpoint_file.__doc__)
    parser.add_argument("--file_name", default="")
    parser.add_argument("--tensor_name", default="")
    parser.add_argument("--count_exclude_pattern", default="")
    for flag in ("--all_tensors", "--all_tensor_names"):
        parser.add_argument(
            flag, nargs="?", const=True, default=False, type=lambda v: v.lower() == "true"
        )
    options = parser.parse_args(arguments)
    print_tensors_in_checkpoint_file(
        options.file_name,
        options.tensor_name,
        options.all_tensors,
        options.all_tensor_names,
        options.count_exclude_pattern,
    )


if __name__ == "__main__":
    main()
