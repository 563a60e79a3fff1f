"""TensorFlow's answers to op cases: asked from the oracle, or recorded in `tests/golden/ops`."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tensormill.testing.oracle import Oracle
from tests.op_cases.case import OpCase, OpProgram, numpy_dtype

FOLDER = Path(__file__).parents[1] / "golden" / "ops"
_TENSORFLOW_SIDE = Path(__file__).with_name("tensorflow_side.py").read_text()
_CASES_A_REQUEST = 400


def ask(oracle: Oracle, cases: list[OpCase | OpProgram]) -> dict[str, Any]:
    """Return the oracle's answers by the key of the case."""
    answers: dict[str, Any] = {}
    nodes = [case for case in cases if isinstance(case, OpCase)]
    for first in range(0, len(nodes), _CASES_A_REQUEST):
        part = nodes[first : first + _CASES_A_REQUEST]
        source = _TENSORFLOW_SIDE + "\nresult = answer_cases(tf, np, cases)\n"
        given = oracle.run(source, cases=[case.request() for case in part], timeout_s=300)
        answers.update(zip([case.key for case in part], given, strict=True))
    programs = [case for case in cases if isinstance(case, OpProgram)]
    if programs:
        source = _TENSORFLOW_SIDE + "\nresult = answer_programs(tf, np, sources)\n"
        given = oracle.run(source, sources=[case.source for case in programs], timeout_s=300)
        answers.update(zip([case.key for case in programs], given, strict=True))
    return answers


@cache
def recorded(family: str) -> dict[str, Any]:
    """Return the recorded answers of a family by key; empty where there are none."""
    path = FOLDER / f"{family}.json"
    if not path.exists():
        return {}
    return {key: _from_json(value) for key, value in json.loads(path.read_text()).items()}


def record(family: str, answers: dict[str, Any]) -> None:
    """Write the answers of a family, one line a case."""
    lines = [
        f"{json.dumps(key)}: {json.dumps(_to_json(answers[key]), separators=(',', ':'))}"
        for key in sorted(answers)
    ]
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{family}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _to_json(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return _array_to_json(np.asarray(value))
    if isinstance(value, bytes):
        return {"bytes": value.decode("latin-1")}
    if isinstance(value, complex):
        return {"complex": [value.real, value.imag]}
    if isinstance(value, dict):
        return {"dict": [[_to_json(k), _to_json(v)] for k, v in value.items()]}
    if isinstance(value, (list, tuple)):
        return [_to_json(item) for item in value]
    return value


def _array_to_json(array: np.ndarray[Any, Any]) -> Any:
    flat = array.ravel()
    if array.dtype == object:
        values: list[Any] = [_to_json(item) for item in flat.tolist()]
    elif array.dtype.kind == "c":
        values = [[item.real, item.imag] for item in flat.tolist()]
    else:
        values = flat.tolist()
    return {
        "array": "object" if array.dtype == object else array.dtype.name,
        "shape": list(array.shape),
        "values": values,
    }


def _from_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "bytes" in value:
        return value["bytes"].encode("latin-1")
    if "complex" in value:
        return complex(*value["complex"])
    if "dict" in value:
        return {_from_json(k): _from_json(v) for k, v in value["dict"]}
    name, values = value["array"], value["values"]
    if name == "object":
        objects = np.empty(len(values), object)
        objects[:] = [_from_json(item) for item in values]
        return objects.reshape(value["shape"])
    dtype = numpy_dtype(name)
    if dtype.kind == "c":
        values = [complex(*item) for item in values]
    return np.array(values, dtype).reshape(value["shape"])
