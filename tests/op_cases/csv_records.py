"""Cases of records of comma-separated values."""

import numpy as np

from tests.op_cases.case import OpCase, as_array


def text(*values):
    return as_array(list(values))


FLOAT, INT, LONG, DOUBLE = np.float32(-1), np.int32(-2), np.int64(-3), np.float64(-4)
NEEDED = np.zeros([0], np.float32)


def fails(record, defaults, message, **attrs):
    return OpCase("DecodeCSV", [text(record), defaults], attrs, fails=message)


CASES = [
    OpCase(
        "DecodeCSV",
        [text("1., 2,3", ",,", "7.5e1,-4,x y", " 0x10 ,+5,"), [FLOAT, INT, text("none")]],
    ),
    OpCase("DecodeCSV", [as_array("1,2,3.5,4"), [LONG, INT, DOUBLE, FLOAT]]),
    OpCase("DecodeCSV", [as_array([["1,2"], ["3,4"]]), [np.float32([5]), np.int32([6])]]),
    OpCase("DecodeCSV", [as_array(np.zeros([0], object)), [FLOAT, text("d")]]),
    OpCase(
        "DecodeCSV",
        [
            text('"a,b","c""d",""', '"x\ny",z,""""', "\r\n1,2,3", '"",q,"\n"'),
            [text("e"), text("f"), text("g")],
        ],
    ),
    OpCase(
        "DecodeCSV",
        [text('a"b;"c;'), [text("x")] * 3],
        {"field_delim": ";", "use_quote_delim": False},
    ),
    OpCase("DecodeCSV", [text("NA,1", "2,NA"), [FLOAT, LONG]], {"na_value": "NA"}),
    OpCase(
        "DecodeCSV", [text("a,1,b,2.5", '"a,",1,"b",2.5'), [INT, FLOAT]], {"select_cols": [1, 3]}
    ),
    OpCase("DecodeCSV", [text("inf,nan,-Infinity,1e39,1e-46"), [FLOAT] * 5]),
    OpCase(
        "DecodeCSV",
        [text("1.00000017881393432617187499,16777217.0000000001,0.1"), [FLOAT, FLOAT, DOUBLE]],
    ),
    fails("", [FLOAT], "Expect 1 fields but have 0 in record 0"),
    fails("1,2", [FLOAT] * 3, "Expect 3 fields but have 2 in record 0"),
    fails("1,", [FLOAT], "Expect 1 fields but have 2 in record 0"),
    fails("1,,x", [FLOAT, NEEDED, INT], "Field 1 is required but missing in record 0!"),
    fails("1,x", [FLOAT, INT], "Field 1 in record 0 is not a valid int32: x"),
    fails("2.0", [INT], "Field 0 in record 0 is not a valid int32: 2.0"),
    fails("2147483648", [INT], "Field 0 in record 0 is not a valid int32: 2147483648"),
    fails("1_0", [FLOAT], "Field 0 in record 0 is not a valid float: 1_0"),
    fails("1_0", [DOUBLE], "Field 0 in record 0 is not a valid double: 1_0"),
    fails('a"b', [text("x")], "Unquoted fields cannot have quotes/CRLFs inside"),
    fails("1\r\n", [FLOAT], "Unquoted fields cannot have quotes/CRLFs inside"),
    fails('"a"b', [text("x")], "Quote inside a string has to be escaped by another quote"),
    fails('"a', [text("x")], "Quoted field has to end with quote followed by delim or end"),
    fails('"', [text("x")], "Quoted field has to end with quote followed by delim or end"),
    fails("1", [FLOAT], "field_delim should be only 1 char", field_delim=";;"),
    OpCase(
        "DecodeCSV",
        [text("1,2", "3,x", "y,4"), [FLOAT, INT]],
        fails="Field 1 in record 1 is not a valid int32: x",
    ),
]
