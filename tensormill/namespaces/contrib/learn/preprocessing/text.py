"""`tf.contrib.learn.preprocessing.text`."""

from tensormill.learn.vocabulary import (
    TOKENIZER_RE,
    ByteProcessor,
    CategoricalVocabulary,
    VocabularyProcessor,
    tokenizer,
)
