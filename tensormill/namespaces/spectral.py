"""`tf.spectral`: the older home of Fourier and cosine transforms."""

from tensormill.ops.fourier import (
    fft,
    fft2d,
    fft3d,
    ifft,
    ifft2d,
    ifft3d,
    irfft,
    irfft2d,
    irfft3d,
    rfft,
    rfft2d,
    rfft3d,
)
from tensormill.ops.signal_spectra import dct, idct
