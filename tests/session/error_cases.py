"""What a session complains about: sources for TensorFlow and for us, with the class and the text of TensorFlow's error.

`CASES` hold what TensorFlow 2.21 answered; a test against the oracle checks that it still does.
"""

# ruff: noqa: E501 - the texts are TensorFlow's, in one piece
from __future__ import annotations

from typing import NamedTuple

SETUP = """
x = tf.placeholder(tf.float32, [2], name="x")
i = tf.placeholder(tf.int32, [], name="i")
u = tf.placeholder(tf.uint8, [], name="u")
b = tf.placeholder(tf.bool, [], name="b")
s = tf.placeholder(tf.string, name="s")
c = tf.constant(3.0, name="c")
y = x + c
d = c + c
n = tf.no_op(name="n")
r = x + 1.0
hidden = tf.constant(1.0, name="hidden")
tf.get_default_graph().prevent_feeding(hidden)
tf.get_default_graph().prevent_fetching(hidden.op)
with tf.Graph().as_default():
    other = tf.constant(1.0, name="other")
session = tf.Session()
"""


class ErrorCase(NamedTuple):
    """What is run after SETUP, and the error that it raises."""

    source: str
    error_class: str
    message: str


_MISSING = "refers to a Tensor which does not exist. The operation, "
_INVALID = 'looks a like a Tensor name, but is not a valid one. Tensor names must be of the form "<op_name>:<output_index>".'
_LARGER = "Try explicitly setting the type of the feed tensor to a larger type (e.g. int64)."

CASES = [
    ErrorCase(
        "session.run(None)",
        "TypeError",
        'Argument `fetch` = None has invalid type "NoneType". Cannot be None',
    ),
    ErrorCase(
        "session.run([c, None])",
        "TypeError",
        'Argument `fetch` = None has invalid type "NoneType". Cannot be None',
    ),
    ErrorCase(
        "session.run({'k': None})",
        "TypeError",
        'Argument `fetch` = None has invalid type "NoneType". Cannot be None',
    ),
    ErrorCase(
        "session.run(3)",
        "TypeError",
        'Argument `fetch` = 3 has invalid type "int" must be a string or Tensor. (Can not convert a int into a Tensor or Operation.)',
    ),
    ErrorCase(
        "session.run([[3]])",
        "TypeError",
        'Argument `fetch` = 3 has invalid type "int" must be a string or Tensor. (Can not convert a int into a Tensor or Operation.)',
    ),
    ErrorCase(
        "session.run(True)",
        "TypeError",
        'Argument `fetch` = True has invalid type "bool" must be a string or Tensor. (Can not convert a bool into a Tensor or Operation.)',
    ),
    ErrorCase(
        "session.run(np.zeros(2))",
        "TypeError",
        'Argument `fetch` = [0. 0.] has invalid type "ndarray" must be a string or Tensor. (Can not convert a ndarray into a Tensor or Operation.)',
    ),
    ErrorCase(
        "session.run(x.shape)",
        "TypeError",
        'Argument `fetch` = (2,) has invalid type "TensorShape" must be a string or Tensor. (Can not convert a TensorShape into a Tensor or Operation.)',
    ),
    ErrorCase(
        "session.run('nope:0')",
        "ValueError",
        f"Argument `fetch` = nope:0 cannot be interpreted as a Tensor. (\"The name 'nope:0' {_MISSING}'nope', does not exist in the graph.\")",
    ),
    ErrorCase(
        "session.run('nope')",
        "ValueError",
        "Argument `fetch` = nope cannot be interpreted as a Tensor. (\"The name 'nope' refers to an Operation not in the graph.\")",
    ),
    ErrorCase(
        "session.run('c:7')",
        "ValueError",
        f"Argument `fetch` = c:7 cannot be interpreted as a Tensor. (\"The name 'c:7' {_MISSING}'c', exists but only has 1 outputs.\")",
    ),
    ErrorCase(
        "session.run('n:0')",
        "ValueError",
        f"Argument `fetch` = n:0 cannot be interpreted as a Tensor. (\"The name 'n:0' {_MISSING}'n', exists but only has 0 outputs.\")",
    ),
    ErrorCase(
        "session.run('c:')",
        "ValueError",
        f"Argument `fetch` = c: cannot be interpreted as a Tensor. (The name 'c:' {_INVALID})",
    ),
    ErrorCase(
        "session.run('c:x')",
        "ValueError",
        f"Argument `fetch` = c:x cannot be interpreted as a Tensor. (The name 'c:x' {_INVALID})",
    ),
    ErrorCase(
        "session.run(other)",
        "ValueError",
        'Argument `fetch` = Tensor("other:0", shape=(), dtype=float32) cannot be interpreted as a Tensor. (Tensor Tensor("other:0", shape=(), dtype=float32) is not an element of this graph.)',
    ),
    ErrorCase(
        "session.run(y, {x: [1.0, 2.0, 3.0]})",
        "ValueError",
        "Cannot feed value of shape (3,) for Tensor x:0, which has shape (2,)",
    ),
    ErrorCase(
        "session.run(y, {x: [[1.0, 2.0]]})",
        "ValueError",
        "Cannot feed value of shape (1, 2) for Tensor x:0, which has shape (2,)",
    ),
    ErrorCase(
        "session.run(y, {x: None})",
        "ValueError",
        "Cannot feed value of shape () for Tensor x:0, which has shape (2,)",
    ),
    ErrorCase(
        "session.run(d, {d: [1.0, 2.0]})",
        "ValueError",
        "Cannot feed value of shape (2,) for Tensor add_1:0, which has shape ()",
    ),
    ErrorCase(
        "session.run(d, {i: np.array([3])})",
        "ValueError",
        "Cannot feed value of shape (1,) for Tensor i:0, which has shape ()",
    ),
    ErrorCase(
        "session.run(y, {'x': [1.0, 2.0]})",
        "TypeError",
        "Cannot interpret feed_dict key as Tensor: The name 'x' refers to an Operation, not a Tensor. Tensor names must be of the form \"<op_name>:<output_index>\".",
    ),
    ErrorCase(
        "session.run(y, {'nope:0': 1.0})",
        "TypeError",
        f"Cannot interpret feed_dict key as Tensor: The name 'nope:0' {_MISSING}'nope', does not exist in the graph.",
    ),
    ErrorCase(
        "session.run(y, {3: 1.0})",
        "TypeError",
        "Cannot interpret feed_dict key as Tensor: Can not convert a int into a Tensor.",
    ),
    ErrorCase(
        "session.run(y, {None: 1.0})",
        "TypeError",
        "Cannot interpret feed_dict key as Tensor: Can not convert a NoneType into a Tensor.",
    ),
    ErrorCase(
        "session.run(y, {n: 1.0})",
        "TypeError",
        "Cannot interpret feed_dict key as Tensor: Can not convert a Operation into a Tensor.",
    ),
    ErrorCase(
        "session.run(y, {other: 1.0})",
        "TypeError",
        'Cannot interpret feed_dict key as Tensor: Tensor Tensor("other:0", shape=(), dtype=float32) is not an element of this graph.',
    ),
    ErrorCase(
        "session.run(y, {x: c})",
        "TypeError",
        'The value of a feed cannot be a tf.Tensor object. Acceptable feed values include Python scalars, strings, lists, numpy ndarrays, or TensorHandles. For reference, the tensor object was Tensor("c:0", shape=(), dtype=float32) which was passed to the argument `feed_dict` with key Tensor("x:0", shape=(2,), dtype=float32).',
    ),
    ErrorCase(
        "session.run(d, {x: ['a', 'b']})", "ValueError", "could not convert string to float: "
    ),
    ErrorCase("session.run(d, {i: 'a'})", "ValueError", "invalid literal for int() with base 10: "),
    ErrorCase(
        "session.run(d, {x: object})",
        "TypeError",
        "float() argument must be a string or a real number, not 'type'",
    ),
    ErrorCase(
        "session.run(d, {i: 2**40})",
        "TypeError",
        f"Type of feed value 1099511627776 with type <class 'int'> is not compatible with Tensor type <class 'numpy.int32'>. {_LARGER}",
    ),
    ErrorCase(
        "session.run(d, {u: 300})",
        "TypeError",
        f"Type of feed value 300 with type <class 'int'> is not compatible with Tensor type <class 'numpy.uint8'>. {_LARGER}",
    ),
    ErrorCase(
        "session.run(d, {u: -1})",
        "TypeError",
        f"Type of feed value -1 with type <class 'int'> is not compatible with Tensor type <class 'numpy.uint8'>. {_LARGER}",
    ),
    ErrorCase(
        "session.run(d, {b: 3})",
        "TypeError",
        f"Type of feed value 3 with type <class 'int'> is not compatible with Tensor type <class 'numpy.bool'>. {_LARGER}",
    ),
    ErrorCase(
        "session.run(d, {s: 3})",
        "TypeError",
        f"Type of feed value 3 with type <class 'int'> is not compatible with Tensor type <class 'object'>. {_LARGER}",
    ),
    ErrorCase(
        "session.run(tf.identity(s), {s: [1, 2]})", "InternalError", "Unsupported object type int"
    ),
    ErrorCase(
        "session.run(y, [(x, [1.0, 2.0])])",
        "TypeError",
        "FlattenDictItems: 'dict' must be a dictionary or collection.Mapping type object, instead of 'list'.",
    ),
    ErrorCase(
        "session.run(y, 3)",
        "TypeError",
        "FlattenDictItems: 'dict' must be a dictionary or collection.Mapping type object, instead of 'int'.",
    ),
    ErrorCase("session.run(d, {hidden: 1.0})", "ValueError", "Tensor hidden:0 may not be fed."),
    ErrorCase(
        "session.run(hidden)",
        "InaccessibleTensorError",
        "Operation hidden has been marked as not fetchable.",
    ),
    ErrorCase(
        "session.run(hidden.op)",
        "InaccessibleTensorError",
        "Operation hidden has been marked as not fetchable.",
    ),
    ErrorCase(
        "session.run(y)",
        "InvalidArgumentError",
        "You must feed a value for placeholder tensor 'x' with dtype float and shape [2]",
    ),
    ErrorCase(
        "session.run(c, options=tf.RunOptions(inter_op_thread_pool=3))",
        "InvalidArgumentError",
        "Invalid inter_op_thread_pool: 3",
    ),
    ErrorCase(
        "session.run(c, options=tf.RunOptions(inter_op_thread_pool=-2))",
        "InvalidArgumentError",
        "Invalid inter_op_thread_pool: -2",
    ),
    ErrorCase(
        "session.close(); session.run(c)", "RuntimeError", "Attempted to use a closed Session."
    ),
    ErrorCase(
        "session.close(); session.run(None)", "RuntimeError", "Attempted to use a closed Session."
    ),
    ErrorCase(
        "session.close(); session.partial_run_setup([c])",
        "RuntimeError",
        "Attempted to use a closed Session.",
    ),
    ErrorCase(
        "session.close(); session.make_callable(c)", "CancelledError", "Session has been closed."
    ),
    ErrorCase(
        "session.close(); session.list_devices()", "CancelledError", "Session has been closed."
    ),
    ErrorCase(
        "f = session.make_callable(c); session.close(); f()",
        "CancelledError",
        "Session has been closed.",
    ),
    ErrorCase(
        "session.make_callable(y, x)",
        "TypeError",
        'Argument `feed_list` must be a list or tuple. Received: feed_list=Tensor("x:0", shape=(2,), dtype=float32)',
    ),
    ErrorCase(
        "session.make_callable(y, [x])([1.0])",
        "ValueError",
        "Cannot feed value of shape (1,) for Tensor x:0, which has shape (2,)",
    ),
    ErrorCase(
        "session.make_callable(y, [x])()",
        "InvalidArgumentError",
        "You must feed a value for placeholder tensor 'x' with dtype float and shape [2]",
    ),
    ErrorCase(
        "session.make_callable(None)",
        "TypeError",
        'Argument `fetch` = None has invalid type "NoneType". Cannot be None',
    ),
    ErrorCase(
        "session.partial_run_setup([], [x])",
        "InvalidArgumentError",
        "Must specify at least one target to fetch or execute.",
    ),
    ErrorCase(
        "session.partial_run_setup(None, [x])",
        "TypeError",
        'Argument `fetch` = None has invalid type "NoneType". Cannot be None',
    ),
    ErrorCase(
        "session.partial_run('zzz', y, {x: [1.0, 2.0]})",
        "InvalidArgumentError",
        "Must run 'setup' before performing partial runs!",
    ),
    ErrorCase(
        "h = session.partial_run_setup([y, r], [x]); session.partial_run(h, y, {x: [1.0, 2.0]}); session.partial_run(h, y)",
        "InvalidArgumentError",
        "The fetch add:0 has already been fetched.",
    ),
    ErrorCase(
        "h = session.partial_run_setup([y, r], [x]); session.partial_run(h, y, {x: [1.0, 2.0]}); session.partial_run(h, r, {x: [1.0, 2.0]})",
        "InvalidArgumentError",
        "The feed x:0 has already been fed.",
    ),
    ErrorCase(
        "h = session.partial_run_setup([y, r], [x]); session.partial_run(h, y)",
        "InvalidArgumentError",
        "Fetch x:0 can't be computed from the feeds that have been fed so far.",
    ),
    ErrorCase(
        "h = session.partial_run_setup([y], [x]); session.partial_run(h, r, {x: [1.0, 2.0]})",
        "InvalidArgumentError",
        "The fetch add_2:0 was not specified in partial_run_setup.",
    ),
    ErrorCase(
        "h = session.partial_run_setup([c, d], []); session.partial_run(h, c, {x: [1.0, 2.0]})",
        "InvalidArgumentError",
        "The feed x:0 was not specified in partial_run_setup.",
    ),
    ErrorCase(
        "h = session.partial_run_setup([y], [x]); [session.partial_run(h, y, {x: [1.0, 2.0]}) for _ in range(2)]",
        "InvalidArgumentError",
        "Must run 'setup' before performing partial runs!",
    ),
    ErrorCase(
        "h = session.partial_run_setup([c, n]); session.partial_run(h, n)",
        "RuntimeError",
        "partial_run() requires empty `target_list`.",
    ),
    ErrorCase("tf.Session(3)", "TypeError", "must be a string, but got"),
    ErrorCase("tf.Session(graph=3)", "TypeError", "must be a tf.Graph, but got"),
    ErrorCase("tf.Session(config=3)", "TypeError", "must be a tf.ConfigProto, but got"),
    ErrorCase(
        "tf.Session('nowhere://there')",
        "NotFoundError",
        'No session factory registered for the given session options: {target: "nowhere://there"',
    ),
    ErrorCase(
        "tf.Session(graph=tf.Graph()).run(c)",
        "RuntimeError",
        "The Session graph is empty. Add operations to the graph before calling run().",
    ),
    ErrorCase(
        "with session: session.__enter__()",
        "RuntimeError",
        "Session context managers are not re-entrant. Use `Session.as_default()` if you want to enter a session multiple times.",
    ),
    ErrorCase(
        "c.eval()",
        "ValueError",
        "Cannot evaluate tensor using `eval()`: No default session is registered. Use `with sess.as_default()` or pass an explicit session to `eval(session=sess)`",
    ),
    ErrorCase(
        "n.run()",
        "ValueError",
        "Cannot execute operation using `run()`: No default session is registered.",
    ),
]
