"""`tf.contrib.legacy_seq2seq`: sequence models of lists of steps."""

from tensormill.seq2seq.buckets import (
    model_with_buckets,
    sequence_loss,
    sequence_loss_by_example,
)
from tensormill.seq2seq.legacy import (
    attention_decoder,
    basic_rnn_seq2seq,
    embedding_attention_decoder,
    embedding_attention_seq2seq,
    embedding_rnn_decoder,
    embedding_rnn_seq2seq,
    embedding_tied_rnn_seq2seq,
    one2many_rnn_seq2seq,
    rnn_decoder,
    tied_rnn_seq2seq,
)
