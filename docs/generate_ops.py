"""Write docs/ops.md from the registries: `python docs/generate_ops.py`.

The ops by family, with the dtypes of their kernels on each device type, and the names of
TensorFlow's API that are missing, with what they wait for.
"""

from __future__ import annotations

import importlib
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import tensormill as tf
from tensormill.graph.dtypes import DType
from tensormill.graph.op_def import OpDef
from tensormill.graph.op_table import OP_DEFS
from tensormill.kernels.registry import Kernel, kernels_of
from tensormill.namespaces.tensorflow_names import TENSORFLOW_NAMES

FOLDER = Path(__file__).parent
PAGE = FOLDER / "ops.md"
NAMES = FOLDER / "tensorflow_names.txt"

INTRODUCTION = """\
# Ops

This page is made by `make docs` from the registries; a test holds that it is up to date.

tensormill has {ops} ops in {families} families. What an op does, the names of its inputs and its
attributes are TensorFlow's. The columns say for which dtypes there are kernels:
`integers` are int8 to int64 and uint8 to uint64, `floats` bfloat16, float16, float32 and float64,
`complex` complex64 and complex128, `quantized` qint8, quint8, qint16, quint16 and qint32. "–": no
kernel; "same": as on the CPU; "yes": the op has no dtype to choose.
"""

MISSING_INTRODUCTION = """\
## Names of TensorFlow that are missing

Of the {all} public names of `tf` and its namespaces that are compared, {missing} are missing. A
namespace that is missing as a whole counts as one name. The list is that of `tensorflow.compat.v1`
in TensorFlow 2.21, which holds the names of TensorFlow 1.15.
"""

BUNDLES = {
    "integers": "int8 int16 int32 int64 uint8 uint16 uint32 uint64".split(),
    "floats": "bfloat16 float16 float32 float64".split(),
    "complex": "complex64 complex128".split(),
    "quantized": "qint8 quint8 qint16 quint16 qint32".split(),
}

ORDER = [name for members in BUNDLES.values() for name in members]

# Title, why the names are missing, patterns; the first group that fits takes a name.
GROUPS = (
    (
        "Newer than TensorFlow 1.15",
        "TensorFlow added them later; programs for 1.15 do not use them.",
        """approx_* check_pinned conv conv2d_backprop_*_v2 fftnd ifftnd irfftnd rfftnd
        is_symbolic_tensor mixed_precision mlir *CXX_VERSION
        NoneTensorSpec ragged_fill_empty_rows* random_index_shuffle type_spec_from_value types
        IndexedSlicesSpec math.approx_* nn.approx_* math.erfcinv math.sobol_sample
        debugging.*_traceback_filtering debugging.is_traceback* debugging.*_check_numerics
        random.Algorithm random.*enerator
        random.create_rng_state random.fold_in random.split random.stateless_[bgp]*
        signal.*mdct signal.*nd signal.kaiser* signal.vorbis* linalg.eigh_tridiagonal
        linalg.LinearOperator* ragged.cross* sparse.bincount
        image.*jxl image.*webp io.*jxl io.*webp image.generate_bounding_box_proposals nn.silu
        io.gfile.* io.RaggedFeature saved_model.Asset saved_model.DEBUG* saved_model.SaveOptions
        sysconfig.get_build_info test.disable_with_predicate test.with_eager* test.is_cpu*
        test.is_built* train.CheckpointOptions""",
    ),
    (
        "Eager execution and types of values of TensorFlow 2",
        "They have no meaning where every program is a graph that a session runs.",
        "enable_* executing_* wrap_function *Spec experimental debugging.*_log_device_placement",
    ),
    (
        "Compilers, converters and plug-ins",
        "They belong to the runtime of TensorFlow itself.",
        "xla lite load_* tpu train.do_quantize*",
    ),
    ("Other functions", "They are to come.", "*"),
)


def page() -> str:
    """Return the text of docs/ops.md."""
    return "\n".join([*_op_sections(), *_missing_sections()])


def _op_sections() -> Iterator[str]:
    _ = tf.Graph  # loads the public API, and with it both registries
    families: dict[str, list[OpDef]] = defaultdict(list)
    for op_def in OP_DEFS.values():
        families[op_def.module].append(op_def)
    yield INTRODUCTION.format(ops=len(OP_DEFS), families=len(families))
    for module in sorted(families):
        name = module.rpartition(".")[2]
        purpose = (importlib.import_module(module).__doc__ or "").strip().partition("\n\n")[0]
        op_defs = sorted(families[module], key=lambda op_def: op_def.name)
        count = f"{len(op_defs)} ops" if len(op_defs) > 1 else "1 op"
        yield f"## {name.replace('_', ' ').capitalize()}: {count}\n"
        yield f"{' '.join(purpose.split())} (`ops/{name}.py`)\n"
        yield "| op | inputs | CPU | GPU | gradient |\n| --- | --- | --- | --- | --- |"
        yield from map(_op_row, op_defs)
        yield ""


def _op_row(op_def: OpDef) -> str:
    inputs = ", ".join(arg.name for arg in op_def.inputs)
    kernels = kernels_of(op_def.name)
    cpu, gpu = (
        _dtypes(op_def, [k for k in kernels if k.device_type == device_type])
        for device_type in ("CPU", "GPU")
    )
    gradient = "yes" if op_def.gradient_function is not None else "–"
    where = "same" if gpu == cpu and gpu != "–" else gpu
    return f"| `{op_def.name}` | {inputs} | {cpu} | {where} | {gradient} |"


def _dtypes(op_def: OpDef, kernels: list[Kernel]) -> str:
    """Return for which dtypes any of the kernels is, for each attribute that holds dtypes."""
    if not kernels:
        return "–"
    parts = []
    for attr in op_def.attrs.values():
        if attr.kind in ("type", "list(type)"):
            signature = None if attr.allowed is None else frozenset(attr.allowed)
            sets = [_common(signature, kernel.types.get(attr.name)) for kernel in kernels]
            parts.append(f"{attr.name}: {_dtype_text(sets)}")
    return "; ".join(parts) or "yes"


def _common(a: frozenset[DType] | None, b: frozenset[DType] | None) -> frozenset[DType] | None:
    """Return the dtypes in both sets, where None holds all."""
    if a is None or b is None:
        return b if a is None else a
    return a & b


def _dtype_text(sets: Iterable[frozenset[DType] | None]) -> str:
    names: set[str] = set()
    for dtypes in sets:
        if dtypes is None:
            return "all"
        names.update(dtype.name for dtype in dtypes)
    parts = []
    for bundle, members in BUNDLES.items():
        if names.issuperset(members):
            parts.append(bundle)
            names.difference_update(members)
    return ", ".join([*parts, *sorted(names, key=_dtype_order)])


def _dtype_order(name: str) -> tuple[int, str]:
    return (ORDER.index(name) if name in ORDER else len(ORDER)), name


def _missing_sections() -> Iterator[str]:
    names = list(_tensorflow_names())
    missing = sorted((name for name in names if not _is_here(name)), key=str.lower)
    yield MISSING_INTRODUCTION.format(all=len(names), missing=len(missing))
    groups: dict[str, list[str]] = {title: [] for title, _, _ in GROUPS}
    for name in missing:
        groups[_group_of(name)].append(f"`{name}`")
    for title, reason, _ in GROUPS:
        if groups[title]:
            yield f"### {title}\n\n{reason}\n"
            yield ", ".join(groups[title]) + "\n"


def _tensorflow_names() -> Iterator[str]:
    """Yield every name to compare, without `tf.`; those of a namespace only if it is here."""
    yield from TENSORFLOW_NAMES
    is_here = False
    for line in NAMES.read_text().splitlines():
        if line.endswith(":"):
            namespace = line[:-1]
            is_here = _is_here(namespace)
            if "." in namespace and not is_here:
                yield namespace
        elif line.startswith(" ") and is_here:
            yield from (f"{namespace}.{name}" for name in line.split())


def _is_here(name: str) -> bool:
    found: Any = tf
    for part in name.split("."):
        found = getattr(found, part, None)
        if found is None:
            return name == "newaxis"
    return True


def _group_of(name: str) -> str:
    return next(
        title
        for title, _, patterns in GROUPS
        if any(fnmatchcase(name, pattern) for pattern in patterns.split())
    )


def main() -> None:
    """Write the page."""
    PAGE.write_text(page())
    sys.stdout.write(f"{PAGE} is written\n")


if __name__ == "__main__":
    main()
