"""`OpBuilder`: makes nodes of one op type, with inputs and attributes as its signature says."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, TypeVar

from tensormill.graph import node_def_codec
from tensormill.graph.attr_values import check_attr, make_attr
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import DType
from tensormill.graph.graph import Graph, function_graphs, get_default_graph
from tensormill.graph.op_def import ArgDef, OpDef
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor

Function = TypeVar("Function", bound=Callable[..., Any])


def graph_of(values: Any) -> Graph:
    """Return the graph of the first tensor in `values` (or a list there), or the default graph.

    While the body of a function is built that is the default graph, which captures its inputs.
    """
    if function_graphs:
        default = get_default_graph()
        if default.building_function:
            return default
    for value in values:
        if isinstance(value, (Tensor, Operation)):
            return value.graph
        if isinstance(value, (list, tuple)):
            for item in value:
                if isinstance(item, Tensor):
                    return item.graph
        else:
            graph = getattr(value, "graph", None)
            if isinstance(graph, Graph):
                return graph
    return get_default_graph()


class OpBuilder:
    """Makes nodes of one op type; also where its rules are registered.

    Calling it takes the inputs, then the attributes that are not inferred (by position or name),
    and `name`; it returns the output tensor, a list of tensors where there are several (or a list
    output), or the operation where there are none.

    Attributes:
      op_def: the definition of the op type.
    """

    __slots__ = (
        "_attr_names",
        "_defaults",
        "_input_count",
        "_input_names",
        "_is_plain",
        "_ref_positions",
        "_single",
        "_templates",
        "op_def",
    )

    def __init__(self, op_def: OpDef) -> None:
        self.op_def = op_def
        # How many plain tensors the fast way takes; -1 where there is none, None until known.
        self._input_count: int | None = None
        # The attributes of nodes with inputs of these dtypes (by identity: dtypes are singletons).
        self._templates: dict[tuple[int, ...], dict[str, Any]] = {}
        self._is_plain = False
        self._single = False
        self._input_names: list[str] = []
        self._attr_names: list[str] = []
        # Which inputs are references, on whose device the node must be.
        self._ref_positions: list[int] = []
        self._defaults: dict[str, Any] = {}

    def shape(self, function: Function) -> Function:
        """Register the shape function: `ShapeContext -> [Dims]`."""
        if self.op_def.shape_function is not None:
            raise ValueError(f"op type {self.op_def.name!r} has a shape function already")
        self.op_def.shape_function = function
        return function

    def gradient(self, function: Function) -> Function:
        """Register the gradient function: `(op, *output gradients) -> input gradients`."""
        if self.op_def.gradient_function is not None or not self.op_def.differentiable:
            raise ValueError(f"op type {self.op_def.name!r} has a gradient already")
        self.op_def.gradient_function = function
        return function

    def __call__(self, *args: Any, name: str | None = None, **kwargs: Any) -> Any:
        """Make a node in the graph of the inputs, or the default graph."""
        op = self.make(*args, name=name, **kwargs)
        if self._single:
            return op.outputs[0]
        return self._result(op)

    def make(self, *args: Any, name: str | None = None, **kwargs: Any) -> Operation:
        """Make a node as `__call__` does and return the operation."""
        count = self._input_count
        if count is None:
            count = self._prepare()
        if len(args) == count and not kwargs:
            op = self._make_fast(args, name)
            if op is not None:
                return op
        return self._make_slow(args, kwargs, name)

    def _prepare(self) -> int:
        op_def = self.op_def
        inferred = op_def.inferred_attrs
        given = [n for n in op_def.attrs if n not in inferred]
        self._defaults = {n: a.default for n, a in op_def.attrs.items() if a.has_default}
        self._input_names = [arg.name for arg in op_def.inputs]
        if not any(arg.is_list for arg in op_def.inputs):
            self._ref_positions = [i for i, arg in enumerate(op_def.inputs) if arg.is_ref]
        self._attr_names = [n for n in given if n not in self._defaults]
        self._is_plain = op_def.deprecation is None and not any(
            arg.is_list or arg.is_ref for arg in op_def.inputs
        )
        is_fast = self._is_plain and not self._attr_names
        self._attr_names += [n for n in given if n in self._defaults]
        self._single = len(op_def.outputs) == 1 and not op_def.outputs[0].is_list
        self._input_count = len(op_def.inputs) if is_fast and op_def.inputs else -1
        return self._input_count

    def _make_fast(self, args: Any, name: str | None) -> Operation | None:
        """Make a node from tensors of the right dtypes; None where anything needs a closer look."""
        template = self._template(args)
        if template is None:
            return None
        graph = graph_of(args) if function_graphs else args[0].op.graph
        made: Operation = graph.add_operation(
            self.op_def,
            list(args),
            template.copy(),
            graph.operation_name(name or self.op_def.name),
        )
        return made

    def _make_plain(
        self, values: list[Any], given: dict[str, Any], name: str | None
    ) -> Operation | None:
        """Make a node as `_make_fast` does, with attributes that the caller gives."""
        template = self._template(values)
        if template is None or not self.op_def.inferred_attrs.isdisjoint(given):
            return None
        attrs = template.copy()
        schema = self.op_def.attrs
        for key, value in given.items():
            attrs[key] = make_attr(self.op_def.name, schema[key], value)
        if len(attrs) < len(schema):
            return None
        graph = graph_of(values) if function_graphs or not values else values[0].op.graph
        made: Operation = graph.add_operation(
            self.op_def, values, attrs, graph.operation_name(name or self.op_def.name)
        )
        return made

    def _template(self, values: Any) -> dict[str, Any] | None:
        """Return the attributes of a node with these inputs, so far as they and defaults say."""
        dtypes = []
        for value in values:
            if type(value) is not Tensor:
                return None
            dtypes.append(id(value.dtype))
        key = tuple(dtypes)
        template = self._templates.get(key)
        if template is None:
            template = self._attrs_for([value.dtype.base_dtype for value in values])
            if template is not None:
                self._templates[key] = template
        return template

    def _attrs_for(self, dtypes: list[DType]) -> dict[str, Any] | None:
        """Return the attributes that inputs of these dtypes say; None where they do not fit."""
        said: dict[str, DType] = {}
        for arg, given in zip(self.op_def.inputs, dtypes, strict=True):
            if arg.type_attr is None:
                if given is not arg.type:
                    return None
                continue
            allowed = self.op_def.attrs[arg.type_attr].allowed
            if allowed is not None and given not in allowed:
                return None
            if said.setdefault(arg.type_attr, given) is not given:
                return None
        return {**self._defaults, **said}

    def _make_slow(self, args: Any, kwargs: dict[str, Any], name: str | None) -> Operation:
        if name is None and len(args) == len(self._input_names) + len(self._attr_names) + 1:
            *args, name = args  # the name is the last parameter of every op: `tf.no_op("done")`
        values, given_attrs = self._bind(args, kwargs)
        if self._is_plain:
            made = self._make_plain(values, given_attrs, name)
            if made is not None:
                return made
        graph = graph_of(values)
        unavailable = self.op_def.unavailable(graph.graph_def_versions.producer)
        if unavailable:
            raise NotImplementedError(unavailable)
        with graph.as_default(), graph.name_scope(name or self.op_def.name) as scope:
            inputs, attrs = _InputConverter(self.op_def, given_attrs).convert(values)
            self._fill_attrs(attrs, given_attrs)
            for value in given_attrs.values():
                for each in value if isinstance(value, (list, tuple)) else (value,):
                    if hasattr(each, "add_to_graph"):  # a function: the node only names it
                        each.add_to_graph(graph)
            if not self._ref_positions:
                return graph.add_operation(self.op_def, inputs, attrs, scope[:-1])
            with ExitStack() as colocations:
                for position in self._ref_positions:
                    colocations.enter_context(graph.colocate_with(inputs[position].op))
                return graph.add_operation(self.op_def, inputs, attrs, scope[:-1])

    def _bind(self, args: Any, kwargs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        names = self._input_names
        if len(args) > len(names) + len(self._attr_names):
            raise TypeError(
                f"{self.op_def.name} takes {len(names)} inputs, got {len(args)} arguments"
            )
        given = dict(zip(names + self._attr_names, args, strict=False))
        for key, value in kwargs.items():
            if key in given:
                raise TypeError(f"{self.op_def.name} got {key!r} twice")
            given[key] = value
        missing = [n for n in names if n not in given]
        if missing:
            raise TypeError(f"No argument for input {missing[0]} found in Op {self.op_def.name}")
        values = [given.pop(n) for n in names]
        unknown = [k for k in given if k not in self.op_def.attrs]
        if unknown:
            raise TypeError(
                f"{self.op_def.name} got unexpected keyword arguments: {', '.join(unknown)}"
            )
        return values, {k: v for k, v in given.items() if v is not None or k not in self._defaults}

    def _fill_attrs(self, attrs: dict[str, Any], given: dict[str, Any]) -> None:
        for key, attr in self.op_def.attrs.items():
            if key in attrs:
                continue
            if key in given:
                attrs[key] = make_attr(self.op_def.name, attr, given[key])
            elif attr.has_default:
                attrs[key] = attr.default
            else:
                raise TypeError(f"No argument found for attr {key} in Op {self.op_def.name}")

    def _result(self, op: Operation) -> Any:
        outputs = self.op_def.outputs
        if not outputs:
            return op
        if len(outputs) == 1:
            return list(op.outputs) if outputs[0].is_list else op.outputs[0]
        if not any(arg.is_list for arg in outputs):
            return list(op.outputs)
        results: list[Any] = []
        at = 0
        for arg in outputs:
            if not arg.is_list:
                results.append(op.outputs[at])
                at += 1
                continue
            count = (
                op.attrs[arg.number_attr]
                if arg.number_attr
                else len(op.attrs[str(arg.type_list_attr)])
            )
            results.append(op.outputs[at : at + count])
            at += count
        return results

    def create(
        self, graph: Graph, inputs: list[Tensor], attrs: dict[str, Any], name: str | None
    ) -> Operation:
        """Make a node from flat input tensors and attributes, AttrValue messages included."""
        from_inputs = attrs_from_flat_inputs(self.op_def, inputs, attrs)
        full = dict(from_inputs)
        for key, attr in self.op_def.attrs.items():
            if key in full:
                continue
            if key in attrs:
                full[key] = attr_in_memory(self.op_def.name, attr, attrs[key])
            elif attr.has_default:
                full[key] = attr.default
            else:
                raise ValueError(f"NodeDef missing attr '{key}' from Op<name={self.op_def.name}>")
        for key, value in attrs.items():
            if key.startswith("_"):
                full[key] = attr_in_memory(self.op_def.name, None, value)
        return graph.add_operation(
            self.op_def, inputs, full, graph.operation_name(name or self.op_def.name)
        )


def attr_in_memory(op_type: str, attr: Any, value: Any) -> Any:
    """Return an attribute in its in-memory form, from an AttrValue message or a plain value."""
    if node_def_codec.is_attr_value(value):
        from_proto: Any = node_def_codec.attr_from_proto(value)
        return from_proto
    return value if attr is None else make_attr(op_type, attr, value)


def attrs_from_flat_inputs(
    op_def: OpDef, inputs: list[Tensor], given: dict[str, Any]
) -> dict[str, Any]:
    """Return the attributes that a flat list of inputs says; several lists need their lengths."""
    attrs: dict[str, Any] = {}
    at = 0
    fixed = sum(1 for arg in op_def.inputs if not arg.is_list)
    for arg in op_def.inputs:
        if arg.is_list:
            attr_name = str(arg.number_attr or arg.type_list_attr)
            if attr_name in given:
                value = attr_in_memory(op_def.name, op_def.attrs[attr_name], given[attr_name])
                count = value if arg.number_attr else len(value)
            else:
                count = len(inputs) - fixed
        else:
            count = 1
        part = inputs[at : at + count]
        if len(part) < count:
            raise ValueError(f"op {op_def.name} takes more inputs than the {len(inputs)} given")
        at += count
        if arg.number_attr is not None:
            attrs[arg.number_attr] = count
        if arg.type_list_attr is not None:
            attrs[arg.type_list_attr] = tuple(t.dtype.base_dtype for t in part)
        elif arg.type_attr is not None and part:
            attrs[arg.type_attr] = part[0].dtype.base_dtype
    if at != len(inputs):
        raise ValueError(f"op {op_def.name} takes {at} inputs, {len(inputs)} were given")
    return attrs


class _InputConverter:
    """Converts the input values of one node and collects the attributes that they determine."""

    def __init__(self, op_def: OpDef, given: dict[str, Any]) -> None:
        self.op_def = op_def
        self.given = given
        self.attrs: dict[str, Any] = {}
        self.first_arg: dict[str, str] = {}

    def convert(self, values: list[Any]) -> tuple[list[Tensor], dict[str, Any]]:
        for name in self.op_def.inferred_attrs:
            if name in self.given:
                self.attrs[name] = make_attr(
                    self.op_def.name, self.op_def.attrs[name], self.given[name]
                )
        inputs: list[Tensor] = []
        for arg, value in zip(self.op_def.inputs, values, strict=True):
            if arg.is_list:
                inputs.extend(self._convert_list(arg, value))
            else:
                inputs.append(self._convert_one(arg, value))
        for name in self.op_def.inferred_attrs:
            attr = self.op_def.attrs[name]
            if name not in self.attrs:
                if attr.has_default:
                    self.attrs[name] = attr.default
                    continue
                raise TypeError(
                    f"Don't know how to infer type variable {name} of op {self.op_def.name}"
                )
            check_attr(self.op_def.name, attr, self.attrs[name])
        return inputs, self.attrs

    def _convert_one(self, arg: ArgDef, value: Any) -> Tensor:
        wanted = arg.type
        preferred = None
        if arg.type_attr is not None:
            wanted = self.attrs.get(arg.type_attr)
            if wanted is None and self.op_def.attrs[arg.type_attr].has_default:
                preferred = self.op_def.attrs[arg.type_attr].default
                value = self._as_inferred(arg, value)
        tensor = self._to_tensor(arg, value, wanted, preferred)
        given = tensor.dtype
        if arg.is_ref and not given._is_ref_dtype:
            raise TypeError(
                f"'{self.op_def.name}' Op requires that input '{arg.name}' be a mutable tensor "
                "(e.g.: a tf.Variable)"
            )
        if arg.type_attr is not None:
            self._note_dtype(arg, arg.type_attr, given.base_dtype)
        elif given.base_dtype != arg.type:
            raise TypeError(
                f"Input '{arg.name}' of '{self.op_def.name}' Op has type {given.base_dtype.name} "
                "that does not match "
                f"expected type of {arg.type.name}."  # type: ignore[union-attr]
            )
        return tensor

    def _as_inferred(self, arg: ArgDef, value: Any) -> Any:
        """Return a plain value as the tensor of its own dtype, where the signature allows it."""
        allowed = self.op_def.attrs[str(arg.type_attr)].allowed
        if allowed is None or type(value) is Tensor:
            return value
        try:
            tensor = convert_to_tensor(value, name=arg.name, as_ref=arg.is_ref)
        except TypeError:
            return value
        return tensor if tensor.dtype.base_dtype in allowed else value

    def _note_dtype(self, arg: ArgDef, attr: str, dtype: DType) -> None:
        known = self.attrs.get(attr)
        if known is None:
            self.attrs[attr] = dtype
            self.first_arg[attr] = arg.name
            attr_def = self.op_def.attrs[attr]
            if attr_def.allowed is not None and dtype not in attr_def.allowed:
                allowed = ", ".join(d.name for d in attr_def.allowed)
                raise TypeError(
                    f"Value passed to parameter '{arg.name}' has DataType {dtype.name} not in "
                    "list of allowed values: "
                    f"{allowed}"
                )
        elif known != dtype:
            other = self.first_arg.get(attr)
            what = (
                f"type {known.name} of argument '{other}'."
                if other
                else f"expected type of {known.name}."
            )
            raise TypeError(
                f"Input '{arg.name}' of '{self.op_def.name}' Op has type {dtype.name} that does "
                f"not match {what}"
            )

    def _to_tensor(
        self, arg: ArgDef, value: Any, wanted: DType | None, preferred: DType | None
    ) -> Tensor:
        if type(value) is Tensor:
            return value
        try:
            return convert_to_tensor(
                value, wanted, name=arg.name, preferred_dtype=preferred, as_ref=arg.is_ref
            )
        except TypeError as error:
            if wanted is None:
                raise
            raise TypeError(
                f"Expected {wanted.name} passed to parameter '{arg.name}' of op "
                f"'{self.op_def.name}', got {value!r} of "
                f"type '{type(value).__name__}' instead. Error: {error}"
            ) from None
        except ValueError as error:
            if wanted is None:
                raise ValueError(
                    f"Tried to convert '{arg.name}' to a tensor and failed. Error: {error}"
                ) from None
            given = (
                convert_to_tensor(value, as_ref=arg.is_ref).dtype.name
                if value is not None
                else "None"
            )
            first = self.first_arg.get(arg.type_attr or "")
            what = (
                f"type {wanted.name} of argument '{first}'."
                if first
                else f"expected type of {wanted.name}."
            )
            raise (TypeError if value is not None else ValueError)(
                f"Input '{arg.name}' of '{self.op_def.name}' Op has type {given} that does not "
                f"match {what}"
            ) from None

    def _convert_list(self, arg: ArgDef, value: Any) -> list[Tensor]:
        if not isinstance(value, (list, tuple)):
            raise TypeError(
                f"Expected list for '{arg.name}' argument to '{self.op_def.name}' Op, not {value}."
            )
        if arg.type_list_attr is not None:
            return self._convert_mixed_list(arg, value)
        attr = self.op_def.attrs[str(arg.number_attr)]
        if attr.minimum is not None and len(value) < attr.minimum:
            raise ValueError(
                f"List argument '{arg.name}' to '{self.op_def.name}' Op with length {len(value)} "
                "shorter than minimum "
                f"length {attr.minimum}."
            )
        known = self.attrs.get(str(arg.number_attr))
        if known is not None and known != len(value):
            raise ValueError(
                f"List argument '{arg.name}' to '{self.op_def.name}' Op with length {len(value)} "
                "must match length "
                f"{known} of argument '{self.first_arg.get(str(arg.number_attr))}'."
            )
        self.attrs[str(arg.number_attr)] = len(value)
        self.first_arg.setdefault(str(arg.number_attr), arg.name)
        wanted = arg.type
        if arg.type_attr is not None:
            wanted = self.attrs.get(arg.type_attr)
            if wanted is None:
                wanted = next(
                    (
                        v.dtype.base_dtype
                        for v in value
                        if hasattr(v, "dtype") and isinstance(v, Tensor)
                    ),
                    None,
                )
        tensors = []
        for index, item in enumerate(value):
            if type(item) is Tensor:
                tensor = item
            else:
                name = f"{arg.name}_{index}"
                try:
                    tensor = convert_to_tensor(item, wanted, name=name, as_ref=arg.is_ref)
                except (TypeError, ValueError) as error:
                    raise self._list_mismatch(arg, value) from error
            tensors.append(tensor)
        found = {t.dtype.base_dtype for t in tensors}
        known_type = arg.type or self.attrs.get(str(arg.type_attr))
        if len(found) > 1 or (known_type is not None and not found <= {known_type}):
            raise self._list_mismatch(arg, value)
        if arg.type_attr is not None:
            if tensors:
                self._note_dtype(arg, arg.type_attr, tensors[0].dtype.base_dtype)
            elif known_type is None and not self.op_def.attrs[arg.type_attr].has_default:
                raise TypeError(
                    "Don't know how to infer type variable from empty input list passed to input "
                    f"'{arg.name}' of '{self.op_def.name}' Op."
                )
        return tensors

    def _list_mismatch(self, arg: ArgDef, values: Any) -> TypeError:
        """Return what to say of a list whose items are, each for itself, of several dtypes."""
        if arg.type is not None:
            why = f" that do not match expected type {arg.type.name}."
        elif arg.type_attr in self.attrs:
            known = self.attrs[arg.type_attr].name
            why = f" that do not match type {known} inferred from earlier arguments."
        else:
            why = "." if arg.type_list_attr is not None else " that don't all match."
        names = ", ".join(map(_own_dtype_name, values))
        return TypeError(
            f"Tensors in list passed to '{arg.name}' of '{self.op_def.name}' Op have types "
            f"[{names}]{why}"
        )

    def _convert_mixed_list(self, arg: ArgDef, value: Any) -> list[Tensor]:
        attr = str(arg.type_list_attr)
        wanted = self.attrs.get(attr)
        if wanted is not None and len(wanted) != len(value):
            raise ValueError(
                f"List argument '{arg.name}' to '{self.op_def.name}' Op has length {len(value)}, "
                f"its types say {len(wanted)}."
            )
        tensors = []
        for i, item in enumerate(value):
            dtype = None if wanted is None else wanted[i]
            try:
                tensors.append(
                    item
                    if type(item) is Tensor
                    else convert_to_tensor(item, dtype, name=f"{arg.name}_{i}", as_ref=arg.is_ref)
                )
            except (TypeError, ValueError) as error:
                if wanted is not None:
                    raise self._mixed_mismatch(arg, value, wanted) from error
                raise self._list_mismatch(arg, value) from error
        dtypes = tuple(t.dtype.base_dtype for t in tensors)
        if wanted is not None and dtypes != tuple(wanted):
            raise self._mixed_mismatch(arg, value, wanted)
        check_attr(self.op_def.name, self.op_def.attrs[attr], dtypes, parameter=arg.name)
        self.attrs[attr] = dtypes
        self.first_arg.setdefault(attr, arg.name)
        return tensors

    def _mixed_mismatch(self, arg: ArgDef, values: Any, wanted: Any) -> TypeError:
        given = ", ".join(map(_own_dtype_name, values))
        expected = ", ".join(dtype.name for dtype in wanted)
        other = self.first_arg.get(str(arg.type_list_attr))
        what = f"type list {expected} of argument '{other}'" if other else f"type list {expected}"
        return TypeError(
            f"Input '{arg.name}' of '{self.op_def.name}' Op has type list of {given} that does "
            f"not match {what}."
        )


def _own_dtype_name(value: Any) -> str:
    """Return the dtype that a value has by itself."""
    try:
        return convert_to_tensor(value).dtype.base_dtype.name
    except (TypeError, ValueError):
        return "<NOT CONVERTIBLE TO TENSOR>"
