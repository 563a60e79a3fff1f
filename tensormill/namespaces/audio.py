"""`tf.audio`: sounds as WAV files."""

from tensormill.ops.audio import decode_wav, encode_wav
