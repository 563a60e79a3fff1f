"""Generate the modules of the messages that the package declares itself.

Run it with `python docs/generate_protos.py PYTHON`, where PYTHON is the interpreter of
an environment with grpcio-tools 1.62: code of that generation runs on every protobuf from 4.25 on.
The declarations of TensorBoard's messages come from its modules, as it ships no `.proto` files.
"""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
import tempfile
from pathlib import Path

import tensorboard.compat.proto
from google.protobuf import any_pb2, descriptor_pb2, wrappers_pb2

ROOT = Path(__file__).resolve().parent.parent


def foreign_declarations() -> descriptor_pb2.FileDescriptorSet:
    """Return the declarations that the package's own ones build on."""
    declarations = descriptor_pb2.FileDescriptorSet()
    known = set()

    def add(descriptor) -> None:
        if descriptor.name not in known:
            known.add(descriptor.name)
            for dependency in descriptor.dependencies:
                add(dependency)
            descriptor.CopyToProto(declarations.file.add())

    for module in pkgutil.iter_modules(tensorboard.compat.proto.__path__):
        if module.name.endswith("_pb2"):
            name = f"tensorboard.compat.proto.{module.name}"
            add(importlib.import_module(name).DESCRIPTOR)
    add(any_pb2.DESCRIPTOR)
    add(wrappers_pb2.DESCRIPTOR)
    return declarations


def main() -> None:
    """Write `NAME_pb2.py` and `NAME_pb2.pyi` for every `NAME.proto` of the package."""
    protos = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("tensormill/proto/*.proto"))
    with tempfile.NamedTemporaryFile(suffix=".desc") as file:
        file.write(foreign_declarations().SerializeToString())
        file.flush()
        subprocess.run(
            [
                sys.argv[1],
                "-m",
                "grpc_tools.protoc",
                f"--descriptor_set_in={file.name}",
                "-I.",
                "--python_out=.",
                "--pyi_out=.",
                *protos,
            ],
            cwd=ROOT,
            check=True,
        )


if __name__ == "__main__":
    main()
