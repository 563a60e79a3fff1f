"""Several devices on one machine: memory, pins, the placement log, kernels, soft placement, order.

Run it with `python examples/one_machine.py`. On a machine without a GPU two are
emulated in host memory, and the program says so; TENSORMILL_EMULATED_GPUS=0 shows what happens
without any, TENSORMILL_EMULATED_GPUS=4 with four.
"""

import os

from wurlitzer import pipes

import tensormill as tf


def title(text):
    print(f"\n{text}\n{'─' * len(text)}")


def choose_devices():
    """Emulate two GPUs where there is none, unless the environment says how many."""
    if "TENSORMILL_EMULATED_GPUS" not in os.environ and not tf.test.is_gpu_available():
        os.environ["TENSORMILL_EMULATED_GPUS"] = "2"
        print("No GPU on this machine: two are emulated in host memory for this program.")
    for device in tf.list_devices():
        print(f"  {device.name}  {device.physical_device_desc}".rstrip())


def share_gpu_memory():
    """Programs that share GPUs leave room for each other."""
    title("Managing the memory of GPUs")
    config = tf.ConfigProto()
    config.gpu_options.per_process_gpu_memory_fraction = 0.4
    with tf.Session(config=config):
        print("This session takes no more than 40% of the memory of each GPU.")
    config = tf.ConfigProto()
    config.gpu_options.allow_growth = True
    with tf.Session(config=config):
        print("This one takes memory when it needs it, which is what every session here does.")


def pin_and_log():
    """A variable and a constant are pinned to the CPU; the product goes where it likes."""
    title("Pinning operations, and logging where they are")
    tf.reset_default_graph()
    with tf.device("/cpu:0"):
        a = tf.Variable(3.0, name="a")
        b = tf.constant(4.0, name="b")
    c = a * b
    with tf.Session(config=tf.ConfigProto(log_device_placement=True)) as session:
        with pipes() as (out, _):  # the log is written to the file descriptor, as TensorFlow does
            session.run(a.initializer)
        print(out.read())
        print("a * b =", session.run(c))
        print("\nThe same as a table, with the reason for every place:\n")
        print(tf.placement(session))


def pin_by_function():
    """A device function sees every operation and says where it goes."""
    title("Placing with a function")
    tf.reset_default_graph()

    def variables_on_cpu(op):
        return "/cpu:0" if op.type in ("Variable", "VariableV2") else "/gpu:0"

    with tf.device(variables_on_cpu):
        a = tf.Variable(3.0)
        b = tf.constant(4.0)
        c = a * b
    with tf.Session() as session:
        try:
            session.run(a.initializer)
            print("a * b =", session.run(c), "computed on", tf.placement(session)["mul"].device)
        except tf.errors.InvalidArgumentError as error:
            print(f"{type(error).__name__}: {error}")


def meet_a_missing_kernel():
    """Integer variables have no kernel for GPUs; soft placement falls back to the CPU."""
    title("Operations and kernels, and soft placement")
    tf.reset_default_graph()
    with tf.device("/gpu:0"):
        i = tf.Variable(3)
    try:
        with tf.Session() as session:
            session.run(i.initializer)
    except tf.errors.InvalidArgumentError as error:
        print(f"{type(error).__name__}: {error}\n")
    with tf.Session(config=tf.ConfigProto(allow_soft_placement=True)) as session:
        session.run(i.initializer)
        row = tf.placement(session)["Variable"]
        print(f"With soft placement it is {session.run(i)} on {row.device} ({row.reason}).")


def order_by_control_dependencies():
    """`x` and `y` wait for `a` and `b`, though they do not use their values."""
    title("Control dependencies")
    tf.reset_default_graph()
    a = tf.constant(1.0)
    b = a + 2.0
    with tf.control_dependencies([a, b]):
        x = tf.constant(3.0)
        y = tf.constant(4.0)
    z = x + y
    with tf.Session() as session:
        print("x waits for", " and ".join(op.name for op in x.op.control_inputs))
        print("x + y =", session.run(z))


def main():
    choose_devices()
    share_gpu_memory()
    pin_and_log()
    pin_by_function()
    meet_a_missing_kernel()
    order_by_control_dependencies()


if __name__ == "__main__":
    main()
