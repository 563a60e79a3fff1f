"""Cases of strings."""

import numpy as np

from tests.op_cases.case import OpCase, as_array, elementwise

WORDS = np.array([[b"one two", b" x "], [b"", b"a,b,,c"]], object)
LINE = np.array([b"hello world", b"  a  b", b"", b"x,y;z"], object)
LONG = np.array(
    [
        bytes(range(256))[:n]
        for n in (0, 1, 3, 4, 7, 8, 9, 16, 17, 32, 33, 63, 64, 65, 100, 128, 129, 200, 256)
    ],
    object,
)


def text(value):
    return np.array(value, object)


CASES = [
    *elementwise(
        "AsString",
        "float32 float64 int32 int64 uint8 bool complex64",
        lambda d: [np.array([0, 1, 3]).astype(d)],
    ),
    OpCase(
        "AsString", [np.array([1.5, -2.25], np.float32)], {"precision": 1, "width": 6, "fill": "0"}
    ),
    OpCase("AsString", [np.array([1e10, 0.1], np.float64)], {"shortest": True}),
    OpCase("AsString", [np.array([1234.5], np.float32)], {"scientific": True, "precision": 2}),
    OpCase("AsString", [as_array([5, -3])], {"width": 4, "fill": " "}),
    OpCase("StringJoin", [[WORDS, text(b"!"), WORDS]], {"separator": "-"}),
    OpCase("StringJoin", [[text(b"a"), text(b"b")]]),
    OpCase("StringSplit", [LINE, text(b" ")]),
    OpCase("StringSplit", [LINE, text(b" ,")], {"skip_empty": False}),
    OpCase("StringSplit", [LINE, text(b"")]),
    OpCase("StringSplitV2", [LINE, text(b"")]),
    OpCase("StringSplitV2", [LINE, text(b" ")], {"maxsplit": 1}),
    OpCase("RegexReplace", [WORDS, text(rb"(\w)(\w*)"), text(rb"<\1|\0>")]),
    OpCase("RegexReplace", [WORDS, text(b"[a-z]"), text(b"#")], {"replace_global": False}),
    OpCase("StaticRegexReplace", [WORDS], {"pattern": r"\s+", "rewrite": r"\\"}),
    OpCase("RegexFullMatch", [WORDS, text(rb"[a-z ]+")]),
    OpCase("StaticRegexFullMatch", [WORDS], {"pattern": ".*,.*"}),
    OpCase("Substr", [LINE, as_array([1, -1, 0, 2]), as_array([3, 5, 1, 9])]),
    OpCase("Substr", [text(["häß".encode()]), as_array(1), as_array(2)], {"unit": "UTF8_CHAR"}),
    OpCase(
        "Substr",
        [LINE, as_array([1, 9, 0, 2]), as_array([3, 5, 1, 9])],
        fails="pos 9 out of range for string b'  a  b' at index 1",
    ),
    OpCase(
        "Substr",
        [text(b"ab"), as_array(5), as_array(1)],
        fails="pos 5 out of range for string b'ab' at index 0",
    ),
    OpCase("StringLength", [WORDS]),
    OpCase("StringLength", [text(["häß".encode(), b"abc"])], {"unit": "UTF8_CHAR"}),
    OpCase("StringStrip", [WORDS]),
    OpCase("StringLower", [text([b"ABC d", "Ä".encode()])]),
    OpCase("StringLower", [text([b"ABC d", "Ä".encode()])], {"encoding": "utf-8"}),
    OpCase("StringUpper", [text([b"abc D", "ä".encode()])]),
    OpCase("StringUpper", [text([b"abc D", "ä".encode()])], {"encoding": "utf-8"}),
    OpCase("StringToNumber", [text([b"1.5", b"-2e3", b" 7 ", b"inf"])]),
    OpCase("StringToNumber", [text([b"15", b"-2"])], {"out_type": "int32"}),
    OpCase("StringToNumber", [text([b"15", b"-2"])], {"out_type": "int64"}),
    OpCase("StringToNumber", [text([b"0.1"])], {"out_type": "float64"}),
    OpCase(
        "StringToNumber",
        [text([b"abc"])],
        fails="StringToNumberOp could not correctly convert string: abc",
    ),
    OpCase(
        "StringToNumber",
        [text([b"99999999999"])],
        {"out_type": "int32"},
        fails="StringToNumberOp could not correctly convert string: 99999999999",
    ),
    OpCase("StringToHashBucketFast", [LONG], {"num_buckets": 1 << 62}),
    OpCase("StringToHashBucketFast", [WORDS], {"num_buckets": 100}),
    OpCase("StringToHashBucket", [LONG], {"num_buckets": 1 << 62}),
    OpCase("StringToHashBucketStrong", [LONG], {"num_buckets": 1 << 62, "key": [1, 2]}),
    OpCase("StringToHashBucketStrong", [WORDS], {"num_buckets": 7, "key": [-5, 987654321]}),
    OpCase("EncodeBase64", [WORDS]),
    OpCase("EncodeBase64", [text([b"\xff\xfe~?"])], {"pad": True}),
    OpCase("DecodeBase64", [text([b"YWJj", b"_w==", b""])]),
    OpCase("DecodeBase64", [text([b"Y*Jj"])], fails="Invalid character found in base64."),
    OpCase("ReduceJoin", [WORDS, as_array([0])]),
    OpCase("ReduceJoin", [WORDS, as_array([1])], {"separator": "|", "keep_dims": True}),
    OpCase("ReduceJoin", [WORDS, as_array([0, 1])]),
    OpCase("ReduceJoin", [WORDS, as_array([1, 0])], {"separator": "."}),
    OpCase("ReduceJoin", [WORDS, as_array(-1)]),
    OpCase("DecodeRaw", [text([b"\x01\x02\x03\x04", b"\0\0\x80\x3f"])], {"out_type": "float32"}),
    OpCase(
        "DecodeRaw", [text(b"\x01\x02\x03\x04")], {"out_type": "uint16", "little_endian": False}
    ),
    OpCase("DecodeRaw", [text([b"abc"])], {"out_type": "uint8"}),
    OpCase("DecodePaddedRaw", [text([b"abc", b"de"]), np.int32(4)], {"out_type": "uint8"}),
    OpCase(
        "DecodePaddedRaw",
        [text([b"abcdef", b"g"]), np.int32(4)],
        {"out_type": "int16", "little_endian": False},
    ),
    OpCase(
        "DecodePaddedRaw",
        [text([b"abc"]), np.int32(3)],
        {"out_type": "int16"},
        fails=("evenly divisible", "must be a multiple of the size of out_type"),
    ),
    OpCase("StringToNumber", [text([b"0xff", b"0x1p3", b" 1.5 ", b"1e400"])]),
    OpCase("Substr", [text(b"Hello"), np.int32(2), np.int32(-1)]),
    OpCase("DecodeBase64", [text(b"a")], fails="Base64 string length cannot be 1 modulo 4"),
    OpCase(
        "AsString",
        [np.float32([1.5])],
        {"scientific": True, "shortest": True},
        fails="Cannot select both scientific and shortest notation",
    ),
    OpCase(
        "AsString",
        [np.float32([1.5])],
        {"fill": "ab"},
        fails="Fill string must be one or fewer characters",
    ),
    OpCase("AsString", [np.int32([1])], {"precision": 2}, fails="precision not supported"),
    OpCase(
        "AsString",
        [np.int32([1])],
        {"scientific": True},
        fails="scientific and shortest format not supported",
    ),
    OpCase("AsString", [np.float32([1])], {"fill": "x"}, fails="Fill argument not supported"),
    OpCase(
        "DecodeRaw",
        [text([b"abc"])],
        {"out_type": "int32"},
        fails="Input to DecodeRaw has length 3 that is not a multiple of 4, the size of int32",
    ),
    OpCase(
        "DecodeRaw",
        [text([b"abcd", b"a"])],
        {"out_type": "int32"},
        fails="DecodeRaw requires input strings to all be the same size, but element 1 has size",
    ),
]
