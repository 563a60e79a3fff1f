"""Cases of messages of features."""

import numpy as np

from tensormill.proto.example_pb2 import Example
from tests.op_cases.case import OpCase, as_array


def _example(**features):
    made = Example()
    for key, values in features.items():
        feature = made.features.feature[key]
        kinds = {float: feature.float_list, int: feature.int64_list, bytes: feature.bytes_list}
        kinds[type(values[0])].value.extend(values)
    return made.SerializeToString(deterministic=True)


FIRST = _example(a=[1.5, 2.5], b=[3, 4, 5], c=[b"x"], q=[1, 2, 3, 4], r=[5, 6])
SECOND = _example(a=[0.0, -1.0], b=[6], q=[9, 9])
NO_NAMES = np.array([], object)
ATTRS = {
    "sparse_types": ["int64", "string"],
    "dense_shapes": [[2], [None, 2], []],
}
DEFAULTS = [np.zeros([0], np.float32), np.int64(7), as_array("none")]


def texts(*values):
    return np.array(values, object)


def key(text):
    return as_array(text)


CASES = [
    OpCase(
        "ParseExample",
        [
            texts(FIRST, SECOND),
            NO_NAMES,
            [key("b"), key("c")],
            [key("a"), key("q"), key("z")],
            DEFAULTS,
        ],
        ATTRS,
    ),
    OpCase(
        "ParseExample",
        [texts(FIRST), texts(b"one"), [], [key("b")], [np.zeros([0], np.int64)]],
        {"sparse_types": [], "dense_shapes": [[2]]},
        fails="Name: one, Key: b, Index: 0.  Number of int64 values != expected.  Values size: 3 "
        "but output shape: [2]",
    ),
    *(
        OpCase(
            "ParseExampleV2",
            [
                serialized,
                NO_NAMES,
                texts(b"b", b"c"),
                texts(b"a", b"q", b"z"),
                texts(b"r"),
                DEFAULTS,
            ],
            {
                "num_sparse": 2,
                "ragged_value_types": ["int64"],
                "ragged_split_types": ["int32"],
                **ATTRS,
            },
        )
        for serialized in (texts(SECOND, FIRST), np.array(FIRST, object))
    ),
    OpCase(
        "ParseSingleExample",
        [np.array(FIRST, object), DEFAULTS],
        {
            "num_sparse": 2,
            "sparse_keys": ["b", "c"],
            "dense_keys": ["a", "q", "z"],
            **ATTRS,
        },
    ),
    OpCase(
        "DecodeJSONExample",
        [as_array(['{"features": {"feature": {"a": {"bytesList": {"value": ["eA=="]}}}}}', "{}"])],
    ),
    OpCase("DecodeJSONExample", [as_array(["{"])], fails="Error while parsing JSON"),
]
