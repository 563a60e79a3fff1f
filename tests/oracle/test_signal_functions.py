"""`tf.signal` in real TensorFlow and here."""

import pytest

from tests.oracle.both import answers_of_both, check_values

pytestmark = pytest.mark.oracle

_PROGRAM = """
rng = np.random.RandomState(2)
sound = tf.constant(rng.rand(2, 50).astype("f"))
free = tf.placeholder(tf.float32, [None, None])
s = tf.signal
spectra = s.stft(sound, 16, 6, 20)
made = [
    s.frame(sound, 8, 3), s.frame(sound, 8, 3, pad_end=True, pad_value=2.0),
    s.frame(sound, 1, 1, axis=0),
    s.overlap_and_add(s.frame(sound, 8, 3), 3), s.hann_window(8), s.hamming_window(9, False),
    s.hann_window(1), s.stft(sound, 10, 4), s.stft(sound, 10, 4, pad_end=True, window_fn=None),
    spectra, s.inverse_stft(spectra, 16, 6, 20, s.inverse_stft_window_fn(6)),
    s.inverse_stft(s.stft(free, 16, 8), 16, 8), s.stft(free, 16, 6, 20),
    *[s.dct(sound, t) for t in (1, 2, 3)], *[s.idct(sound, t) for t in (1, 2, 3)],
    s.dct(sound, 2, norm="ortho"), s.dct(sound, 3, norm="ortho"),
    s.dct(sound, 2, n=20), s.dct(sound, 2, n=60),
    s.linear_to_mel_weight_matrix(10, 65), s.mfccs_from_log_mel_spectrograms(sound),
    s.fftshift(sound), s.ifftshift(sound, [1]), s.rfft(sound, [70]), s.rfft2d(sound),
    s.irfft(spectra),
    s.irfft(spectra, [9]), tf.spectral.rfft(free, [64]),
    *tf.gradients(tf.abs(s.stft(sound, 16, 6)) ** 2, sound),
    *tf.gradients(s.dct(sound, 2), sound),
    *tf.gradients(s.overlap_and_add(s.frame(sound, 8, 3), 3), sound),
]
with tf.Session() as session:
    values = session.run(made, {free: rng.rand(3, 40)})
result = values
"""


def test_signal_functions_are_those_of_tensorflow(oracle) -> None:
    result, values = answers_of_both(oracle, _PROGRAM)
    check_values(result, values, rtol=1e-4, atol=1e-5)
