"""Cases of activation functions, softmax and their gradients."""

import numpy as np

from tests.op_cases.case import OpCase, elementwise

_FLOATS = "float16 float32 float64"
_POINTS = [[-3.0, -1.0, -0.25, 0.5], [0.75, 2.0, 5.5, 7.0]]
_GRADS = [[0.5, -1.0, 2.0, 3.0], [1.0, -0.5, 0.25, 4.0]]


def _points(kind):
    return [np.array(_POINTS, kind)]


def _gradient_inputs(kind):
    return [np.array(_GRADS, kind), np.array(_POINTS, kind)]


CASES = [
    *[
        case
        for op_type in ("Relu", "Relu6", "Elu", "Selu", "LeakyRelu", "Softplus", "Softsign")
        for case in elementwise(op_type, _FLOATS, _points)
    ],
    *[
        case
        for op_type in ("Relu", "Relu6")
        for case in elementwise(op_type, "int32 int64 uint8", lambda kind: [kind([[0, 3], [7, 9]])])
    ],
    *[
        case
        for op_type in ("ReluGrad", "Relu6Grad", "SoftplusGrad", "LeakyReluGrad")
        for case in elementwise(op_type, _FLOATS, _gradient_inputs)
    ],
    *[
        case
        for op_type in ("EluGrad", "SeluGrad")
        for case in elementwise(
            op_type, _FLOATS, lambda kind: [_gradient_inputs(kind)[0], kind(0.2) * _points(kind)[0]]
        )
    ],
    *elementwise("SoftsignGrad", _FLOATS, _gradient_inputs, gradient=False),
    OpCase("LeakyRelu", [np.array(_POINTS, np.float32)], {"alpha": 0.01}),
    OpCase("LeakyReluGrad", _gradient_inputs(np.float32), {"alpha": 0.3}),
    OpCase("Relu", [np.zeros((0, 3), np.float32)], gradient=False),
    OpCase("Softplus", [np.array([-100.0, -20.0, 20.0, 100.0], np.float32)]),
    *[
        case
        for op_type in ("Softmax", "LogSoftmax")
        for case in elementwise(op_type, _FLOATS, _points)
    ],
    *[
        OpCase(op_type, [np.array([[[1.0, 900.0]], [[-900.0, 2.0]]], np.float32)], note="extreme")
        for op_type in ("Softmax", "LogSoftmax")
    ],
    *[
        OpCase(op_type, [np.float32(1)], fails=("rank", "must have >= 1 dimension"))
        for op_type in ("Softmax", "LogSoftmax")
    ],
    OpCase("ReluGrad", [np.zeros((2, 3), np.float32), np.zeros((2, 2), np.float32)],
           fails=("must be equal", "")),
]  # fmt: skip
