"""What fills a table: tensors, or a text file.

Source: TensorFlow 1.15, python/ops/lookup_ops.py.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.collections import GraphKeys
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import add_to_collection, device, init_scope, name_scope
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.graph import get_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.lookup.interface import KeysAndValues, LookupInterface, check_table_dtypes
from tensormill.ops import lookup_tables as ops

__all__ = [
    "KeyValueTensorInitializer",
    "TableInitializerBase",
    "TextFileIdTableInitializer",
    "TextFileIndex",
    "TextFileInitializer",
    "TextFileStringTableInitializer",
    "outside_control_flow",
]


def outside_control_flow() -> AbstractContextManager[None]:
    """Return a block whose nodes are in no loop or branch: a table is made once."""
    in_control_flow = get_default_graph()._get_control_flow_context() is not None
    return init_scope() if in_control_flow else nullcontext()


class TableInitializerBase(KeysAndValues):
    """Fills a table."""

    @property
    def _shared_name(self) -> str:
        return ""

    def initialize(self, table: LookupInterface) -> Operation:
        """Return the operation that fills a table."""
        raise NotImplementedError


class KeyValueTensorInitializer(TableInitializerBase):
    """Fills a table with keys and values from tensors.

    Args:
      keys: the keys, [n].
      values: their values, [n].
      key_dtype: the dtype of the keys.
      value_dtype: the dtype of the values.
      name: the name of the nodes.
    """

    def __init__(
        self,
        keys: Any,
        values: Any,
        key_dtype: Any = None,
        value_dtype: Any = None,
        name: str | None = None,
    ) -> None:
        with outside_control_flow():
            self._keys = convert_to_tensor(keys, dtype=key_dtype, name="keys")
            self._values = convert_to_tensor(values, dtype=value_dtype, name="values")
        self._name = "key_value_init" if name is None else name
        super().__init__(self._keys.dtype, self._values.dtype)

    def initialize(self, table: LookupInterface) -> Operation:
        """Return the operation that fills a table.

        Raises:
          TypeError: the table has other dtypes.
        """
        check_table_dtypes(table, self._keys.dtype, self._values.dtype)
        handle = table.resource_handle
        with name_scope(self._name, values=(handle, self._keys, self._values)):
            made: Operation = ops.lookup_table_import_v2_op(handle, self._keys, self._values)
        add_to_collection(GraphKeys.TABLE_INITIALIZERS, made)
        return made


class TextFileIndex:
    """What stands for a column: the whole line, or its number."""

    WHOLE_LINE = -2
    LINE_NUMBER = -1


class TextFileInitializer(TableInitializerBase):
    """Fills a table with keys and values from the lines of a text file.

    Args:
      filename: the file, a text or a tensor.
      key_dtype: the dtype of the keys.
      key_index: the column of the keys, or a `TextFileIndex`.
      value_dtype: the dtype of the values.
      value_index: the column of the values, or a `TextFileIndex`.
      vocab_size: how many lines to read, all by default.
      delimiter: what stands between columns.
      name: the name of the nodes.
      value_index_offset: what is added to values that are numbers of lines.

    Raises:
      ValueError: the columns and dtypes do not fit together.
    """

    def __init__(
        self,
        filename: Any,
        key_dtype: Any,
        key_index: int,
        value_dtype: Any,
        value_index: int,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str | None = None,
        value_index_offset: int = 0,
    ) -> None:
        if not isinstance(filename, Tensor) and not filename:
            raise ValueError("`filename` argument required for tf.lookup.TextFileInitializer")
        key_dtype, value_dtype = as_dtype(key_dtype), as_dtype(value_dtype)
        _check_column("key", key_index, key_dtype)
        _check_column("value", value_index, value_dtype)
        if vocab_size is not None and vocab_size <= 0:
            raise ValueError(f"`vocab_size` should be > 0, received: {vocab_size}")
        self._filename_arg = filename
        self._key_index = key_index
        self._value_index = value_index
        self._vocab_size = vocab_size
        self._delimiter = delimiter
        self._name = name
        self._offset = value_index_offset
        with device("CPU"):
            self._filename = convert_to_tensor(filename, dtypes.string, name="asset_path")
        super().__init__(key_dtype, value_dtype)

    @property
    def _shared_name(self) -> str:
        parts = [self._filename_arg, self._vocab_size, self._key_index, self._value_index]
        if self._offset:
            parts.append(self._offset)
        return "_".join(["hash_table", *(str(part) for part in parts if part is not None)])

    def initialize(self, table: LookupInterface) -> Operation:
        """Return the operation that fills a table.

        Raises:
          TypeError: the table has other dtypes.
        """
        check_table_dtypes(table, self.key_dtype, self.value_dtype)
        handle = table.resource_handle
        with name_scope(self._name, "text_file_init", (handle,)):
            made: Operation = ops.initialize_table_from_text_file_v2_op(
                handle,
                self._filename,
                key_index=self._key_index,
                value_index=self._value_index,
                vocab_size=-1 if self._vocab_size is None else self._vocab_size,
                delimiter=self._delimiter,
                offset=self._offset,
            )
        add_to_collection(GraphKeys.TABLE_INITIALIZERS, made)
        if self._filename.op.type == "Const":
            add_to_collection(GraphKeys.ASSET_FILEPATHS, self._filename)
        return made


def _check_column(what: str, index: int, dtype: DType) -> None:
    if index < TextFileIndex.WHOLE_LINE:
        raise ValueError(f"`{what}_index` should be >= -2, received: {index}.")
    if index == TextFileIndex.LINE_NUMBER and dtype != dtypes.int64:
        condition = "if `key_index` is -1" if what == "key" else "for `value_index` -1"
        raise ValueError(f"`{what}_dtype` must be int64 {condition}, received: {dtype}")
    if index == TextFileIndex.WHOLE_LINE and not (dtype.is_integer or dtype == dtypes.string):
        raise ValueError(
            f"`{what}_dtype` should be either integer or string for `{what}_index` -2, received: "
            f"{dtype}"
        )


class TextFileStringTableInitializer(TextFileInitializer):
    """Fills a table from numbers to strings from a text file."""

    def __init__(
        self,
        filename: Any,
        key_column_index: int = TextFileIndex.LINE_NUMBER,
        value_column_index: int = TextFileIndex.WHOLE_LINE,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str | None = "text_file_string_table_init",
    ) -> None:
        super().__init__(
            filename,
            dtypes.int64,
            key_column_index,
            dtypes.string,
            value_column_index,
            vocab_size=vocab_size,
            delimiter=delimiter,
            name=name,
        )


class TextFileIdTableInitializer(TextFileInitializer):
    """Fills a table from strings (or numbers) to numbers from a text file."""

    def __init__(
        self,
        filename: Any,
        key_column_index: int = TextFileIndex.WHOLE_LINE,
        value_column_index: int = TextFileIndex.LINE_NUMBER,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str | None = "text_file_id_table_init",
        key_dtype: Any = dtypes.string,
    ) -> None:
        super().__init__(
            filename,
            key_dtype,
            key_column_index,
            dtypes.int64,
            value_column_index,
            vocab_size=vocab_size,
            delimiter=delimiter,
            name=name,
        )
