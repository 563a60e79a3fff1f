"""`TensorBoard`: writes what training reports to event files.

Source: TensorFlow 1.15, python/keras/callbacks_v1.py.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.graph import nest
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.keras.backend.state import get_graph, get_session, image_data_format
from tensormill.keras.backend.values import int_shape
from tensormill.keras.callback_base import Callback
from tensormill.keras.engine.data_checks import standardize_input_data
from tensormill.layers.learning_phase import learning_phase

__all__ = ["TensorBoard"]

_NO_REPORTS = ("batch", "size", "num_steps")


class TensorBoard(Callback):
    """Writes what batches and epochs report to event files, and the weights as histograms.

    Args:
      log_dir: the folder.
      histogram_freq: after how many epochs to write histograms of weights and outputs, for each
        batch of the validation data; 0 for never.
      batch_size: how many of the `embeddings_data` are computed at once.
      write_graph: whether to write the graph.
      write_grads: whether to write histograms of the gradients as well.
      write_images: whether to write the weights as images as well.
      embeddings_freq: after how many epochs to save embeddings; 0 for never.
      embeddings_layer_names: the layers whose outputs are embeddings; all of class `Embedding` by
        default.
      embeddings_metadata: the file that says what the embeddings are of, or one by layer.
      embeddings_data: what the embeddings are computed of.
      update_freq: "epoch", "batch", or after how many elements to write what batches report.
      profile_batch: taken and ignored.
    """

    def __init__(
        self, log_dir: str = "./logs", histogram_freq: int = 0, batch_size: int = 32,
        write_graph: bool = True, write_grads: bool = False, write_images: bool = False,
        embeddings_freq: int = 0, embeddings_layer_names: Any = None,
        embeddings_metadata: Any = None, embeddings_data: Any = None, update_freq: Any = "epoch",
        profile_batch: int = 2,
    ) -> None:  # fmt: skip
        super().__init__()
        self.log_dir = log_dir
        self.histogram_freq = histogram_freq
        self.batch_size = batch_size
        self.write_graph = write_graph
        self.write_grads = write_grads
        self.write_images = write_images
        self.embeddings_freq = embeddings_freq
        self.embeddings_layer_names = embeddings_layer_names
        self.embeddings_metadata = embeddings_metadata
        self.embeddings_data = embeddings_data
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.merged: Any = None
        self.writer: Any = None
        self._samples_seen = 0
        self._samples_at_last_write = 0
        self._total_batches_seen = 0
        self._total_val_batches_seen = 0

    def set_model(self, model: Any) -> None:
        """Begin the event file."""
        super().set_model(model)
        self._init_writer(model)
        if self.histogram_freq and self.merged is None:
            self._make_histogram_ops(model)
        self.merged = tf.summary.merge_all()
        if self.embeddings_freq and self.embeddings_data is not None:
            self._make_embeddings(model)

    def _init_writer(self, model: Any) -> None:
        self.writer = tf.summary.FileWriter(self.log_dir, get_graph() if self.write_graph else None)

    def _make_histogram_ops(self, model: Any) -> None:
        for layer in model.layers:
            for weight in layer.weights:
                name = weight.name.replace(":", "_")
                tf.summary.histogram(name, weight)
                image = _as_images(weight) if self.write_images else None
                if image is not None:
                    tf.summary.image(name, image)
            for weight in layer.trainable_weights if self.write_grads else []:
                (grad,) = model.optimizer.get_gradients(model.total_loss, [weight])
                values = grad.values if isinstance(grad, IndexedSlices) else grad
                tf.summary.histogram(f"{weight.name.replace(':', '_')}_grad", values)
            try:
                output = layer.output
            except AttributeError:
                continue
            if isinstance(output, list):
                for index, each in enumerate(output):
                    tf.summary.histogram(f"{layer.name}_out_{index}", each)
            else:
                tf.summary.histogram(f"{layer.name}_out", output)

    def _make_embeddings(self, model: Any) -> None:
        """Make the variables that hold embeddings, and tell TensorBoard of them."""
        self.embeddings_data = standardize_input_data(self.embeddings_data, model.input_names)
        names = self.embeddings_layer_names or [
            layer.name for layer in model.layers if type(layer).__name__ == "Embedding"
        ]
        self._batch_id, self._step = tf.placeholder(tf.int32), tf.placeholder(tf.int32)
        self._assignments = []
        variables = {}
        for layer in model.layers:
            if layer.name not in names:
                continue
            size = int(np.prod(layer.output.get_shape().as_list()[1:]))
            shape = (len(self.embeddings_data[0]), size)
            embedding = tf.Variable(tf.zeros(shape), name=f"{layer.name}_embedding")
            part = embedding[self._batch_id : self._batch_id + self._step]
            value = tf.reshape(layer.output, (self._step, size))
            self._assignments.append(tf.assign(part, value))
            variables[layer.name] = embedding
        self._saver = tf.train.Saver(list(variables.values()))
        get_session().run(tf.variables_initializer(list(variables.values())))
        metadata = self.embeddings_metadata
        projector = tf.contrib.tensorboard.plugins.projector
        config = projector.ProjectorConfig()
        for name, variable in variables.items():
            entry = config.embeddings.add()
            entry.tensor_name = variable.name
            path = metadata if isinstance(metadata, str) else (metadata or {}).get(name)
            if path is not None:
                entry.metadata_path = path
        projector.visualize_embeddings(self.writer, config)

    def _fetch_callback(self, summary: Any) -> None:
        self.writer.add_summary(summary, self._total_val_batches_seen)
        self._total_val_batches_seen += 1

    def _write(self, prefix: str, values: dict[str, Any], step: int) -> None:
        for name, value in values.items():
            if name not in _NO_REPORTS:
                summary = tf.Summary()
                summary.value.add(tag=prefix + name, simple_value=float(value))
                self.writer.add_summary(summary, step)
        self.writer.flush()

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Write what a batch reports, where that is asked for."""
        logs = logs or {}
        self._samples_seen += logs.get("size", 1)
        since = self._samples_seen - self._samples_at_last_write
        if self.update_freq != "epoch" and since >= self.update_freq:
            self._write("batch_", logs, self._total_batches_seen)
            self._samples_at_last_write = self._samples_seen
        self._total_batches_seen += 1

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Let the validation compute the histograms, in some epochs."""
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self.model._make_test_function()
            function = self.model.test_function
            if not any(self.merged is fetch for fetch in function.fetches):
                function.fetches.append(self.merged)
                function.fetch_callbacks[self.merged] = self._fetch_callback

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write what an epoch reports, and save embeddings.

        Raises:
          ValueError: embeddings are to be saved, and there is nothing to compute them of.
        """
        step = epoch if self.update_freq == "epoch" else self._samples_seen
        self._write("epoch_", logs or {}, step)
        function = self.model.test_function if self.histogram_freq else None
        if function is not None:
            function.fetches[:] = [each for each in function.fetches if each is not self.merged]
            function.fetch_callbacks.pop(self.merged, None)
        if not self.embeddings_freq:
            return
        if self.embeddings_data is None:
            raise ValueError("To visualize embeddings, embeddings_data must be provided.")
        if epoch % self.embeddings_freq == 0:
            self._save_embeddings(epoch)

    def _save_embeddings(self, epoch: int) -> None:
        session = get_session()
        count = len(self.embeddings_data[0])
        for start in range(0, count, self.batch_size):
            step = min(self.batch_size, count - start)
            feeds = {
                tensor: data[start : start + step]
                for tensor, data in zip(
                    nest.flatten(self.model.inputs), self.embeddings_data, strict=False
                )
            }
            feeds.update({self._batch_id: start, self._step: step})
            if isinstance(learning_phase(), tf.Tensor):
                feeds[learning_phase()] = False
            session.run(self._assignments, feed_dict=feeds)
        self._saver.save(session, os.path.join(self.log_dir, "keras_embedding.ckpt"), epoch)

    def on_train_end(self, logs: Any = None) -> None:
        """End the event file."""
        self.writer.close()


def _as_images(weight: Any) -> Any:
    """Return a weight as images, [n, height, width, 1]; None where it has too many axes."""
    image = tf.squeeze(weight)
    shape = int_shape(image) or ()
    if len(shape) == 1:
        return tf.reshape(image, [1, shape[0], 1, 1])
    if len(shape) == 2:
        rows, columns = shape
        if (rows or 0) > (columns or 0):
            image, rows, columns = tf.transpose(image), columns, rows
        return tf.reshape(image, [1, rows, columns, 1])
    if len(shape) == 3:
        if image_data_format() == "channels_last":
            image = tf.transpose(image, perm=[2, 0, 1])
        return tf.expand_dims(image, -1)
    return None
