"""The messages of the services have TensorFlow's field numbers and types on the wire."""

from typing import Any

import pytest

from tensormill.proto.services import MASTER_SERVICE, WORKER_SERVICE

# From here on stand fields of tensormill's own, which TensorFlow passes over.
OWN_FIELDS = 1001

# TensorFlow ships no Python modules of its service messages, but the headers of the C++ ones.
DESCRIBE = """
import pathlib
import re

folder = pathlib.Path(tf.sysconfig.get_include()) / "tensorflow/core/protobuf"
result = {}
for module in ("master", "worker", "named_tensor", "tensorflow_server"):
    message = None
    for line in (folder / f"{module}.pb.h").read_text().splitlines():
        found = re.match(r"class (?:PROTOBUF_EXPORT )?(\\w+) final", line)
        if found:
            message = found[1]
            result.setdefault(message, {})
        found = re.match(r"\\s+k(\\w+)FieldNumber = (\\d+),", line)
        if found:
            result[message][found[1]] = int(found[2])
"""


def declared() -> dict[str, Any]:
    """Return every message of both services, with those inside them that the package declares."""
    found: dict[str, Any] = {}

    def add(descriptor: Any) -> None:
        if descriptor.name in found or descriptor.GetOptions().map_entry:
            return
        if descriptor.full_name.startswith("tensormill."):
            found[descriptor.name] = descriptor
            for field in descriptor.fields:
                if field.message_type is not None:
                    add(field.message_type)

    for service in (MASTER_SERVICE, WORKER_SERVICE):
        for method in service.methods.values():
            add(method.request.DESCRIPTOR)
            add(method.response.DESCRIPTOR)
    return found


@pytest.mark.oracle
def test_fields_have_the_numbers_of_tensorflow(oracle: Any) -> None:
    theirs = oracle.run(DESCRIBE)
    compared = 0
    for name, descriptor in declared().items():
        if name not in theirs:
            continue
        compared += 1
        for field in descriptor.fields:
            camel = "".join(word.capitalize() for word in field.name.split("_"))
            expected = "not there" if field.number >= OWN_FIELDS else field.number
            assert theirs[name].get(camel, "not there") == expected, f"{name}.{field.name}"
    assert compared > 40


def test_methods_have_the_paths_of_tensorflow() -> None:
    assert MASTER_SERVICE.methods["RunStep"].path == "/tensorflow.MasterService/RunStep"
    assert WORKER_SERVICE.methods["RecvTensor"].path == "/tensorflow.WorkerService/RecvTensor"
