"""Generated programs of nested loops and branches, run with `tf` as tensormill and as TensorFlow.

`generate(seed)` gives the text of a program on vectors of 3 floats. It finds `tf`, the input `x`,
the int32 scalar `n` and the bool `flag`, and assigns `outputs`.
"""

import random

FEEDS = ((True, 2), (False, 3), (True, 0))
_MAX_DEPTH = 4


class _Writer:
    """The state while one program is written."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines = []
        self.count = 0
        self.budget = self.random.randint(4, 9)

    def new_name(self, start):
        self.count += 1
        return f"{start}{self.count}"

    def line(self, indent, text):
        self.lines.append("    " * indent + text)

    def block(self, indent, vectors, counters, depth):
        """Write statements; return the names of all vectors that they leave."""
        vectors = list(vectors)
        for _ in range(self.random.randint(1, 3)):
            kinds = ["arithmetic", "arithmetic"]
            if depth < _MAX_DEPTH and self.budget > 0:
                kinds += ["branch", "branch", "loop", "loop", "array", "case"]
            kind = self.random.choice(kinds)
            if kind == "arithmetic":
                vectors.append(self.arithmetic(indent, vectors))
                continue
            self.budget -= 1
            vectors += getattr(self, kind)(indent, vectors, counters, depth)
        return vectors

    def arithmetic(self, indent, vectors):
        a, b = self.random.choice(vectors), self.random.choice(vectors)
        number = round(self.random.uniform(-1.5, 1.5), 3)
        forms = [
            "tf.sin({a}) + {b} * {number}",
            "{a} * tf.tanh({b}) - {number}",
            "tf.sigmoid({a} + {b}) * {number}",
            "{a} - {b} * 0.3 + {number}",
            "tf.concat([{a}[1:], {b}[:1]], 0) + {number}",
            "tf.reduce_mean({a}) * {b}",
            "tf.stop_gradient({a}) * {b}",
        ]
        name = self.new_name("v")
        form = self.random.choice(forms)
        self.line(indent, f"{name} = {form.format(a=a, b=b, number=number)}")
        return name

    def predicate(self, vectors, counters):
        number = round(self.random.uniform(-0.8, 0.8), 3)
        forms = ["flag", "n > 1", f"tf.reduce_sum({self.random.choice(vectors)}) > {number}"]
        forms += [f"{counter} < {self.random.randint(0, 2)}" for counter in counters]
        forms.append(f"tf.logical_not({self.random.choice(forms)})")
        return self.random.choice(forms)

    def function(self, indent, vectors, counters, depth, count):
        """Write a function without parameters that returns `count` vectors."""
        name = self.new_name("f")
        self.line(indent, f"def {name}():")
        made = self.block(indent + 1, vectors, counters, depth + 1)
        results = [self.random.choice(made) for _ in range(count)]
        self.line(indent + 1, f"return [{', '.join(results)}]")
        return name

    def branch(self, indent, vectors, counters, depth):
        count = self.random.randint(1, 2)
        predicate = self.predicate(vectors, counters)
        a = self.function(indent, vectors, counters, depth, count)
        b = self.function(indent, vectors, counters, depth, count)
        names = [self.new_name("v") for _ in range(count)]
        target = ", ".join(names) + ("," if count == 1 else "")
        self.line(indent, f"{target} = tf.cond({predicate}, {a}, {b}, strict=True)")
        return names

    def case(self, indent, vectors, counters, depth):
        pairs = []
        for _ in range(2):
            predicate = self.predicate(vectors, counters)
            function = self.function(indent, vectors, counters, depth, 2)
            pairs.append(f"(tf.convert_to_tensor({predicate}), {function})")
        other = self.function(indent, vectors, counters, depth, 2)
        names = [self.new_name("v") for _ in range(2)]
        self.line(indent, f"{', '.join(names)} = tf.case([{', '.join(pairs)}], default={other})")
        return names

    def loop(self, indent, vectors, counters, depth):
        count = self.random.randint(1, 2)
        limit = self.random.choice(["n", "2", "3", "n - 1"])
        counter, body = self.new_name("i"), self.new_name("body")
        state = [self.new_name("v") for _ in range(count)]
        self.line(indent, f"def {body}({counter}, {', '.join(state)}):")
        made = self.block(indent + 1, vectors + state, [*counters, counter], depth + 1)
        following = [self.random.choice(made[-4:]) for _ in range(count)]
        self.line(indent + 1, f"return [{counter} + 1, {', '.join(following)}]")
        first = [self.random.choice(vectors) for _ in range(count)]
        names = [self.new_name("v") for _ in range(count)]
        condition = f"{counter} < {limit}"
        if self.random.random() < 0.3:
            condition = f"tf.logical_and({condition}, tf.reduce_sum({state[0]}) < 7.31)"
        options = f", parallel_iterations={self.random.randint(1, 12)}"
        if self.random.random() < 0.2:
            options += ", maximum_iterations=2"
        parameters = ", ".join([counter, *state])
        self.line(indent, f"_, {', '.join(names)} = tf.while_loop(")
        self.line(indent + 1, f"lambda {parameters}: {condition}, {body},")
        self.line(indent + 1, f"[tf.constant(0), {', '.join(first)}]{options})")
        return names

    def array(self, indent, vectors, counters, depth):
        """Write a loop that reads one array and writes another one."""
        counter, body, written = self.new_name("i"), self.new_name("body"), self.new_name("ta")
        read, state, after = self.new_name("ta"), self.new_name("v"), self.new_name("v")
        rows = ", ".join(self.random.choice(vectors) for _ in range(3))
        self.line(indent, f"{read} = tf.TensorArray(tf.float32, size=3, clear_after_read=False)")
        self.line(indent, f"{read} = {read}.unstack(tf.stack([{rows}]))")
        self.line(indent, f"def {body}({counter}, {state}, {written}):")
        row = self.new_name("v")
        self.line(indent + 1, f"{row} = {read}.read({counter})")
        inner = [*counters, counter]
        made = self.block(indent + 1, [*vectors, state, row], inner, depth + 1)
        value = self.random.choice(made[-3:])
        self.line(indent + 1, f"{written} = {written}.write({counter}, {value} + {row})")
        self.line(indent + 1, f"return {counter} + 1, {self.random.choice(made[-3:])}, {written}")
        self.line(indent, f"_, {after}, {written} = tf.while_loop(")
        self.line(indent + 1, f"lambda {counter}, *_: {counter} < 3, {body},")
        first = self.random.choice(vectors)
        self.line(indent + 1, f"(0, {first}, tf.TensorArray(tf.float32, size=3)))")
        joined = self.new_name("v")
        self.line(indent, f"{joined} = tf.reduce_sum({written}.stack(), 0)")
        return [after, joined]


def generate(seed):
    """Return the text of a program."""
    writer = _Writer(seed)
    made = writer.block(0, ["x"], [], 0)
    while writer.budget > 0:
        made = writer.block(0, made, [], 0)
    writer.line(0, f"outputs = [{', '.join(made[-3:])}]")
    return "\n".join(writer.lines)


def evaluate(seed, tf, np, with_graph_def=False):
    """Build and run a program; return its forward nodes, values and gradients as plain data."""
    with tf.Graph().as_default() as graph:
        x = tf.constant(np.array([0.3, -0.7, 0.5], np.float32), name="x")
        flag = tf.placeholder(tf.bool, [], name="flag")
        n = tf.placeholder(tf.int32, [], name="n")
        names = {"tf": tf, "x": x, "flag": flag, "n": n}
        exec(generate(seed), names)
        nodes = [(op.name, op.type) for op in graph.get_operations()]
        total = tf.add_n([tf.reduce_sum(tensor) for tensor in names["outputs"]])
        gradient = tf.gradients(total, x)[0]
        if gradient is None:
            gradient = tf.zeros([3])
        fetched = [*names["outputs"], gradient]
        # TensorFlow's graph optimizer lets some of these programs give dead values.
        config = tf.ConfigProto()
        config.graph_options.rewrite_options.disable_meta_optimizer = True
        with tf.Session(graph=graph, config=config) as session:
            values = [run_program(session, fetched, {flag: f, n: k}, tf) for f, k in FEEDS]
        result = {"nodes": nodes, "values": values}
        if with_graph_def:
            result["graph_def"] = graph.as_graph_def().SerializeToString()
            result["fetched"] = [tensor.name for tensor in fetched]
        return result


def run_program(session, fetched, feeds, tf):
    """Return the values, and the gradient unless TensorFlow cannot pop what it did not push."""
    try:
        return session.run(fetched, feeds)
    except tf.errors.InvalidArgumentError as error:
        if "is empty when calling Pop()" not in str(error):
            raise
        return session.run(fetched[:-1], feeds)


def evaluate_all(seeds, tf, np):
    """Return what `evaluate` gives for every seed, with the graphs."""
    return [evaluate(seed, tf, np, with_graph_def=True) for seed in seeds]
