"""`tf.contrib.learn.preprocessing`."""

from tensormill.learn.vocabulary import (
    ByteProcessor,
    CategoricalProcessor,
    CategoricalVocabulary,
    VocabularyProcessor,
)
from tensormill.namespaces.contrib.learn.preprocessing import text
