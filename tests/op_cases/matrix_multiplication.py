"""Cases of products of matrices."""

import numpy as np

from tests.op_cases.case import OpCase, numpy_dtype

_TYPES = "float32 float64 float16 bfloat16 complex64 complex128 int32 int64".split()


def _array(name: str, *shape: int) -> np.ndarray:
    dtype = numpy_dtype(name)
    array = (np.arange(np.prod(shape)) % 5 - 1).reshape(shape)
    return (array + 0.5j * array[..., ::-1] if dtype.kind == "c" else array).astype(dtype)


def _floats(*shape: int) -> np.ndarray:
    return _array("float32", *shape)


CASES = [
    *[OpCase("MatMul", [_array(name, 2, 3), _array(name, 3, 4)]) for name in _TYPES],
    *[
        OpCase(
            "MatMul",
            [
                _array(name, *((3, 2) if a else (2, 3))),
                _array(name, *((4, 3) if b else (3, 4))),
            ],
            {"transpose_a": a, "transpose_b": b},
        )
        for name in ("float32", "complex64")
        for a, b in ((True, False), (False, True), (True, True))
    ],
    OpCase("MatMul", [_floats(0, 3), _floats(3, 2)]),
    OpCase("MatMul", [_floats(2, 0), _floats(0, 3)]),
    OpCase(
        "MatMul",
        [_floats(2, 3), _floats(2, 3)],
        fails=(
            "Dimensions must be equal, but are 3 and 2",
            "Matrix size-incompatible: In[0]: [2,3], In[1]: [2,3]",
        ),
    ),
    OpCase(
        "MatMul",
        [_floats(3), _floats(2, 3)],
        fails=("Shape must be rank 2 but is rank 1", "In[0] and In[1] has different ndims"),
    ),
    *[
        OpCase(op_type, [_array(name, 2, 2, 3), _array(name, 2, 3, 4)])
        for op_type in ("BatchMatMul", "BatchMatMulV2")
        for name in _TYPES
    ],
    *[
        OpCase(
            op_type,
            [
                _array(name, 2, *((3, 2) if a else (2, 3))),
                _array(name, 2, *((4, 3) if b else (3, 4))),
            ],
            {"adj_x": a, "adj_y": b},
        )
        for op_type in ("BatchMatMul", "BatchMatMulV2")
        for name in ("float32", "complex64")
        for a, b in ((True, False), (False, True), (True, True))
    ],
    OpCase("BatchMatMulV2", [_floats(5, 1, 2, 3), _floats(4, 3, 2)], note="broadcasts"),
    OpCase("BatchMatMulV2", [_floats(2, 3), _floats(4, 3, 2)], note="broadcasts"),
    OpCase("BatchMatMulV2", [_floats(2, 3), _floats(3, 2)]),
    OpCase(
        "BatchMatMulV2",
        [_floats(2, 2, 3), _floats(2, 2, 3)],
        fails=("Dimensions must be equal, but are 3 and 2", "Matrix size-incompatible"),
    ),
    *[
        OpCase(
            "SparseMatMul",
            [_array(a, 2, 3), _array(b, 3, 4)],
            {"a_is_sparse": True},
        )
        for a, b in (("float32", "float32"), ("bfloat16", "float32"), ("bfloat16", "bfloat16"))
    ],
    *[
        OpCase(
            "SparseMatMul",
            [_floats(*((3, 2) if a else (2, 3))), _floats(*((4, 3) if b else (3, 4)))],
            {"transpose_a": a, "transpose_b": b, "b_is_sparse": True},
        )
        for a, b in ((True, False), (False, True), (True, True))
    ],
]
