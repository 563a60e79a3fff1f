"""The commands about a step that has shown its tensors: `lt`, `pt`, `ni`, `li`, `lo`, `ev`.

Source: TensorFlow 1.15, python/debug/cli/analyzer_cli.py, command_parser.py, evaluator.py.
"""

from __future__ import annotations

import argparse
import ast
import operator
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from tensormill.debugger.datum import InconvertibleTensorProto
from tensormill.debugger.dumps import DebugDumpDir

__all__ = ["Arguments", "Command", "CommandError", "DebugAnalyzer", "parse_command", "pattern"]

Command = Callable[[Sequence[str]], list[str]]
"""Takes arguments and returns lines."""

_SLICED = re.compile(r"(?P<name>[^\[]+)(?P<slicing>\[[-\d:, ]*\])?")
_DEBUG_OP = "DebugIdentity"
_ALL = 10**9


class CommandError(Exception):
    """A command that cannot be carried out; the message is for the user."""


class Arguments(argparse.ArgumentParser):
    """Reads the arguments of a command; wrong ones do not end the program."""

    def error(self, message: str) -> NoReturn:
        """Tell what is wrong."""
        raise CommandError(f"ERROR: {message}")

    def print_help(self, file: Any = None) -> NoReturn:
        """Tell what the arguments are; the command is not carried out."""
        raise CommandError(self.format_help().rstrip())


def pattern(text: str) -> str:
    """Return an argument that is a regular expression.

    Raises:
      ArgumentTypeError: it is none.
    """
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from None
    return text


def parse_command(line: str) -> tuple[str, list[str], str]:
    """Return the name of a command, its arguments, and the file that its lines go to, or "".

    Raises:
      CommandError: a quotation mark is missing.
    """
    try:
        words = shlex.split(re.sub(r"\[[^\]]*\]", lambda m: m[0].replace(" ", ""), line))
    except ValueError as error:
        raise CommandError(f"ERROR: {error}") from None
    path = ""
    if len(words) > 2 and words[-2] == ">":
        words, path = words[:-2], words[-1]
    return words[0], words[1:], path


class DebugAnalyzer:
    """Answers commands about a step.

    Args:
      dump: what the step has shown.
      filters: names of filters, for `lt -f`.
    """

    def __init__(self, dump: DebugDumpDir, filters: Mapping[str, Callable[..., Any]]) -> None:
        self._dump = dump
        self._filters = filters
        self.commands: dict[tuple[str, ...], tuple[Command, str]] = {
            ("list_tensors", "lt"): (self.list_tensors, "list the tensors that were seen"),
            ("print_tensor", "pt"): (self.print_tensor, "print a tensor: pt node:0[0, :]"),
            ("node_info", "ni"): (self.node_info, "tell of a node: ni [-a] [-d] [-t] node"),
            ("list_inputs", "li"): (self.list_inputs, "list what a node reads: li [-c] [-r] node"),
            ("list_outputs", "lo"): (
                self.list_outputs,
                "list what reads a node: lo [-c] [-r] node",
            ),
            ("eval", "ev"): (self.evaluate, "compute with tensors: ev 'np.max(`node:0`)'"),
        }

    def list_tensors(self, args: Sequence[str]) -> list[str]:
        """Return a line for each value: when it was seen, its size, op type and name."""
        parser = Arguments("list_tensors")
        parser.add_argument("-f", "--tensor_filter", default="")
        parser.add_argument("-fenn", "--filter_exclude_node_names", default="", type=pattern)
        parser.add_argument("-n", "--node_name_filter", default="", type=pattern)
        parser.add_argument("-t", "--op_type_filter", default="", type=pattern)
        parser.add_argument(
            "-s",
            "--sort_by",
            default="timestamp",
            choices=("timestamp", "dump_size", "op_type", "tensor_name"),
        )
        parser.add_argument("-r", "--reverse", action="store_true")
        parsed = parser.parse_args(args)
        data = self._dump.dumped_tensor_data
        if parsed.tensor_filter:
            if parsed.tensor_filter not in self._filters:
                raise CommandError(
                    f'ERROR: There is no tensor filter named "{parsed.tensor_filter}".'
                )
            data = self._dump.find(
                self._filters[parsed.tensor_filter],
                exclude_node_names=parsed.filter_exclude_node_names,
            )
        first = self._dump.t0 or 0
        rows = [
            (
                datum.timestamp - first,
                datum.dump_size_bytes or 0,
                self._op_type(datum.node_name),
                datum.tensor_name,
            )
            for datum in data
        ]
        rows = [
            row
            for row in rows
            if re.match(parsed.node_name_filter, row[3]) and re.match(parsed.op_type_filter, row[2])
        ]
        column = ("timestamp", "dump_size", "op_type", "tensor_name").index(parsed.sort_by)
        rows.sort(key=lambda row: row[column], reverse=parsed.reverse)
        passing = f' passing filter "{parsed.tensor_filter}"' if parsed.tensor_filter else ""
        table = [("t (ms)", "Size (B)", "Op type", "Tensor name")]
        table += [(f"[{row[0] / 1000:.3f}]", str(row[1]), row[2], row[3]) for row in rows]
        return [f"{len(rows)} dumped tensor(s){passing}:", "", *_aligned(table)]

    def _op_type(self, name: str) -> str:
        is_known = self._dump.loaded_partition_graphs() and self._dump.node_exists(name)
        return self._dump.node_op_type(name) if is_known else ""

    def print_tensor(self, args: Sequence[str]) -> list[str]:
        """Return the value of a tensor, or of a part of it."""
        parser = Arguments("print_tensor")
        parser.add_argument("tensor_name")
        parser.add_argument("-n", "--number", type=int, default=-1)
        parser.add_argument("-r", "--ranges", default="")
        parser.add_argument("-a", "--all", action="store_true")
        parser.add_argument("-s", "--numeric_summary", action="store_true")
        parser.add_argument("-w", "--write_path", default="")
        parsed = parser.parse_args(args)
        match = _SLICED.fullmatch(parsed.tensor_name)
        if match is None:
            raise CommandError(f'ERROR: "{parsed.tensor_name}" is not the name of a tensor')
        key = self._key_of(match["name"])
        data = self._dump.watch_key_to_data(key)
        if len(data) > 1 and parsed.number < 0:
            return [
                f'Tensor "{match["name"]}" generated {len(data)} dumps:',
                *(f"  #{index}: [{(each.timestamp - (self._dump.t0 or 0)) / 1000:.3f} ms]"
                  for index, each in enumerate(data)),
                "",
                f"pt -n 0 {match['name']} prints the first",
            ]  # fmt: skip
        number = max(parsed.number, 0)
        if number >= len(data):
            raise CommandError(f"ERROR: Specified number ({number}) exceeds the number of dumps")
        value = data[number].get_tensor()
        if isinstance(value, InconvertibleTensorProto):
            return [f'Tensor "{key}":', *str(value).splitlines()]
        if match["slicing"]:
            value = value[_slices(match["slicing"])]
        lines = [f'Tensor "{key}{match["slicing"] or ""}":', *_facts(value)]
        if parsed.numeric_summary:
            lines += _summary(value)
        if parsed.write_path:
            np.save(parsed.write_path, value)
            lines.append(f"Saved value to: {parsed.write_path}")
        if parsed.ranges:
            lines += _positions(value, parsed.ranges)
        return [*lines, "", *_value_lines(value, parsed.all)]

    def _key_of(self, name: str) -> str:
        """Return the key of `node`, `node:0` or `node:0:DebugOp`."""
        node, *rest = name.strip().split(":")
        if not rest:
            keys = self._dump.debug_watch_keys(node)
            if len(keys) == 1:
                return keys[0]
            if keys:
                raise CommandError(f'ERROR: Node "{node}" has several outputs: {", ".join(keys)}')
            rest = ["0"]
        if len(rest) == 1:
            rest.append(_DEBUG_OP)
        key = ":".join([node, *rest])
        if not self._dump.watch_key_to_data(key):
            raise CommandError(f'ERROR: Tensor "{name}" was not seen: no dump of "{key}"')
        return key

    def evaluate(self, args: Sequence[str]) -> list[str]:
        """Return the value of an expression of NumPy, with tensors between backticks."""
        parser = Arguments("eval")
        parser.add_argument("expression")
        parser.add_argument("-a", "--all", action="store_true")
        parser.add_argument("-w", "--write_path", default="")
        parsed = parser.parse_args(args)
        values: dict[str, Any] = {}

        def name_of(match: re.Match[str]) -> str:
            text, _, index = match[1].rstrip("]").partition("[")
            data = self._dump.watch_key_to_data(self._key_of(text))
            name = f"_tensor_{len(values)}"
            values[name] = data[int(index or 0)].get_tensor()
            return name

        source = re.sub(r"`([^`]+)`", name_of, parsed.expression)
        try:
            value = np.asarray(Expression(values).value(source))
        except (SyntaxError, ValueError, TypeError, AttributeError, IndexError) as error:
            raise CommandError(f"ERROR: {parsed.expression}: {error}") from None
        if parsed.write_path:
            np.save(parsed.write_path, value)
        lines = [f'Evaluated expression "{parsed.expression}":', *_facts(value)]
        return [*lines, "", *_value_lines(value, parsed.all)]

    def _node_name(self, text: str) -> str:
        name = text.partition(":")[0]
        if not self._dump.loaded_partition_graphs() or not self._dump.node_exists(name):
            raise CommandError(f'ERROR: There is no node named "{name}" in the partition graphs')
        return name

    def node_info(self, args: Sequence[str]) -> list[str]:
        """Return what is known of a node."""
        parser = Arguments("node_info")
        parser.add_argument("node_name")
        parser.add_argument("-a", "--attributes", action="store_true")
        parser.add_argument("-d", "--dumps", action="store_true")
        parser.add_argument("-t", "--traceback", action="store_true")
        parsed = parser.parse_args(args)
        name = self._node_name(parsed.node_name)
        lines = [
            f"Node {name}",
            "",
            f"  Op: {self._dump.node_op_type(name)}",
            f"  Device: {self._dump.node_device(name)}",
        ]
        for title, find in (
            ("input", self._dump.node_inputs),
            ("recipient", self._dump.node_recipients),
        ):
            plain, control = find(name), find(name, is_control=True)
            lines += ["", f"  {len(plain)} {title}(s) + {len(control)} control {title}(s):"]
            for kind, names in (("", plain), ("control ", control)):
                lines += [f"    {len(names)} {kind}{title}(s):"]
                lines += [f"      [{self._op_type(each)}] {each}" for each in names]
        if parsed.attributes:
            lines += ["", "Node attributes:"]
            for key, attr in sorted(self._dump.node_attributes(name).items()):
                lines += [f"  {key}:", *(f"    {text}" for text in str(attr).splitlines())]
        if parsed.dumps:
            keys = self._dump.debug_watch_keys(name)
            lines += ["", f"{len(keys)} dumped tensor(s):", *(f"  {key}" for key in keys)]
        if parsed.traceback:
            lines += ["", "Traceback of node construction:"]
            for file, line, function, source in self._dump.node_traceback(name):
                lines += [f"  {file}:{line}", f"    {function}: {source}"]
        return lines

    def list_inputs(self, args: Sequence[str]) -> list[str]:
        """Return what a node reads."""
        return self._neighbours(args, "list_inputs", "Inputs to", self._dump.node_inputs)

    def list_outputs(self, args: Sequence[str]) -> list[str]:
        """Return what reads a node."""
        return self._neighbours(args, "list_outputs", "Recipients of", self._dump.node_recipients)

    def _neighbours(
        self, args: Sequence[str], command: str, title: str, find: Callable[..., list[str]]
    ) -> list[str]:
        parser = Arguments(command)
        parser.add_argument("node_name")
        parser.add_argument("-c", "--control", action="store_true")
        parser.add_argument("-d", "--depth", type=int, default=20)
        parser.add_argument("-r", "--recursive", action="store_true")
        parser.add_argument("-t", "--op_type", action="store_true")
        parsed = parser.parse_args(args)
        name = self._node_name(parsed.node_name)
        depth = parsed.depth if parsed.recursive else 1
        seen: set[str] = {name}

        def lines(node: str, level: int) -> Iterator[str]:
            found = [(each, "") for each in find(node)]
            if parsed.control:
                found += [(each, "(Ctrl) ") for each in find(node, is_control=True)]
            for each, mark in found:
                kind = f"[{self._op_type(each)}] " if parsed.op_type else ""
                yield f"{'|  ' * (level - 1)}|- ({level}) {mark}{kind}{each}"
                if level < depth and each not in seen and self._dump.node_exists(each):
                    seen.add(each)
                    yield from lines(each, level + 1)

        return [f'{title} node "{name}" (Depth limit = {depth}):', *lines(name, 1)]


_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.MatMult: operator.matmul,
    ast.Mod: operator.mod,
    ast.Mult: operator.mul,
    ast.Pow: operator.pow,
    ast.Sub: operator.sub,
    ast.USub: operator.neg,
    ast.Invert: operator.invert,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
}


class Expression:
    """Computes expressions of tensors, numbers and functions of NumPy, and nothing else."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._names = {**values, "np": np, "numpy": np}

    def value(self, source: str) -> Any:
        """Return the value of an expression.

        Raises:
          ValueError: there is something in it that expressions do not have.
        """
        return self._value(ast.parse(source, mode="eval").body)

    def _value(self, node: ast.AST | None) -> Any:
        if node is None or isinstance(node, ast.Constant):
            return None if node is None else node.value
        if isinstance(node, ast.Name):
            if node.id not in self._names:
                raise ValueError(f"{node.id} is not known")
            return self._names[node.id]
        if isinstance(node, ast.Attribute) and not node.attr.startswith("_"):
            return getattr(self._value(node.value), node.attr)
        if isinstance(node, ast.Call):
            function = self._value(node.func)
            named = {each.arg: self._value(each.value) for each in node.keywords if each.arg}
            return function(*map(self._value, node.args), **named)
        if isinstance(node, (ast.Tuple, ast.List)):
            items = list(map(self._value, node.elts))
            return items if isinstance(node, ast.List) else tuple(items)
        if isinstance(node, ast.Subscript):
            return self._value(node.value)[self._value(node.slice)]
        if isinstance(node, ast.Slice):
            return slice(self._value(node.lower), self._value(node.upper), self._value(node.step))
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return _OPERATORS[type(node.op)](self._value(node.left), self._value(node.right))
        if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATORS:
            return _OPERATORS[type(node.op)](self._value(node.operand))
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            compare = _OPERATORS[type(node.ops[0])]
            return compare(self._value(node.left), self._value(node.comparators[0]))
        raise ValueError(f"{ast.unparse(node)} is no expression of tensors")


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) + 2 for column in zip(*rows, strict=True)]
    return ["".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def _slices(text: str) -> tuple[Any, ...]:
    """Return the index that `[0, 1:3, :]` stands for."""
    found: list[Any] = []
    for part in text[1:-1].split(","):
        numbers = [int(number) if number.strip() else None for number in part.split(":")]
        found.append(numbers[0] if len(numbers) == 1 else slice(*numbers))
    return tuple(found)


def _facts(value: Any) -> list[str]:
    array = np.asarray(value)
    return [f"  dtype: {array.dtype}", f"  shape: {array.shape}"]


def _value_lines(value: Any, is_whole: bool) -> list[str]:
    with np.printoptions(threshold=_ALL if is_whole else 1000):
        return repr(np.asarray(value)).splitlines()


def _summary(value: Any) -> list[str]:
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        return ["  Numeric summary: not a tensor of numbers"]
    numbers = array.astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    counts = {
        "nan": np.isnan(numbers).sum(),
        "-inf": np.isneginf(numbers).sum(),
        "-": (finite < 0).sum(),
        "0": (finite == 0).sum(),
        "+": (finite > 0).sum(),
        "+inf": np.isposinf(numbers).sum(),
        "total": numbers.size,
    }
    lines = ["Numeric summary:", " | ".join(f"{name}: {n}" for name, n in counts.items() if n)]
    if finite.size:
        lines.append(
            f"min: {finite.min()} | max: {finite.max()} | mean: {finite.mean()} | "
            f"std: {finite.std()}"
        )
    return lines


def _positions(value: Any, ranges: str) -> list[str]:
    """Return where elements are within `[low, high]` or one of several such pairs."""
    try:
        pairs = ast.literal_eval(re.sub(r"\binf\b", "1e999", ranges))
        if not isinstance(pairs[0], (list, tuple)):
            pairs = [pairs]
        found = np.zeros(np.shape(value), bool)
        for low, high in pairs:
            found |= (value >= low) & (value <= high)
    except (ValueError, SyntaxError, TypeError) as error:
        raise CommandError(f"ERROR: ranges {ranges!r}: {error}") from None
    positions = np.argwhere(found)
    return [f"{len(positions)} element(s) in ranges {ranges}:", *map(str, positions.tolist())]
