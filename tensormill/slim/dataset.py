"""`slim.dataset`: where examples are, how they are read, and what is known of them.

Source: TensorFlow 1.15, contrib/slim/python/slim/data: dataset.py, data_provider.py and
dataset_data_provider.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.slim.parallel_reader import parallel_read

__all__ = ["DataProvider", "Dataset", "DatasetDataProvider"]


class Dataset:
    """A set of examples in files.

    Attributes:
      data_sources: patterns of files.
      reader: the class of the readers, such as `tf.TFRecordReader`.
      decoder: a `DataDecoder`.
      num_samples: how many examples there are.
      items_to_descriptions: what each item is, in words.

    All other keywords become attributes, too.
    """

    def __init__(
        self,
        data_sources: Any,
        reader: Any,
        decoder: Any,
        num_samples: int,
        items_to_descriptions: dict[str, str],
        **kwargs: Any,
    ) -> None:
        kwargs.update(
            data_sources=data_sources,
            reader=reader,
            decoder=decoder,
            num_samples=num_samples,
            items_to_descriptions=items_to_descriptions,
        )
        self.__dict__.update(kwargs)


class DataProvider:
    """Tensors by the names of items."""

    def __init__(self, items_to_tensors: dict[str, Any], num_samples: int) -> None:
        self._items_to_tensors = items_to_tensors
        self._num_samples = num_samples

    def get(self, items: Sequence[str]) -> list[Any]:
        """Return the tensors of some items.

        Raises:
          ValueError: there is no such item.
        """
        self._validate_items(items)
        return [self._items_to_tensors[item] for item in items]

    def list_items(self) -> list[str]:
        """Return the names of the items."""
        return list(self._items_to_tensors)

    def num_samples(self) -> int:
        """Return how many examples there are."""
        return self._num_samples

    def _validate_items(self, items: Sequence[str]) -> None:
        if not isinstance(items, (list, tuple)):
            raise ValueError("items must be a list or tuple")
        for item in items:
            if item not in self._items_to_tensors:
                raise ValueError(
                    f"Item {item} is invalid. Valid entries include: {self.list_items()}"
                )


class DatasetDataProvider(DataProvider):
    """The items of examples that readers read from the files of a `Dataset`."""

    def __init__(
        self,
        dataset: Dataset,
        num_readers: int = 1,
        reader_kwargs: dict[str, Any] | None = None,
        shuffle: bool = True,
        num_epochs: int | None = None,
        common_queue_capacity: int = 256,
        common_queue_min: int = 128,
        record_key: str = "record_key",
        seed: int | None = None,
        scope: str | None = None,
    ) -> None:
        """Make the readers, which runners of queues drive.

        Raises:
          ValueError: an item is called as the key of records.
        """
        facts: Any = dataset
        key, data = parallel_read(
            facts.data_sources,
            reader_class=facts.reader,
            num_epochs=num_epochs,
            num_readers=num_readers,
            reader_kwargs=reader_kwargs,
            shuffle=shuffle,
            capacity=common_queue_capacity,
            min_after_dequeue=common_queue_min,
            seed=seed,
            scope=scope,
        )
        items = facts.decoder.list_items()
        if record_key in items:
            raise ValueError(
                "The item name used for `record_key` cannot also be used for a dataset item: "
                f"{record_key}"
            )
        tensors = [*facts.decoder.decode(data, items), key]
        super().__init__(dict(zip([*items, record_key], tensors, strict=True)), facts.num_samples)
