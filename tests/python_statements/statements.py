"""Functions with statements on tensors, that tensormill and real TensorFlow must agree on.

Who runs them sets `tf`: AutoGraph reads the source of a function, so that they stand in a file.
"""

# mypy: ignore-errors

tf = None


def branches(x):
    if x > 0.0:
        y = x * 2.0
    elif x < -10.0:
        y = tf.constant(-1.0)
    else:
        y = -x
    return y


def returns(x):
    if x > 5:
        return x
    x = x + 1
    if x > 3:
        return x * 10
    return x * 100


def collatz(n):
    steps = 0
    while n > 1:
        if tf.equal(n % 2, 0):
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


def some_of(xs):
    total = 0.0
    for x in xs:
        if x < 0.0:
            continue
        if x > 100.0:
            break
        total += x
    return total


def nested(n):
    total = 0
    for i in tf.range(n):
        j = 0
        while j < i:
            if tf.equal((i + j) % 3, 0) and not tf.equal(j, 1):
                total += i * j
            j += 1
    return total


def counting_down(n):
    seen = 0
    for i in tf.range(n, 0, -2):
        seen = seen * 10 + i
    return seen


def structures(x):
    state = {"sum": 0.0, "last": (x, x)}
    for i in tf.range(3):
        step = tf.cast(i, tf.float32)
        state["sum"] = state["sum"] + x
        state["last"] = (step, state["last"][0])
    return state["sum"], state["last"][0], state["last"][1]


def expressions(x):
    larger = x if x > 1.0 else 1.0
    inside = x > 0.0 and x < 2.0
    outside = x < 0.0 or not x < 2.0
    return larger, inside, outside


def lengths(rows):
    total = 0
    for i in range(len(rows)):
        total += int(rows[i])
    return total, float(tf.constant(3)), abs(tf.constant(-4))


def _helper(x):
    if x > 0.0:
        return tf.sqrt(x)
    else:
        return tf.constant(0.0)


def through_helpers(x):
    return [_helper(x), (lambda y: _helper(-y))(x)]


def over_data(n):
    total = tf.constant(0, tf.int64)
    for x in tf.data.Dataset.range(10):
        if x > tf.cast(n, tf.int64):
            break
        total += x
    return total


def python_only(x):
    total = x
    for factor in [1.0, 2.0, 3.0]:
        if factor > 1.5:
            total = total * factor
    label = "none" if total is None else "some"
    return total, tf.constant(label)


CASES = {
    "branches": [(3.0,), (-3.0,), (-30.0,)],
    "returns": [(7,), (1,), (3,)],
    "collatz": [(27,), (1,)],
    "some_of": [([1.0, -2.0, 3.0, 200.0, 7.0],), ([4.0],)],
    "nested": [(7,)],
    "counting_down": [(7,), (0,)],
    "structures": [(1.5,)],
    "expressions": [(0.5,), (3.0,), (-1.0,)],
    "lengths": [([1.0, 2.5],)],
    "through_helpers": [(4.0,), (-9.0,)],
    "over_data": [(4,), (100,)],
    "python_only": [(2.0,)],
}


def results(tensorflow):
    """Return the values of all cases."""
    global tf
    tf = tensorflow
    found = {}
    with tf.Graph().as_default(), tf.Session() as session:
        for name, cases in CASES.items():
            function = tf.function(globals()[name])
            for case in cases:
                given = [tf.constant(each) for each in case]
                found[f"{name}{case}"] = session.run(function(*given))
    return found
