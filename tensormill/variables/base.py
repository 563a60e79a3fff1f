"""What ref variables and resource variables have in common for their users."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, ClassVar

from tensorboard.compat.proto.attr_value_pb2 import AttrValue
from tensorboard.compat.proto.variable_pb2 import VariableDef

from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import init_scope
from tensormill.graph.dtypes import DType
from tensormill.graph.graph import Graph, get_default_graph
from tensormill.graph.object_identity import Reference
from tensormill.graph.op_builder import graph_of
from tensormill.graph.operation import Operation
from tensormill.graph.operators import OPERATORS, OperatorOverloads
from tensormill.graph.scoped_names import prepend_name_scope, strip_name_scope
from tensormill.graph.shapes import TensorShape
from tensormill.graph.stacks import get_default_session
from tensormill.graph.tensor import Tensor, TensorLike
from tensormill.variables import slices
from tensormill.variables.policies import (
    VariableAggregation,
    VariableSynchronization,
    checked_policies,
)

__all__ = [
    "VariableBase",
    "checked_collections",
    "colocated_nodes",
    "graph_for_variable",
    "is_resource_variable",
]


class VariableBase(OperatorOverloads, TensorLike):
    """A tensor that keeps its value between steps; the two kinds of variable are its subclasses."""

    __array_priority__ = 100
    __hash__ = object.__hash__
    SaveSliceInfo: ClassVar[type[slices.SaveSliceInfo]] = slices.SaveSliceInfo

    _anchor: Tensor  # the tensor that stands for the variable in ops that change it
    _initializer_op: Operation
    _initial_value: Tensor | None
    _save_slice_info: slices.SaveSliceInfo | None
    _constraint: Callable[[Any], Any] | None
    _caching_device: Any
    _synchronization: VariableSynchronization
    _aggregation: VariableAggregation
    _trainable: bool

    def _take_options(
        self,
        policies: tuple[VariableSynchronization, VariableAggregation, bool],
        collections: Any,
        constraint: Any,
        caching_device: Any,
    ) -> list[str]:
        """Keep the options of a new variable; return the collections that it belongs to.

        Raises:
          ValueError: the collections are no list, or the constraint is no function.
        """
        self._synchronization, self._aggregation, self._trainable = policies
        checked = checked_collections(collections, self._trainable)
        if constraint is not None and not callable(constraint):
            raise ValueError("The `constraint` argument must be a callable.")
        self._constraint = constraint
        self._caching_device = caching_device
        self._save_slice_info = None
        return checked

    def experimental_ref(self) -> Reference:
        """Return what stands for the variable itself in sets and dictionaries."""
        return Reference(self)

    @property
    def name(self) -> str:
        """`"variable:0"`."""
        return self._anchor.name

    @property
    def _shared_name(self) -> str:
        return self.op.name

    @property
    def op(self) -> Operation:
        """The operation that holds the variable."""
        return self._anchor.op

    @property
    def graph(self) -> Graph:
        """The graph that holds the variable."""
        return self._anchor.graph

    @property
    def device(self) -> str:
        """The device that the variable asks for."""
        return self._anchor.device

    @property
    def dtype(self) -> DType:
        """The dtype; a `_ref` dtype for a ref variable."""
        raise NotImplementedError

    @property
    def shape(self) -> TensorShape:
        """The static shape."""
        raise NotImplementedError

    def get_shape(self) -> TensorShape:
        """Return the static shape."""
        return self.shape

    @property
    def trainable(self) -> bool:
        """Whether optimizers change the variable unless told otherwise."""
        return self._trainable

    @property
    def synchronization(self) -> VariableSynchronization:
        """When copies of the variable are brought together."""
        return self._synchronization

    @property
    def aggregation(self) -> VariableAggregation:
        """How copies of the variable are brought together."""
        return self._aggregation

    @property
    def constraint(self) -> Callable[[Any], Any] | None:
        """What an optimizer applies to the value after an update, or None."""
        return self._constraint

    @property
    def initial_value(self) -> Tensor | None:
        """The tensor from which the variable is initialized."""
        return self._initial_value

    @property
    def initializer(self) -> Operation:
        """The operation that initializes the variable."""
        return self._initializer_op

    def _set_save_slice_info(self, save_slice_info: slices.SaveSliceInfo | None) -> None:
        self._save_slice_info = save_slice_info

    def _get_save_slice_info(self) -> slices.SaveSliceInfo | None:
        return self._save_slice_info

    def value(self) -> Tensor:
        """Return the tensor that reads the variable once a step."""
        raise NotImplementedError

    def read_value(self) -> Tensor:
        """Return a new tensor that reads the variable, when its control dependencies have run."""
        raise NotImplementedError

    def eval(self, session: Any = None) -> Any:
        """Return the value in `session`, or in the default session.

        Raises:
          ValueError: there is no session.
        """
        element: Tensor = self._as_graph_element()
        return element.eval(session=session)

    def load(self, value: Any, session: Any = None) -> None:
        """Write a value into the variable in `session`, or in the default session.

        Raises:
          ValueError: there is no session.
        """
        session = session or get_default_session()
        if session is None:
            raise ValueError(
                "Either session argument should be provided or default session should be "
                "established"
            )
        session.run(self.initializer, {self.initializer.inputs[1]: value})

    def _as_graph_element(self) -> Tensor:
        raise NotImplementedError

    def __getitem__(self, key: Any) -> Any:
        return OPERATORS["getitem"](self.value(), key, self)

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("'Variable' object is not iterable.")

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __repr__(self) -> str:
        return f"<tf.Variable '{self.name}' shape={self.shape} dtype={self.dtype.name}>"

    def _snapshot_name(self) -> str:
        raise NotImplementedError

    def to_proto(self, export_scope: str | None = None) -> Any:
        """Return the variable as a VariableDef message; None if it is outside `export_scope`."""
        if export_scope is not None and not self.name.startswith(export_scope):
            return None
        message = VariableDef(
            variable_name=strip_name_scope(self.name, export_scope),
            initializer_name=strip_name_scope(self.initializer.name, export_scope),
            snapshot_name=strip_name_scope(self._snapshot_name(), export_scope),
            is_resource=is_resource_variable(self),
            trainable=self.trainable,
            synchronization=self.synchronization.value,
            aggregation=self.aggregation.value,
        )
        if self._initial_value is not None:
            message.initial_value_name = strip_name_scope(self._initial_value.name, export_scope)
        if self._save_slice_info is not None:
            message.save_slice_info_def.MergeFrom(
                self._save_slice_info.to_proto(export_scope=export_scope)
            )
        return message

    def _read_proto(self, graph: Graph, message: Any, import_scope: str | None) -> None:
        """Take over what every kind of variable says in its VariableDef."""

        def element(name: str) -> Any:
            return graph.as_graph_element(prepend_name_scope(name, import_scope))

        self._anchor = element(message.variable_name)
        self._initializer_op = element(message.initializer_name)
        initial = message.initial_value_name
        self._initial_value = element(initial) if initial else None
        self._synchronization, self._aggregation, self._trainable = checked_policies(
            message.synchronization, message.aggregation, message.trainable, message.variable_name
        )
        self._save_slice_info = None
        if message.HasField("save_slice_info_def"):
            self._save_slice_info = slices.SaveSliceInfo(
                save_slice_info_def=message.save_slice_info_def, import_scope=import_scope
            )
        self._caching_device = None
        self._constraint = None


def is_resource_variable(value: Any) -> bool:
    """Return whether `value` is a resource variable."""
    return isinstance(value, VariableBase) and not value.dtype._is_ref_dtype


def checked_collections(collections: Any, trainable: bool) -> list[Any]:
    """Return the collections to which a new variable belongs.

    Raises:
      ValueError: `collections` is not a list, tuple or set.
    """
    if collections is None:
        collections = [GraphKeys.GLOBAL_VARIABLES]
    if not isinstance(collections, (list, tuple, set)):
        raise ValueError(
            "collections argument to Variable constructor must be a list, tuple, or set. Got "
            f"{collections} of type {type(collections)}"
        )
    names = list(collections)
    if trainable and GraphKeys.TRAINABLE_VARIABLES not in names:
        names.append(GraphKeys.TRAINABLE_VARIABLES)
    return names


@contextmanager
def graph_for_variable(initial_value: Any) -> Iterator[Graph]:
    """Make the graph the default that a new variable belongs to: it never is that of a function.

    Args:
      initial_value: what the variable starts with, or a function that returns it.
    """
    graph = graph_of(() if callable(initial_value) else (initial_value,))
    if graph.building_function:
        with init_scope():
            yield get_default_graph()
    else:
        with graph.as_default(), graph.control_dependencies(None):
            yield graph


def colocated_nodes(graph: Graph, scope: str) -> AbstractContextManager[Any]:
    """Put the nodes of a block into the colocation group of a variable that is still to be made.

    Args:
      graph: the graph.
      scope: the name scope of the variable, with the slash at its end.
    """
    group = AttrValue(list=AttrValue.ListValue(s=[f"loc:@{scope[:-1]}".encode()]))
    block: AbstractContextManager[Any] = graph._attr_scope({"_class": group})
    return block
