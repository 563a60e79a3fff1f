"""Rewriting functions, and calling what rewritten functions call.

Source: TensorFlow 1.15, python/autograph/impl/api.py.
"""

from __future__ import annotations

import functools
import inspect
import os
from types import ModuleType
from typing import Any

import malt
from malt.core import config, converter
from malt.core.config_lib import DoNotConvert
from malt.impl import api, conversion
from malt.lang import directives
from malt.operators import py_builtins
from malt.pyct import errors as conversion_errors
from malt.pyct import inspect_utils

from tensormill.graph import tf_logging
from tensormill.graph.autograph_status import Status, control_status_ctx
from tensormill.graph.converted_functions import is_marked
from tensormill.graph.creation_site import GeneratedLines, note_generated, note_internal_folder
from tensormill.python_statements import control_flow, loops, scopes, values
from tensormill.python_statements.public import set_loop_options

__all__ = ["ConversionError", "call", "converted_call", "options_of", "to_graph"]

# The parts of this package are not rewritten, nor are libraries of kernels.
config.CONVERSION_RULES = (
    *(DoNotConvert(name) for name in ("tensormill", "torch", "tensorboard", "google")),
    *config.CONVERSION_RULES,
)
note_internal_folder(os.path.dirname(malt.__file__))
# The transpiler knows a call of this function by its identity, and what is not given by a mark.
set_loop_options.__defaults__ = (directives.UNSPECIFIED,) * 4
directives.set_loop_options = set_loop_options

ConversionError = api.ConversionError


class _Transpiler(api.PyToPy):
    """Rewrites functions to call the operators of this package."""

    def get_transformed_name(self, node: Any) -> str:
        """Return the name of a rewritten function."""
        return f"tf__{super().get_transformed_name(node).removeprefix('ag__')}"

    def get_extra_locals(self) -> dict[str, Any]:
        """Return what rewritten code finds beside its own names."""
        return {"ag__": _operators()}


@functools.cache
def _operators() -> ModuleType:
    """Return the namespace that rewritten code calls: malt's, with what differs for tensors."""
    module = ModuleType("tensormill.python_statements.operators")
    malts = dict(api._TRANSPILER.get_extra_locals()["ag__"].__dict__)
    module.__dict__.update({k: v for k, v in malts.items() if not k.startswith("__")})
    for ours in (control_flow, loops, values, scopes):
        module.__dict__.update({name: getattr(ours, name) for name in ours.__all__})
    module.__dict__["converted_call"] = converted_call
    return module


_transpiler = _Transpiler()


def _convert(entity: Any, options: Any) -> Any:
    """Return the rewritten form of a function.

    Raises:
      ValueError: it has no code to rewrite, or that is not known.
    """
    if not hasattr(entity, "__code__"):
        raise ValueError(
            "Cannot apply autograph to a function that doesn't expose a __code__ object. If this "
            "is a @tf.function, try passing f.python_function instead."
        )
    program = converter.ProgramContext(options=options)
    made, module, source_map = _transpiler.transform(entity, program)
    if not hasattr(made, "ag_source_map"):
        made.ag_module, made.ag_source_map = module, source_map
    lines: GeneratedLines = {
        place.lineno: (origin.loc.filename, origin.loc.lineno, origin.function_name)
        for place, origin in source_map.items()
    }
    note_generated(module.__file__, lines)
    return made


def call(function: Any, features: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a function as the program asked for: rewritten, with all that it calls."""
    return converted_call(function, args, kwargs, options=options_of(True, True, features))


def options_of(recursive: bool, user_requested: bool, features: Any) -> Any:
    """Return the options of a conversion.

    Args:
      recursive: whether functions that are called are rewritten, too.
      user_requested: whether the program asked for it: then code of libraries is rewritten, too.
      features: one or several `tf.autograph.experimental.Feature`, or None.
    """
    given = features if isinstance(features, (list, tuple, set)) else (features,)
    wanted = tuple(converter.Feature[each.name] for each in given if each is not None)
    return converter.ConversionOptions(
        recursive=recursive, user_requested=user_requested, optional_features=wanted or None
    )


def converted_call(
    f: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None,
    caller_fn_scope: Any = None,
    options: Any = None,
) -> Any:
    """Call what rewritten code calls: rewritten, too, where it is code of the program.

    Args:
      f: what is called.
      args: its arguments.
      kwargs: likewise, by name.
      caller_fn_scope: the scope of the calling function.
      options: those of the conversion, by default of the calling function.
    """
    options = caller_fn_scope.callopts if options is None else options
    kwargs = kwargs or {}
    if conversion.is_in_allowlist_cache(f, options) or is_marked(f):
        return f(*args, **kwargs)
    if control_status_ctx().status is Status.DISABLED:
        return f(*args, **kwargs)
    if isinstance(f, functools.partial):
        return converted_call(
            f.func, f.args + args, {**f.keywords, **kwargs}, caller_fn_scope, options
        )
    if inspect_utils.isbuiltin(f):
        return _call_builtin(f, args, kwargs, caller_fn_scope)
    if _stays(f, options):
        conversion.cache_allowlisted(f, options)
        return f(*args, **kwargs)
    target, arguments = _target(f, args)
    if target is None:
        conversion.cache_allowlisted(f, options)
        return f(*args, **kwargs)
    try:
        made = _convert(target, options)
    except Exception as error:  # noqa: BLE001 - what cannot be rewritten runs as it is
        _warn(f, error)
        conversion.cache_allowlisted(f, options)
        return f(*args, **kwargs)
    try:
        return made(*arguments, **kwargs)
    except Exception as error:
        _note_place(error, target)
        raise


def _stays(f: Any, options: Any) -> bool:
    """Return whether a function is none to rewrite."""
    if conversion.is_unsupported(f) or not options.internal_convert_user_code:
        return True
    return not options.user_requested and bool(conversion.is_allowlisted(f))


def _call_builtin(f: Any, args: Any, kwargs: Any, scope: Any) -> Any:
    in_scope = {
        eval: lambda: py_builtins.eval_in_original_context(f, args, scope),
        super: lambda: py_builtins.super_in_original_context(f, args, scope),
        globals: lambda: py_builtins.globals_in_original_context(scope),
        locals: lambda: py_builtins.locals_in_original_context(scope),
    }
    if f in in_scope:
        return in_scope[f]()
    return values.OF_BUILTINS.get(f, f)(*args, **kwargs)


def _target(f: Any, args: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """Return the function whose code is to be rewritten, with its arguments; or None."""
    if inspect.ismethod(f):
        target, args = f.__func__, (f.__self__, *args)
    elif inspect.isfunction(f):
        target = f
    else:
        target, args = inspect.getattr_static(type(f), "__call__", None), (f, *args)
    code = getattr(target, "__code__", None)
    if code is None or code.co_filename == "<string>":
        return None, args
    return target, args


def _warn(f: Any, error: Exception) -> None:
    if isinstance(error, conversion_errors.InaccessibleSourceCodeError):
        reason = "its source is not there"
    else:
        reason = f"{type(error).__name__}: {error}"
    tf_logging.warning(
        f"AutoGraph could not transform {f!r} and will run it as-is.\nCause: {reason}\nTo silence "
        "this warning, decorate the function with @tf.autograph.experimental.do_not_convert"
    )


def _note_place(error: Exception, target: Any) -> None:
    """Say once in an error which function of the program it comes from, where frames do not."""
    if any("AutoGraph" in note for note in getattr(error, "__notes__", ())):
        return
    code = target.__code__
    error.add_note(
        f'in the function that AutoGraph made of {code.co_name}, "{code.co_filename}", line '
        f"{code.co_firstlineno}"
    )


def to_graph(
    entity: Any, recursive: bool = True, experimental_optional_features: Any = None
) -> Any:
    """Return a function rewritten: what its statements do with tensors becomes nodes of the graph.

    Args:
      entity: a function or method; of a method, one that takes the object first is made.
      recursive: whether functions that it calls are rewritten, too.
      experimental_optional_features: one or several `tf.autograph.experimental.Feature`.

    Raises:
      ConversionError: it cannot be rewritten.
    """
    options = options_of(recursive, True, experimental_optional_features)
    entity = getattr(entity, "__func__", entity)
    try:
        made = _convert(entity, options)
    except (ValueError, AttributeError, KeyError, NameError, AssertionError) as error:
        raise ConversionError(f"converting {entity}: {type(error).__name__}: {error}") from error
    made.autograph_info__ = {}
    return made
