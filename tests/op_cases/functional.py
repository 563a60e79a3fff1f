"""Cases of ops that call functions of the graph."""

from tests.op_cases.case import OpProgram

_GRAPH = """
from google.protobuf import text_format

LIBRARY = '''
library {
  function {
    signature { name: "square" input_arg { name: "x" type: DT_FLOAT }
                output_arg { name: "y" type: DT_FLOAT } }
    node_def { name: "mul" op: "Mul" input: "x" input: "x"
               attr { key: "T" value { type: DT_FLOAT } } }
    ret { key: "y" value: "mul:z:0" }
  }
  function {
    signature { name: "negate" input_arg { name: "x" type: DT_FLOAT }
                output_arg { name: "y" type: DT_FLOAT } }
    node_def { name: "neg" op: "Neg" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
    ret { key: "y" value: "neg:y:0" }
  }
  function {
    signature { name: "constant" input_arg { name: "x" type: DT_FLOAT }
                output_arg { name: "y" type: DT_FLOAT } }
    node_def { name: "c" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
               attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape {}
                                                    float_val: 7 } } } }
    ret { key: "y" value: "c:output:0" }
  }
  function {
    signature { name: "below" input_arg { name: "x" type: DT_FLOAT }
                input_arg { name: "limit" type: DT_FLOAT }
                output_arg { name: "y" type: DT_BOOL } }
    node_def { name: "less" op: "Less" input: "x" input: "limit"
               attr { key: "T" value { type: DT_FLOAT } } }
    ret { key: "y" value: "less:z:0" }
  }
  function {
    signature { name: "double" input_arg { name: "x" type: DT_FLOAT }
                input_arg { name: "limit" type: DT_FLOAT }
                output_arg { name: "y" type: DT_FLOAT }
                output_arg { name: "same" type: DT_FLOAT } }
    node_def { name: "add" op: "Add" input: "x" input: "x"
               attr { key: "T" value { type: DT_FLOAT } } }
    ret { key: "y" value: "add:z:0" }
    ret { key: "same" value: "limit" }
  }
  function {
    signature { name: "add" input_arg { name: "i" type: DT_INT32 }
                input_arg { name: "sum" type: DT_INT32 }
                output_arg { name: "y" type: DT_INT32 } }
    node_def { name: "twice" op: "Add" input: "sum" input: "sum"
               attr { key: "T" value { type: DT_INT32 } } }
    node_def { name: "add" op: "Add" input: "twice:z:0" input: "i"
               attr { key: "T" value { type: DT_INT32 } } }
    ret { key: "y" value: "add:z:0" }
  }
}
'''
NAMES = {"float": tf.float32, "int32": tf.int32, "bool": tf.bool, "string": tf.string}

def call(op, inputs, **attrs):
    message = text_format.Parse(LIBRARY, tf.GraphDef())
    node = message.node.add(name="call", op=op)
    feeds = {}
    for index, value in enumerate(inputs):
        name = f"x{index}"
        source = message.node.add(name=name, op="Placeholder")
        source.attr["dtype"].type = tf.convert_to_tensor(value).dtype.as_datatype_enum
        source.attr["shape"].shape.SetInParent()
        node.input.append(name)
        feeds[f"{name}:0"] = value
    for key, value in attrs.items():
        if isinstance(value, str):
            node.attr[key].func.name = value
        elif isinstance(value, tf.DType):
            node.attr[key].type = value.as_datatype_enum
        elif value and isinstance(value[0], str):
            for name in value:
                node.attr[key].list.func.add(name=name)
        else:
            node.attr[key].list.SetInParent()
            node.attr[key].list.type.extend([v.as_datatype_enum for v in value])
    with tf.Graph().as_default() as graph:
        (made,) = tf.import_graph_def(message, return_elements=["call"], name="")
        with tf.Session(graph=graph) as session:
            return session.run(list(made.outputs), feeds)

def error_of(*arguments, **attrs):
    try:
        return call(*arguments, **attrs)
    except Exception as error:
        return type(error).__name__

F, B, I, S = tf.float32, tf.bool, tf.int32, tf.string
x = np.float32(3)
"""

CASES = [
    OpProgram(
        ("PartitionedCall", "StatefulPartitionedCall", "RemoteCall", "SymbolicGradient"),
        _GRAPH
        + """
result = [
    call("PartitionedCall", [x], Tin=[F], Tout=[F], f="square"),
    call("StatefulPartitionedCall", [x], Tin=[F], Tout=[F], f="negate"),
    call("PartitionedCall", [x, x], Tin=[F, F], Tout=[F, F], f="double"),
    call("SymbolicGradient", [x, np.float32(2)], Tin=[F, F], Tout=[F], f="square"),
    call("square", [x]),
    call("double", [x, x]),
    error_of("PartitionedCall", [x, x], Tin=[F, F], Tout=[F], f="square"),
]
""",
    ),
    OpProgram(
        ("If", "StatelessIf"),
        _GRAPH
        + """
result = [
    call(op, [cond, x], Tcond=dtype, Tin=[F], Tout=[F], then_branch=then, else_branch="negate")
    for op in ("If", "StatelessIf")
    for then in ("square", "constant")
    for dtype, cond in ((B, True), (B, False), (I, 2), (I, 0), (S, b"yes"), (S, b""), (F, 0.5))
]
""",
    ),
    OpProgram(
        ("Case", "StatelessCase"),
        _GRAPH
        + """
result = [
    call(op, [index, x], Tin=[F], Tout=[F], branches=["square", "constant", "negate"])
    for op in ("Case", "StatelessCase")
    for index in (0, 1, 2, 3, -1)
]
result.append(call("Case", [4, x], Tin=[F], Tout=[F], branches=["constant"]))
""",
    ),
    OpProgram(
        ("While", "StatelessWhile"),
        _GRAPH
        + """
result = [
    call(op, [x, np.float32(limit)], T=[F, F], cond="below", body="double")
    for op in ("While", "StatelessWhile")
    for limit in (1, 4, 100)
]
""",
    ),
    OpProgram(
        ("For",),
        _GRAPH
        + """
one = np.int32(1)
result = [
    call("For", [*map(np.int32, numbers), one], T=[I], body="add")
    for numbers in ((0, 5, 1), (0, 5, 2), (5, 0, -2), (3, 3, 1), (3, 3, 0))
] + [
    error_of("For", [*map(np.int32, numbers), x], T=[F], body=body)
    for numbers, body in (((0, 2, 1), "add"), ((0, 2, 1), "square"))
]
""",
    ),
]
