"""Answers op cases with real TensorFlow: sent to the oracle as text, it runs over there."""

from __future__ import annotations

from typing import Any

_CASES_A_GRAPH = 40


def answer_cases(tf: Any, np: Any, cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what TensorFlow says of each case."""
    answers: list[dict[str, Any]] = []
    for first in range(0, len(cases), _CASES_A_GRAPH):
        answers.extend(_Answers(tf, np, cases[first : first + _CASES_A_GRAPH]).collect())
    return answers


def answer_programs(tf: Any, np: Any, sources: list[str]) -> list[Any]:
    """Return the `result` of each program, or its error."""
    import textwrap

    results = []
    for source in sources:
        with tf.Graph().as_default():
            names = {"tf": tf, "np": np}
            try:
                exec(textwrap.dedent(source), names)
            except Exception as error:
                results.append({"error": [type(error).__name__, str(error)]})
            else:
                results.append({"result": names["result"]})
    return results


class _Answers:
    def __init__(self, tf: Any, np: Any, cases: list[dict[str, Any]]) -> None:
        self.tf = tf
        self.np = np
        self.cases = cases
        self.initializers: list[Any] = []

    def collect(self) -> list[dict[str, Any]]:
        tf = self.tf
        config = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
        config.graph_options.optimizer_options.opt_level = -1
        config.graph_options.rewrite_options.disable_meta_optimizer = True
        with tf.Graph().as_default() as graph:
            built = [self._build_modes(case, index) for index, case in enumerate(self.cases)]
            for index, (case, modes) in enumerate(zip(self.cases, built, strict=True)):
                with tf.name_scope(f"gradient{index}"):
                    modes["full"]["gradients"] = self._gradients_before(case, modes["full"])
            with tf.Session(graph=graph, config=config) as session:
                session.run(self.initializers)
                return [
                    self._run(session, case, modes)
                    for case, modes in zip(self.cases, built, strict=True)
                ]

    def _build_modes(self, case: dict[str, Any], index: int) -> dict[str, Any]:
        modes: dict[str, Any] = {}
        for mode in ("full", "unknown", "constant"):
            with self.tf.name_scope(f"case{index}_{mode}"):
                try:
                    modes[mode] = self._build(case, mode)
                except Exception as error:
                    modes[mode] = {"error": [type(error).__name__, str(error)]}
        return modes

    def _build(self, case: dict[str, Any], mode: str) -> dict[str, Any]:
        from tensorflow.python.framework import op_def_library, op_def_registry

        feeds: list[Any] = []
        variables: list[Any] = []
        arguments = {}
        op_def = op_def_registry.get(case["op_type"])
        for position, (arg, value) in enumerate(zip(op_def.input_arg, case["inputs"], strict=True)):
            if position in case["refs"]:
                arguments[arg.name] = self._ref(value, variables)
            elif position in case["resources"]:
                arguments[arg.name] = self._resource(value, variables)
            elif isinstance(value, list):
                arguments[arg.name] = [self._input(item, mode, feeds) for item in value]
            else:
                arguments[arg.name] = self._input(value, mode, feeds)
        attrs = _default_attrs(op_def)
        attrs.update({key: self._attr(value) for key, value in case["attrs"].items()})
        _, _, op, _ = op_def_library._apply_op_helper(
            case["op_type"], name="case", **arguments, **attrs
        )
        return {"op": op, "feeds": feeds, "variables": variables}

    def _attr(self, value: Any) -> Any:
        if isinstance(value, self.np.ndarray):
            return self.tf.make_tensor_proto(value)
        return value

    def _input(self, value: Any, mode: str, feeds: list[Any]) -> Any:
        dtype = self.tf.string if value.dtype == object else self.tf.as_dtype(value.dtype)
        smooth = dtype.is_floating or dtype.is_complex
        if mode == "constant" or (mode == "gradient" and not smooth):
            return self.tf.constant(value, dtype, shape=value.shape)
        placeholder = self.tf.placeholder(dtype, None if mode == "unknown" else value.shape)
        feeds.append((placeholder, value))
        return placeholder

    def _ref(self, value: Any, variables: list[Any]) -> Any:
        raw = self.tf.raw_ops
        dtype = self.tf.string if value.dtype == object else self.tf.as_dtype(value.dtype)
        with self.tf.name_scope("ref"):
            ref = self.tf.Variable(value, dtype=dtype, use_resource=False)
        self.initializers.append(ref.initializer)
        variables.append(raw.Identity(input=ref._ref()))
        return ref._ref()

    def _resource(self, value: Any, variables: list[Any]) -> Any:
        with self.tf.name_scope("resource"):
            variable = self.tf.Variable(value, use_resource=True)
        self.initializers.append(variable.initializer)
        variables.append(variable.read_value())
        return variable.handle

    def _build_gradients(self, case: dict[str, Any], shapes: Any) -> Any:
        """Return the gradients with respect to the smooth inputs, with their feeds; or why not.

        `shapes` holds the shape of each output where that is not known before a run, else None.
        """
        tf, np = self.tf, self.np
        built = self._build(case, "gradient")
        outputs = list(built["op"].outputs)
        ys = [y for y in outputs if y.dtype.is_floating or y.dtype.is_complex]
        xs = [x for x, _ in built["feeds"] if x.dtype.is_floating or x.dtype.is_complex]
        if not ys or not xs:
            return None
        grad_ys = []
        for y in ys:
            known = y.shape.as_list() if shapes is None else list(shapes[outputs.index(y)])
            count = int(np.prod(known, dtype=np.int64))
            weights = ((np.arange(count) % 5 + 1) / 4).reshape(known)
            grad_ys.append(
                tf.constant(weights.astype(y.dtype.base_dtype.as_numpy_dtype), y.dtype.base_dtype)
            )
        try:
            gradients = tf.gradients(ys, xs, grad_ys)
            gradients = [None if g is None else tf.convert_to_tensor(g) for g in gradients]
        except LookupError:
            return "no gradient"
        except Exception as error:
            return type(error).__name__
        return gradients, dict(built["feeds"])

    def _gradients_before(self, case: dict[str, Any], full: dict[str, Any]) -> Any:
        """Return the gradients where they can be built before any run; else None."""
        if not case["gradient"] or case["fails"] or "op" not in full:
            return None
        smooth = [y for y in full["op"].outputs if y.dtype.is_floating or y.dtype.is_complex]
        if any(not y.shape.is_fully_defined() for y in smooth):
            return None
        return self._build_gradients(case, None)

    def _run(self, session: Any, case: dict[str, Any], modes: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = {}
        full = modes["full"]
        if case["fails"]:
            answer["errors"] = {mode: self._error(session, modes[mode]) for mode in modes}
            return answer
        for mode in modes:
            if "error" in modes[mode]:
                return {"build_error": modes[mode]["error"]}
        op = full["op"]
        answer["attrs"] = {
            key: value.SerializeToString(deterministic=True).hex()
            for key, value in sorted(op.node_def.attr.items())
            if not key.startswith("_")
        }
        answer["dtypes"] = [y.dtype.name for y in op.outputs]
        answer["shapes"] = {
            mode: [None if y.shape.rank is None else y.shape.as_list() for y in built["op"].outputs]
            for mode, built in modes.items()
        }
        try:
            answer["values"] = self._values(session, case, full)
            answer["variables"] = [session.run(v) for v in full["variables"]]
            if full["gradients"] is None and case["gradient"] and answer["values"] is not None:
                shapes = [self.np.shape(value) for value in answer["values"]]
                if len(shapes) == len(op.outputs):
                    full["gradients"] = self._build_gradients(case, shapes)
            answer["gradients"] = self._gradients(session, full)
        except Exception as error:
            answer["run_error"] = [type(error).__name__, str(error)]
        return answer

    def _values(self, session: Any, case: dict[str, Any], built: dict[str, Any]) -> Any:
        tf = self.tf
        opaque = (tf.resource, tf.variant)
        fetched = [y for y in built["op"].outputs if y.dtype.base_dtype not in opaque]
        values, _ = session.run([fetched, built["op"]], dict(built["feeds"]))
        return None if case["compare"] == "runs" else values

    def _gradients(self, session: Any, built: dict[str, Any]) -> Any:
        if built["gradients"] is None or isinstance(built["gradients"], str):
            return built["gradients"]
        gradients, feeds = built["gradients"]
        try:
            present = session.run([g for g in gradients if g is not None], feeds)
        except Exception as error:
            return type(error).__name__
        values = iter(present)
        return [None if g is None else next(values) for g in gradients]

    def _error(self, session: Any, built: dict[str, Any]) -> Any:
        if "error" in built:
            return ["build", *built["error"]]
        try:
            session.run(built["op"], dict(built["feeds"]))
        except Exception as error:
            message = str(getattr(error, "message", error))
            # "Graph execution error" tells first where the node was made over there.
            return ["run", type(error).__name__, message.rpartition("Node: ")[2]]
        return None


def _default_attrs(op_def: Any) -> dict[str, Any]:
    """Return the defaults that TensorFlow's generated functions give to the attributes of an op."""
    inferred: set[str] = set()
    for arg in op_def.input_arg:
        inferred.update((arg.type_attr, arg.number_attr, arg.type_list_attr))
    return {
        attr.name: _plain_default(attr.default_value)
        for attr in op_def.attr
        if attr.HasField("default_value") and attr.name not in inferred
    }


def _plain_default(value: Any) -> Any:
    field = value.WhichOneof("value")
    if field == "list":
        present = [items for _, items in value.list.ListFields() if len(items)]
        return list(present[0]) if present else []
    return getattr(value, field)
