"""`tf.contrib.tensorboard.plugins.projector`: embeddings that TensorBoard shows."""

from tensorboard.plugins.projector.projector_config_pb2 import (
    EmbeddingInfo,
    ProjectorConfig,
    SpriteMetadata,
)

from tensormill.summary.projector import visualize_embeddings
