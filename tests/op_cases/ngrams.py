"""Cases of n-grams."""

import numpy as np

from tests.op_cases.case import OpCase

_WORDS = np.array([b"aa", b"bb", b"cc", b"dd", b"ee", b"ff"], object)
_SPLITS = np.int64([0, 4, 4, 6])


def _ngrams(widths, pad_width=0, keep=False, splits=_SPLITS, **options):
    attrs = {
        "separator": "|",
        "ngram_widths": widths,
        "left_pad": "LP",
        "right_pad": "RP",
        "pad_width": pad_width,
        "preserve_short_sequences": keep,
    }
    return OpCase("StringNGrams", [_WORDS, splits], attrs, **options)


CASES = [
    _ngrams([3]),
    _ngrams([3], keep=True),
    _ngrams([3], pad_width=-1),
    _ngrams([2, 4], pad_width=1),
    _ngrams([5, 6], keep=True),
    _ngrams([2], splits=_SPLITS.astype(np.int32)),
    _ngrams([2], splits=np.int64([1, 6]), fails="First split value must be 0, got 1"),
]
