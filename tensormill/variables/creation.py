"""`tf.Variable`: which kind of variable is made, by which creators."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tensormill.graph.graph import get_default_graph
from tensormill.variables.base import VariableBase
from tensormill.variables.ref_variable import RefVariable
from tensormill.variables.resource_variable import ResourceVariable
from tensormill.variables.scope import get_variable_scope

__all__ = [
    "Variable",
    "VariableV2",
    "disable_resource_variables",
    "enable_resource_variables",
    "resource_variables_enabled",
    "variable_creator_scope",
]

_CREATORS_KEY = ("__variable_creators",)


class _Defaults:
    """What kind of variable is made where nothing says it."""

    use_resource = False


def enable_resource_variables() -> None:
    """Make resource variables from now on where a program does not say which kind it wants."""
    _Defaults.use_resource = True


def disable_resource_variables() -> None:
    """Make ref variables again where a program does not say which kind it wants."""
    _Defaults.use_resource = False


def resource_variables_enabled() -> bool:
    """Return whether resource variables are made where nothing says which kind."""
    return _Defaults.use_resource


def _create(use_resource: bool | None = None, expected_shape: Any = None, **options: Any) -> Any:
    if use_resource is None:
        use_resource = get_variable_scope().use_resource
    if use_resource is None:
        use_resource = _Defaults.use_resource
    if use_resource:
        return ResourceVariable(**options)
    return RefVariable(expected_shape=expected_shape, **options)


@contextmanager
def variable_creator_scope(variable_creator: Callable[..., Any]) -> Iterator[None]:
    """Let `variable_creator(next_creator, **kwargs)` make the variables of the block.

    Args:
      variable_creator: returns a variable, usually that of `next_creator(**kwargs)`.
    """
    creators = get_default_graph().get_collection_ref(_CREATORS_KEY)
    creators.append(variable_creator)
    try:
        yield
    finally:
        creators.pop()


def _bind(creator: Callable[..., Any], next_creator: Callable[..., Any]) -> Callable[..., Any]:
    def bound(**options: Any) -> Any:
        return creator(next_creator, **options)

    return bound


def _made_by_creators(make: Callable[..., Any], **options: Any) -> Any:
    """Return the variable that the creators of the default graph make, the last one first."""
    for creator in get_default_graph().get_collection(_CREATORS_KEY):
        make = _bind(creator, make)
    return make(**options)


class _AnyVariable(type):
    """Every variable is an instance of a class of this type."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, VariableBase)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, VariableBase)


class _VariableType(_AnyVariable):
    """Calling `Variable` makes a ref or a resource variable; both are instances of it."""

    def __call__(
        cls,
        initial_value: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        expected_shape: Any = None,
        import_scope: str | None = None,
        constraint: Any = None,
        use_resource: bool | None = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: Any = None,
    ) -> Any:
        return _made_by_creators(
            _create,
            initial_value=initial_value,
            trainable=trainable,
            collections=collections,
            validate_shape=validate_shape,
            caching_device=caching_device,
            name=name,
            variable_def=variable_def,
            dtype=dtype,
            expected_shape=expected_shape,
            import_scope=import_scope,
            constraint=constraint,
            use_resource=use_resource,
            synchronization=synchronization,
            aggregation=aggregation,
            shape=shape,
        )


class Variable(VariableBase, metaclass=_VariableType):
    """A tensor that keeps its value between the steps of a session.

    Args:
      initial_value: a tensor, anything that can be made one, or a function that returns it.
      trainable: whether optimizers change it; it is then in `GraphKeys.TRAINABLE_VARIABLES`.
      collections: the collections to which it is added; by default `GraphKeys.GLOBAL_VARIABLES`.
      validate_shape: whether the shape of the initial value is known and is that of the variable.
      caching_device: where reads are cached; by default nowhere.
      name: the name of the node, made unique.
      variable_def: a VariableDef message that names the nodes of a variable in the graph.
      dtype: the dtype; by default that of the initial value.
      expected_shape: accepted and ignored, as in TensorFlow.
      import_scope: the scope that is put before the names in `variable_def`.
      constraint: what optimizers apply to the value after an update.
      use_resource: True for a resource variable, False for a ref variable; by default what the
        variable scope says, or else a ref variable.
      synchronization: recorded.
      aggregation: recorded.
      shape: the static shape; by default that of the initial value.

    Raises:
      ValueError: there is no initial value, its shape is not known, or an argument is wrong.
    """

    if TYPE_CHECKING:  # type checkers do not look at the metaclass

        def __init__(
            self,
            initial_value: Any = None,
            trainable: bool | None = None,
            collections: Any = None,
            validate_shape: bool = True,
            caching_device: Any = None,
            name: str | None = None,
            variable_def: Any = None,
            dtype: Any = None,
            expected_shape: Any = None,
            import_scope: str | None = None,
            constraint: Any = None,
            use_resource: bool | None = None,
            synchronization: Any = None,
            aggregation: Any = None,
            shape: Any = None,
        ) -> None: ...

    @staticmethod
    def from_proto(variable_def: Any, import_scope: str | None = None) -> Any:
        """Return the variable that a VariableDef message names in the default graph."""
        kind = ResourceVariable if variable_def.is_resource else RefVariable
        return kind(variable_def=variable_def, import_scope=import_scope)


class _VariableV2Type(_AnyVariable):
    """Calling `VariableV2` makes a resource variable."""

    def __call__(
        cls,
        initial_value: Any = None,
        trainable: bool | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        import_scope: str | None = None,
        constraint: Any = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: Any = None,
    ) -> Any:
        return _made_by_creators(
            ResourceVariable,
            initial_value=initial_value,
            trainable=trainable,
            validate_shape=validate_shape,
            caching_device=caching_device,
            name=name,
            variable_def=variable_def,
            dtype=dtype,
            import_scope=import_scope,
            constraint=constraint,
            synchronization=synchronization,
            aggregation=aggregation,
            shape=shape,
        )


class VariableV2(VariableBase, metaclass=_VariableV2Type):
    """A resource variable: `Variable` of `tf.compat.v2` and of TensorFlow's module `variables`.

    The arguments are those of `Variable` but `collections`, `expected_shape` and `use_resource`.
    """

    from_proto = Variable.from_proto
