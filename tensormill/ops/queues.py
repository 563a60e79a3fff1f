"""Queues as ops: four kinds, and what is done with them; under both generations of op names.

The ops of the first generation take a reference to a queue, those of the second a resource.
"""

from __future__ import annotations

from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank

_NAMED = ("capacity: int = -1", "container: string = ''", "shared_name: string = ''")
_TIMEOUT = "timeout_ms: int = -1"
_TYPES = "component_types: list(type) >= 1"
_REFERENCE, _RESOURCE = "handle: Ref(string)", "handle: resource"


def _reference_shape(ctx: ShapeContext) -> list[Dims]:
    return [(2,)]


def _resource_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


def _check_handle(ctx: ShapeContext) -> None:
    """Refuse what is no handle: a reference holds container and name, a resource is a scalar."""
    if ctx.dtype("handle").name == "resource":
        return
    dims = with_rank(ctx.shape("handle"), 1)
    if dims[0] not in (None, 2):
        raise ValueError(f"Dimension must be 2 but is {dims[0]}")


def _no_outputs(ctx: ShapeContext) -> list[Dims]:
    return []


def _scalar_shape(ctx: ShapeContext) -> list[Dims]:
    _check_handle(ctx)
    return [()]


def _unknown_shapes(ctx: ShapeContext) -> list[Dims]:
    """The shapes of the elements are known where the queue is, not here."""
    return [None] * len(ctx.op.outputs)


def _counted_shapes(ctx: ShapeContext) -> list[Dims]:
    count = ctx.value("n")
    if count is not None and count.size == 1 and count.item() < 0:
        raise ValueError(f"Input 'n' must be >= 0, but is {count.item()}")
    return _unknown_shapes(ctx)


def _define_pair(name: str, attrs: tuple[str, ...]) -> tuple[OpBuilder, OpBuilder]:
    """Define both generations of a kind of queue."""
    first = define(
        name,
        outputs=(_REFERENCE,),
        attrs=attrs,
        stateful=True,
        differentiable=False,
        module=__name__,
    )
    second = define(
        f"{name}V2",
        outputs=(_RESOURCE,),
        attrs=attrs,
        stateful=True,
        differentiable=False,
        module=__name__,
    )
    first.shape(_reference_shape)
    second.shape(_resource_shape)
    return first, second


def _define_uses(
    name: str,
    inputs: tuple[str, ...] = (),
    outputs: tuple[str, ...] = (),
    attrs: tuple[str, ...] = (),
) -> tuple[OpBuilder, OpBuilder]:
    """Define both generations of what is done with a queue."""
    first = define(
        name,
        inputs=(_REFERENCE, *inputs),
        outputs=outputs,
        attrs=attrs,
        differentiable=False,
        module=__name__,
    )
    second = define(
        f"{name}V2",
        inputs=(_RESOURCE, *inputs),
        outputs=outputs,
        attrs=attrs,
        stateful=True,
        differentiable=False,
        module=__name__,
    )
    return first, second


_KIND = (_TYPES, "shapes: list(shape) >= 0 = []", *_NAMED)
fifo_queue_op, fifo_queue_v2_op = _define_pair("FIFOQueue", _KIND)
padding_fifo_queue_op, padding_fifo_queue_v2_op = _define_pair("PaddingFIFOQueue", _KIND)
random_shuffle_queue_op, random_shuffle_queue_v2_op = _define_pair(
    "RandomShuffleQueue",
    (
        _TYPES,
        "shapes: list(shape) >= 0 = []",
        "capacity: int = -1",
        "min_after_dequeue: int = 0",
        "seed: int = 0",
        "seed2: int = 0",
        "container: string = ''",
        "shared_name: string = ''",
    ),
)
priority_queue_op, priority_queue_v2_op = _define_pair(
    "PriorityQueue", ("component_types: list(type) >= 0 = []", "shapes: list(shape) >= 0", *_NAMED)
)

_ELEMENTS = ("components: Tcomponents",)
_ADDING = ("Tcomponents: list(type) >= 1", _TIMEOUT)
_TAKING = (_TYPES, _TIMEOUT)
_TAKEN = ("components: component_types",)
queue_enqueue_op, queue_enqueue_v2_op = _define_uses("QueueEnqueue", _ELEMENTS, (), _ADDING)
queue_enqueue_many_op, queue_enqueue_many_v2_op = _define_uses(
    "QueueEnqueueMany", _ELEMENTS, (), _ADDING
)
queue_dequeue_op, queue_dequeue_v2_op = _define_uses("QueueDequeue", (), _TAKEN, _TAKING)
queue_dequeue_many_op, queue_dequeue_many_v2_op = _define_uses(
    "QueueDequeueMany", ("n: int32",), _TAKEN, _TAKING
)
queue_dequeue_up_to_op, queue_dequeue_up_to_v2_op = _define_uses(
    "QueueDequeueUpTo", ("n: int32",), _TAKEN, _TAKING
)
queue_close_op, queue_close_v2_op = _define_uses(
    "QueueClose", attrs=("cancel_pending_enqueues: bool = false",)
)
queue_is_closed_op, queue_is_closed_v2_op = _define_uses(
    "QueueIsClosed", outputs=("is_closed: bool",)
)
queue_size_op, queue_size_v2_op = _define_uses("QueueSize", outputs=("size: int32",))

for _op in (
    queue_enqueue_op,
    queue_enqueue_v2_op,
    queue_enqueue_many_op,
    queue_enqueue_many_v2_op,
    queue_close_op,
    queue_close_v2_op,
):
    _op.shape(_no_outputs)
for _op in (queue_is_closed_op, queue_is_closed_v2_op, queue_size_op, queue_size_v2_op):
    _op.shape(_scalar_shape)
queue_dequeue_op.shape(_unknown_shapes)
queue_dequeue_v2_op.shape(_unknown_shapes)
queue_dequeue_many_v2_op.shape(_counted_shapes)
for _op in (queue_dequeue_many_op, queue_dequeue_up_to_op, queue_dequeue_up_to_v2_op):
    _op.shape(_unknown_shapes)

fake_queue_op = define(
    "FakeQueue",
    inputs=("resource: resource",),
    outputs=(_REFERENCE,),
    stateful=True,
    differentiable=False,
)


@fake_queue_op.shape
def fake_queue_shape(ctx: ShapeContext) -> list[Dims]:
    return [(2,)]
