"""`tf.contrib.slim.dataset_data_provider`."""

from tensormill.slim.dataset import DatasetDataProvider
