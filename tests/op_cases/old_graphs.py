"""Programs with ops that TensorFlow takes from old graphs only."""

from textwrap import dedent

from tests.op_cases.case import OpProgram

_START = """
import tempfile

result = []

def old_graph(producer, *nodes):
    \"\"\"Import a graph of an old version; a node is (name, op type, inputs, attributes).\"\"\"
    message = tf.GraphDef()
    message.versions.producer = producer
    for name, op_type, inputs, attrs in nodes:
        node = message.node.add(name=name, op=op_type)
        for place, value in enumerate(inputs):
            if isinstance(value, str):
                node.input.append(value)
                continue
            value = np.asarray(value)
            const = message.node.add(name=f"{name}_in{place}", op="Const")
            proto = tf.make_tensor_proto(value)
            const.attr["value"].tensor.CopyFrom(proto)
            const.attr["dtype"].type = proto.dtype
            node.input.append(const.name)
        for key, value in attrs.items():
            if isinstance(value, tf.DType):
                node.attr[key].type = value.as_datatype_enum
            elif isinstance(value, bool):
                node.attr[key].b = value
            elif isinstance(value, int):
                node.attr[key].i = value
            elif isinstance(value, float):
                node.attr[key].f = value
            elif isinstance(value, list):
                node.attr[key].shape.CopyFrom(tf.TensorShape(value).as_proto())
            else:
                node.attr[key].s = value.encode()
    tf.import_graph_def(message, name="")
    return tf.get_default_graph().as_graph_element

def run(producer, *nodes, fetches):
    with tf.Graph().as_default():
        find = old_graph(producer, *nodes)
        tensors = [find(name if ":" in name else f"{name}:0") for name in fetches]
        with tf.Session() as session:
            try:
                values = session.run(tensors)
            except (tf.errors.OpError, ValueError) as error:
                values = [type(error).__name__]
        shapes = [t.shape.as_list() if t.shape.rank is not None else None for t in tensors]
        result.append((shapes, values))
"""


def old_program(op_types: tuple[str, ...], source: str, **options: object) -> OpProgram:
    """Return a program that makes graphs by `run(producer, *nodes, fetches=names)`."""
    return OpProgram(op_types, _START + dedent(source), **options)  # type: ignore[arg-type]
