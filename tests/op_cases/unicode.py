"""Cases of Unicode."""

import numpy as np

from tests.op_cases.case import OpCase

_TEXTS = np.array(["häl\u2028lo 😀".encode(), b"", b"a\xffb\x01", "日本".encode()], object)
_UTF_16 = np.array(["aé😀".encode("utf-16-be")], object)

CASES = [
    OpCase(
        "UnicodeScript",
        [np.int32([[65, 0x3B1, 0x4E00, 0x30A2], [0x1F600, 48, -1, 0x110000]])],
    ),
    OpCase("UnicodeScript", [np.arange(0, 0x30000, 37, dtype=np.int32)]),
    *[
        OpCase(
            "UnicodeTranscode",
            [_TEXTS],
            {
                "input_encoding": "UTF-8",
                "output_encoding": encoding,
                "errors": wrong,
                "replace_control_characters": control,
            },
        )
        for encoding in ("UTF-8", "UTF-16-BE", "UTF-32-BE")
        for wrong in ("replace", "ignore")
        for control in (True, False)
    ],
    OpCase(
        "UnicodeTranscode", [_UTF_16], {"input_encoding": "UTF-16-BE", "output_encoding": "UTF-8"}
    ),
    OpCase(
        "UnicodeTranscode",
        [_TEXTS],
        {"input_encoding": "UTF-8", "output_encoding": "UTF-8", "errors": "strict"},
        fails="Invalid formatting on input string",
    ),
    *[
        # With splits of int32 the process of real TensorFlow dies.
        OpCase(op_type, [_TEXTS], {"input_encoding": "UTF-8"})
        for op_type in ("UnicodeDecode", "UnicodeDecodeWithOffsets")
    ],
    OpCase("UnicodeDecodeWithOffsets", [_UTF_16], {"input_encoding": "UTF-16-BE"}),
    *[
        OpCase(
            "UnicodeEncode",
            [np.int32([72, 228, 0x1F600, 0xD800, 0x110000]), np.int64([0, 2, 2, 5])],
            {"output_encoding": encoding, "errors": wrong},
        )
        for encoding in ("UTF-8", "UTF-16-BE", "UTF-32-BE")
        for wrong in ("replace", "ignore")
    ],
    OpCase(
        "UnsortedSegmentJoin",
        [np.array([b"a", b"b", b"c", b"d"], object), np.int32([1, 0, 2, 1]), np.int32(4)],
        {"separator": ":"},
    ),
    OpCase(
        "UnsortedSegmentJoin",
        [np.array([b"a"], object), np.int32([-1]), np.int32(3)],
        fails="segment_ids are not allowed to exceed num_segments or to have negative values.",
    ),
    OpCase(
        "UnsortedSegmentJoin",
        [np.array([[b"a", b"b"], [b"c", b"d"]], object), np.int64([1, 1]), np.int32(2)],
    ),
]
