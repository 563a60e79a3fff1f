"""`tf.contrib.seq2seq`: decoders, attention and losses of sequences."""

from tensormill.ops.beam_trees import gather_tree
from tensormill.seq2seq.attention import (
    AttentionMechanism,
    AttentionWrapper,
    AttentionWrapperState,
    BahdanauAttention,
    LuongAttention,
)
from tensormill.seq2seq.attention_scores import hardmax
from tensormill.seq2seq.beam_attention import (
    attention_probs_from_attn_state,
    gather_tree_from_array,
    get_attention_probs,
)
from tensormill.seq2seq.beam_search import (
    BeamSearchDecoder,
    BeamSearchDecoderOutput,
    BeamSearchDecoderState,
    FinalBeamSearchDecoderOutput,
    tile_batch,
)
from tensormill.seq2seq.decoder import BasicDecoder, BasicDecoderOutput, Decoder, dynamic_decode
from tensormill.seq2seq.helper_samples import bernoulli_sample, categorical_sample
from tensormill.seq2seq.helpers import (
    CustomHelper,
    GreedyEmbeddingHelper,
    Helper,
    InferenceHelper,
    SampleEmbeddingHelper,
    ScheduledEmbeddingTrainingHelper,
    ScheduledOutputTrainingHelper,
    TrainingHelper,
)
from tensormill.seq2seq.losses import sequence_loss
from tensormill.seq2seq.monotonic_attention import (
    BahdanauMonotonicAttention,
    LuongMonotonicAttention,
    monotonic_attention,
    safe_cumprod,
)
