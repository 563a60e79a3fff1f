"""Cases of staging areas, which have no name in `tf` but the ops."""

from tests.op_cases.case import OpProgram

_LIST = """
raw = tf.raw_ops
dtypes = [tf.float32, tf.string]
named = dict(dtypes=dtypes, shared_name="list", capacity=3)
x = tf.placeholder(tf.float32, [2])
put = raw.Stage(values=[x, tf.as_string(x)], shared_name="list", capacity=3)
get, size = raw.Unstage(**named), raw.StageSize(**named)
peek, clear = raw.StagePeek(index=1, **named), raw.StageClear(**named)
result = [size.shape.as_list(), [t.shape.rank for t in get], [t.shape.rank for t in peek]]
with tf.Session() as session:
    for number in (1.0, 2.0, 3.0):
        session.run(put, {x: [number, 0.5]})
    result += [session.run(size), session.run(peek), session.run(get), session.run(peek)]
    session.run(clear)
    result.append(session.run(size))
    session.run(put, {x: [4.0, 4.0]})
    result.append(session.run(get))
    big = raw.Stage(values=[tf.zeros([100])], memory_limit=16, shared_name="small")
    try:
        session.run(big)
    except tf.errors.ResourceExhaustedError as error:
        result += [l for l in error.message.splitlines() if l.startswith("Attempted")]
"""

_BY_KEY = """
raw = tf.raw_ops
dtypes = [tf.float32, tf.int32]
named = dict(shared_name="by key", capacity=5)
make = {n: getattr(raw, prefix + n) for n in (
    "MapStage", "MapUnstage", "MapUnstageNoKey", "MapPeek", "MapSize", "MapIncompleteSize",
    "MapClear")}
key = tf.placeholder(tf.int64, [])
x, i = tf.placeholder(tf.float32, [2]), tf.placeholder(tf.int32, [])
whole = make["MapStage"](key=key, indices=[0, 1], values=[x, i], dtypes=dtypes, **named)
first = make["MapStage"](key=key, indices=[0], values=[x], dtypes=dtypes, **named)
second = make["MapStage"](key=key, indices=[1], values=[i], dtypes=dtypes, **named)
swapped = make["MapStage"](key=key, indices=[1, 0], values=[i, x], dtypes=dtypes, **named)
beyond = make["MapStage"](key=key, indices=[5], values=[i], dtypes=dtypes, **named)
pop = make["MapUnstage"](key=key, indices=[0, 1], dtypes=dtypes, **named)
pop_first = make["MapUnstage"](key=key, indices=[0], dtypes=[tf.float32], **named)
pop_second = make["MapUnstage"](key=key, indices=[1], dtypes=[tf.int32], **named)
peek = make["MapPeek"](key=key, indices=[1], dtypes=[tf.int32], **named)
any_key, *any_values = make["MapUnstageNoKey"](indices=[0, 1], dtypes=dtypes, **named)
size = make["MapSize"](dtypes=dtypes, **named)
incomplete = make["MapIncompleteSize"](dtypes=dtypes, **named)
clear = make["MapClear"](dtypes=dtypes, **named)
result = [any_key.shape.rank, size.shape.as_list()]
with tf.Session() as session:
    def sizes():
        result.append(session.run([size, incomplete]))
    def failing(operation, **feeds):
        try:
            session.run(operation, {key: 1, x: [1.0, 2.0], i: 5})
        except tf.errors.OpError as error:
            lines = [l for l in error.message.splitlines() if "ndi" in l or "already" in l]
            result.append([type(error).__name__, lines[-1:]])
    session.run(first, {key: 1, x: [1.0, 2.0]})
    sizes()
    failing(first)
    session.run(second, {key: 1, i: 7})
    sizes()
    session.run(whole, {key: 1, x: [9.0, 9.0], i: 9})
    sizes()
    failing(swapped)
    failing(beyond)
    result += [session.run(peek, {key: 1}), session.run(pop_first, {key: 1})]
    failing(pop_first)
    result.append(session.run(pop_second, {key: 1}))
    sizes()
    if prefix:
        for number in (4, 2, 3):
            session.run(whole, {key: number, x: [number, 0.0], i: number})
        result += [session.run([any_key, *any_values]) for _ in range(2)]
    session.run(whole, {key: 8, x: [8.0, 0.0], i: 8})
    result.append(session.run(pop, {key: 8}))
    session.run(clear)
    sizes()
    session.run(whole, {key: 6, x: [6.0, 0.0], i: 6})
    result.append(session.run([any_key, *any_values]))
"""

CASES = [
    OpProgram(("Stage", "Unstage", "StagePeek", "StageSize", "StageClear"), _LIST),
    *(
        OpProgram(
            tuple(
                f"{prefix}Map{name}"
                for name in (
                    "Stage",
                    "Unstage",
                    "UnstageNoKey",
                    "Peek",
                    "Size",
                    "IncompleteSize",
                    "Clear",
                )
            ),
            f'prefix = "{prefix}"\n{_BY_KEY}',
        )
        for prefix in ("", "Ordered")
    ),
]
