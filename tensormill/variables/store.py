"""`get_variable`: the variables of a graph by their full names, made, shared and checked."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.collections import GraphKeys
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.graph import get_default_graph
from tensormill.graph.shapes import TensorShape, as_shape
from tensormill.graph.tensor import Tensor
from tensormill.ops.slicing import slice as slice_op
from tensormill.variables.base import VariableBase, is_resource_variable
from tensormill.variables.creation import Variable, resource_variables_enabled
from tensormill.variables.initializers import GlorotUniform, Zeros
from tensormill.variables.partitioned import PartitionedVariable
from tensormill.variables.partitioners import Partitioner
from tensormill.variables.policies import checked_policies
from tensormill.variables.scope import get_variable_scope, variable_scope
from tensormill.variables.slices import SaveSliceInfo

__all__ = [
    "PartitionInfo",
    "VariableStore",
    "create_partitioned_variables",
    "get_variable",
    "no_regularizer",
    "variable_store",
]

_PACKAGE = str(Path(__file__).parents[1])


class PartitionInfo:
    """What an initializer is told of the slice that it fills.

    Attributes:
      full_shape: the shape of the whole variable.
      var_offset: where the slice begins.
    """

    def __init__(self, full_shape: Sequence[int], var_offset: Sequence[int]) -> None:
        self.full_shape = list(full_shape)
        self.var_offset = list(var_offset)

    def single_offset(self, shape: Sequence[int]) -> int:
        """Return where a slice of this shape begins along the one dimension that is cut."""
        axis = self.single_slice_dim(shape)
        return 0 if axis is None else self.var_offset[axis]

    def single_slice_dim(self, shape: Sequence[int]) -> int | None:
        """Return the one dimension along which a slice of this shape is cut; None for the whole.

        Raises:
          ValueError: the slice does not fit, or is cut along several dimensions.
        """
        if len(shape) != len(self.full_shape):
            raise ValueError(
                f"Expected equal length, but received shape={shape} of length {len(shape)} while "
                f"self.full_shape={self.full_shape} is of length {len(self.full_shape)}."
            )
        for axis, size in enumerate(shape):
            if self.var_offset[axis] + size > self.full_shape[axis]:
                raise ValueError(
                    f"With self.var_offset={self.var_offset}, a partition of shape={shape} would "
                    f"exceed self.full_shape={self.full_shape} in dimension {axis}."
                )
        axes = [axis for axis, size in enumerate(shape) if size != self.full_shape[axis]]
        if len(axes) > 1:
            raise ValueError(
                f"Cannot use single_slice_dim() with shape={shape} and self.full_shape="
                f"{self.full_shape} since slice dim could be either dimension {axes[0]} or "
                f"{axes[1]}."
            )
        return axes[0] if axes else None


_POSITIONS = (
    "shape",
    "dtype",
    "initializer",
    "regularizer",
    "reuse",
    "trainable",
    "collections",
    "caching_device",
    "partitioner",
    "validate_shape",
    "use_resource",
)


class VariableStore:
    """The variables that `get_variable` made in one graph."""

    def __init__(self) -> None:
        self._variables: dict[str, Any] = {}
        self._partitioned: dict[str, PartitionedVariable] = {}

    @staticmethod
    def check_initial_dtype(initializer: Any, dtype: Any) -> None:
        """Raise ValueError if an initial value is of another dtype than the one asked for."""
        given = convert_to_tensor(initializer).dtype.base_dtype
        if given != dtype:
            raise ValueError(
                f"Initializer type '{given}' and explicit dtype '{dtype}' don't match."
            )

    @property
    def _vars(self) -> dict[str, Any]:
        return self._variables

    def get_variable(
        self, name: str, *positional: Any, custom_getter: Any = None, **options: Any
    ) -> Any:
        """Find or make a variable; a custom getter may stand between the caller and the store.

        Args:
          name: the full name.
          *positional: the options without their names, in the order of TensorFlow's store.
          custom_getter: called with the true getter and all other arguments.
          **options: those of `get_variable`, and `reuse`.

        Raises:
          ValueError: reuse says otherwise, or the arguments do not fit the variable that there is.
        """
        if custom_getter is not None and not callable(custom_getter):
            raise ValueError(f"Passed a custom_getter which is not callable: {custom_getter}")
        options.update(zip(_POSITIONS, positional, strict=False))
        dtype = options.get("dtype", dtypes.float32)
        options["dtype"] = getattr(dtype, "base_dtype", dtype)
        options["synchronization"], options["aggregation"], options["trainable"] = checked_policies(
            options.get("synchronization"),
            options.get("aggregation"),
            options.get("trainable"),
            name,
        )
        if custom_getter is None:
            return self._true_getter(name, **options)
        parameters = inspect.signature(custom_getter).parameters
        takes_all = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        if not takes_all and "constraint" not in parameters:
            options.pop("constraint", None)
        return custom_getter(getter=self._true_getter, name=name, **options)

    def _true_getter(
        self,
        name: str,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        initializer: Any = None,
        regularizer: Any = None,
        reuse: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        validate_shape: bool = True,
        use_resource: bool | None = None,
        constraint: Any = None,
        synchronization: Any = None,
        aggregation: Any = None,
    ) -> Any:
        options = {
            "dtype": as_dtype(dtype),
            "initializer": initializer,
            "regularizer": regularizer,
            "reuse": reuse,
            "trainable": trainable,
            "collections": collections,
            "caching_device": caching_device,
            "validate_shape": validate_shape,
            "use_resource": use_resource,
            "constraint": constraint,
            "synchronization": synchronization,
            "aggregation": aggregation,
        }
        is_scalar = isinstance(shape, Sequence) and not shape
        if partitioner is not None and not is_scalar:
            if not callable(partitioner):
                raise ValueError(f"Partitioner must be callable, but received: {partitioner}")
            with get_default_graph().name_scope(None):
                return self.get_partitioned_variable(name, partitioner, shape, **options)
        if reuse is True and partitioner is None and name in self._partitioned:
            return self.get_partitioned_variable(name, None, shape, **options)
        if f"{name}/part_0" in self._variables:
            raise ValueError(
                "No partitioner was provided, but a partitioned version of the variable was found: "
                f"{name}/part_0. Perhaps a variable of the same name was already created with "
                "partitioning?"
            )
        return self._get_single_variable(name, shape, **options)

    def _get_single_variable(
        self,
        name: str,
        shape: Any,
        *,
        dtype: DType,
        initializer: Any,
        reuse: Any,
        regularizer: Any,
        partition_info: PartitionInfo | None = None,
        **options: Any,
    ) -> Any:
        is_value = initializer is not None and not callable(initializer)
        if shape is not None and is_value:
            raise ValueError("If initializer is a constant, do not specify shape.")
        known_shape = None if shape is None else as_shape(shape)
        if name in self._variables:
            return self._shared(name, known_shape, dtype, reuse)
        if reuse is True:
            raise ValueError(
                f"Variable {name} does not exist, or was not created with tf.get_variable(). Did "
                "you mean to set reuse=tf.AUTO_REUSE in VarScope?"
            )
        if initializer is None:
            if known_shape is None:
                raise ValueError(
                    f"Variable {name} did not get an initializer, so its `shape` argument must be "
                    "specified."
                )
            initializer = _default_initializer(name, dtype)
        initial, initial_dtype = initializer, None
        if not is_value:
            initial, initial_dtype = _bound_initializer(
                name, initializer, known_shape, dtype, partition_info
            )
        if options["use_resource"] is None:
            options["use_resource"] = resource_variables_enabled()
        make: Callable[..., Any] = Variable
        variable = make(
            initial_value=initial, name=name, dtype=initial_dtype, shape=known_shape, **options
        )
        self._variables[name] = variable
        if regularizer:
            _add_regularization(name, variable, regularizer)
        return variable

    def _shared(self, name: str, shape: TensorShape | None, dtype: DType, reuse: Any) -> Any:
        found = self._variables[name]
        if reuse is False:
            message = (
                f"Variable {name} already exists, disallowed. Did you mean to set reuse=True or "
                "reuse=tf.AUTO_REUSE in VarScope?"
            )
            if is_resource_variable(found):
                raise ValueError(message)
            frames = [f for f in reversed(found.op.traceback) if _PACKAGE not in f[0]][:5]
            raise ValueError(
                f"{message} Originally defined at:\n\n{''.join(traceback.format_list(frames))}"
            )
        if shape is not None and not shape.is_compatible_with(found.shape):
            raise ValueError(
                f"Trying to share variable {name}, but specified shape {shape} and found shape "
                f"{found.shape}."
            )
        if not dtype.is_compatible_with(found.dtype):
            raise ValueError(
                f"Trying to share variable {name}, but specified dtype {dtype.name} and found "
                f"dtype {found.dtype.name}."
            )
        return found

    def get_partitioned_variable(
        self,
        name: str,
        partitioner: Partitioner | None,
        shape: Any,
        *,
        dtype: DType,
        initializer: Any,
        reuse: Any,
        **options: Any,
    ) -> PartitionedVariable:
        """Find or make a variable in slices.

        Raises:
          ValueError: reuse says otherwise, or the arguments do not fit the variable that there is.
        """
        if name in self._variables:
            raise ValueError(
                "A partitioner was provided, but an unpartitioned version of the variable was "
                f"found: {name}.  Perhaps a variable of the same name was already created without "
                "partitioning?"
            )
        shape = as_shape(shape)
        if isinstance(initializer, Tensor):
            shape = shape.merge_with(initializer.shape)
        partitions = None if partitioner is None else _partitions(partitioner, shape, dtype)
        if name in self._partitioned:
            return self._shared_partitioned(name, shape, dtype, partitions, reuse)
        if reuse is True or partitions is None:
            raise ValueError(
                f"PartitionedVariable {name} does not exist, or was not created with "
                "tf.get_variable(). Did you mean to set reuse=False or reuse=tf.AUTO_REUSE in "
                "VarScope?"
            )
        axis = next((i for i, count in enumerate(partitions) if count > 1), 0)
        slices = []
        sizes = shape.as_list()
        for index, (offset, part_shape) in enumerate(_slices(sizes, partitions[axis], axis)):
            part_name = f"{name}/part_{index}"
            graph = get_default_graph()
            with graph.name_scope(part_name + "/PartitionedInitializer"):
                part, part_dtype = _part_of_initializer(initializer, offset, part_shape, dtype)
            with graph.name_scope(None):
                variable = self._get_single_variable(
                    part_name,
                    part_shape if part is None or callable(part) else None,
                    dtype=part_dtype,
                    initializer=part,
                    reuse=reuse,
                    partition_info=PartitionInfo(sizes, offset),
                    **options,
                )
            variable._set_save_slice_info(SaveSliceInfo(name, sizes, offset, part_shape))
            slices.append(variable)
        made = PartitionedVariable(name, shape, dtype, slices, partitions)
        self._partitioned[name] = made
        return made

    def _shared_partitioned(
        self, name: str, shape: TensorShape, dtype: DType, partitions: Any, reuse: Any
    ) -> PartitionedVariable:
        found = self._partitioned[name]
        if reuse is False:
            raise ValueError(
                f"Partitioned variable with name {name} already exists. Did you mean to set "
                "reuse=True or reuse=tf.AUTO_REUSE in VarScope?"
            )
        what = f"Trying to reuse partitioned variable {name}, but specified"
        if not shape.is_compatible_with(found.shape):
            raise ValueError(f"{what} shape {shape} and found shape {found.shape}.")
        if not dtype.is_compatible_with(found.dtype):
            raise ValueError(f"{what} dtype {dtype.name} and found dtype {found.dtype.name}.")
        if partitions is not None and found._get_partitions() != list(partitions):
            raise ValueError(
                f"{what} partitions {partitions} and found partitions {found._get_partitions()}."
            )
        return found


def _default_initializer(name: str, dtype: DType) -> Any:
    if dtype.is_floating:
        return GlorotUniform()
    if dtype.is_integer or dtype.is_unsigned or dtype.is_bool or dtype is dtypes.string:
        return Zeros()
    raise ValueError(f"An initializer for variable {name} of {dtype.base_dtype} is required")


def _bound_initializer(
    name: str,
    initializer: Any,
    shape: TensorShape | None,
    dtype: DType,
    partition_info: PartitionInfo | None,
) -> tuple[Callable[[], Any], DType | None]:
    """Return a function that gives the initial value, and the dtype to convert it to."""
    if inspect.isclass(initializer):
        initializer = initializer()
    parameters = inspect.signature(initializer).parameters
    if shape is not None and shape.is_fully_defined():
        options: dict[str, Any] = {"dtype": dtype}
        if "partition_info" in parameters:
            options["partition_info"] = partition_info
        return partial(initializer, shape.as_list(), **options), dtype.base_dtype
    if shape is not None:
        raise ValueError(
            f"Shape of a new variable ({name}) must be fully defined, but instead was {shape}."
        )
    positional = (
        p
        for p in parameters.values()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty
    )
    if next(positional, None) is None:
        return initializer, None
    raise ValueError(
        f"The initializer of variable {name} is not valid: it should be a function without "
        "arguments (give no shape then), or one that takes the shape, which must be fully defined."
    )


def _add_regularization(name: str, variable: VariableBase, regularizer: Callable[..., Any]) -> None:
    graph = variable.graph
    with (
        graph.control_dependencies(None),
        graph.colocate_with(variable.op),
        graph.name_scope(name + "/Regularizer/"),
    ):
        loss = regularizer(variable)
    if loss is not None:
        graph.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)


def _partitions(partitioner: Partitioner, shape: TensorShape, dtype: DType) -> list[int]:
    if not shape.is_fully_defined():
        raise ValueError(
            f"Shape of a new partitioned variable must be fully defined, but instead was {shape}."
        )
    if len(shape) < 1:
        raise ValueError(f"A partitioned Variable must have rank at least 1, shape: {shape}")
    slicing = partitioner(shape=shape, dtype=dtype)
    if not isinstance(slicing, Sequence):
        raise ValueError(f"Partitioner must return a sequence, but saw: {slicing}")
    if len(slicing) != len(shape):
        raise ValueError(
            "Partitioner returned a partition list that does not match the Variable's rank: "
            f"{slicing} vs. {shape}"
        )
    if any(count < 1 for count in slicing):
        raise ValueError(f"Partitioner returned zero partitions for some axes: {slicing}")
    if sum(count > 1 for count in slicing) > 1:
        raise ValueError(
            f"Can only slice a variable along one dimension: shape: {shape}, partitioning: "
            f"{slicing}"
        )
    return list(slicing)


def _slices(sizes: Sequence[int], count: int, axis: int) -> Iterator[tuple[list[int], list[int]]]:
    """Yield the offset and shape of each slice; the first ones are larger by one where needed."""
    offset = [0] * len(sizes)
    for index in range(count):
        shape = list(sizes)
        shape[axis] = sizes[axis] // count + (index < sizes[axis] % count)
        yield list(offset), shape
        offset[axis] += shape[axis]


def _part_of_initializer(
    initializer: Any, offset: list[int], shape: list[int], dtype: DType
) -> tuple[Any, DType]:
    if initializer is None or callable(initializer):
        return initializer, dtype
    whole = initializer
    if not isinstance(whole, Tensor):
        whole = convert_to_tensor(whole, dtype)
    return slice_op(whole, offset, shape), whole.dtype.base_dtype


_STORE_KEY = ("__variable_store",)


def variable_store() -> VariableStore:
    """Return the store of the default graph."""
    found = get_default_graph().get_collection_ref(_STORE_KEY)
    if not found:
        found.append(VariableStore())
    store: VariableStore = found[0]
    return store


@contextmanager
def with_variable_store(store: VariableStore) -> Iterator[None]:
    """Let `get_variable` look in another store of the default graph in the block."""
    stores = get_default_graph().get_collection_ref(_STORE_KEY)
    before = stores[:]
    stores[:] = [store]
    try:
        yield
    finally:
        stores[:] = before


def get_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool | None = None,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    validate_shape: bool = True,
    use_resource: bool | None = None,
    custom_getter: Any = None,
    constraint: Any = None,
    synchronization: Any = None,
    aggregation: Any = None,
) -> Any:
    """Return the variable of a name in the open variable scope, made where there is none yet.

    Args:
      name: below the scope's name.
      shape: the shape; needed unless the initializer is a value.
      dtype: the dtype; by default the scope's, float32.
      initializer: a value, or a function of (shape, dtype=...); by default the scope's, or
        `glorot_uniform_initializer` for floats and zeros for the rest.
      regularizer: a function of the variable; what it returns is a regularization loss.
      trainable: whether optimizers change the variable.
      collections: the collections to which it is added.
      caching_device: where reads are cached.
      partitioner: a function of (shape=, dtype=) that cuts the variable into slices.
      validate_shape: whether the shape of an initial value must be known.
      use_resource: whether it is a resource variable.
      custom_getter: called as `getter(true_getter, name, ...)` instead of the true getter.
      constraint: what optimizers apply to the value after an update.
      synchronization: recorded.
      aggregation: recorded.

    Raises:
      ValueError: the variable exists and is not to be reused, or the reverse, or shape or dtype
        do not fit.
    """
    return get_variable_scope().get_variable(
        variable_store(),
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=collections,
        caching_device=caching_device,
        partitioner=partitioner,
        validate_shape=validate_shape,
        use_resource=use_resource,
        custom_getter=custom_getter,
        constraint=constraint,
        synchronization=synchronization,
        aggregation=aggregation,
    )


def no_regularizer(_: Any) -> None:
    """As `regularizer=`: no regularization, whatever the scope says."""


def create_partitioned_variables(
    shape: Any,
    slicing: Sequence[int],
    initializer: Any,
    dtype: Any = dtypes.float32,
    trainable: bool = True,
    collections: Any = None,
    name: str | None = None,
    reuse: Any = None,
) -> list[VariableBase]:
    """Make a variable in slices and return the slices (the old way; see `get_variable`).

    Raises:
      ValueError: shape and slicing do not fit.
    """
    if len(shape) != len(slicing):
        raise ValueError(
            "The 'shape' and 'slicing' of a partitioned Variable must have the length: shape: "
            f"{shape}, slicing: {slicing}"
        )
    if len(shape) < 1:
        raise ValueError(f"A partitioned Variable must have rank at least 1: shape: {shape}")
    with variable_scope(name, "PartitionedVariable", reuse=reuse) as scope:
        if scope.custom_getter is not None:
            raise ValueError(
                "create_partitioned_variables is not allowed when a custom getter is set. Use "
                "get_variable with a partitioner instead."
            )
        made = variable_store().get_partitioned_variable(
            scope.name,
            lambda **unused: list(slicing),
            shape,
            dtype=as_dtype(dtype),
            initializer=initializer,
            reuse=scope.reuse,
            trainable=trainable,
            collections=collections,
            regularizer=scope.regularizer,
            caching_device=scope.caching_device,
            validate_shape=True,
            use_resource=scope.use_resource,
            constraint=scope.constraint,
            synchronization=None,
            aggregation=None,
        )
        return list(made)
