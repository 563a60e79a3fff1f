"""`tf.contrib.training.HParams`."""

from __future__ import annotations

import pytest

import tensormill as tf

HParams = tf.contrib.training.HParams


def test_values_keep_their_types() -> None:
    hparams = HParams(rate=0.1, layers=2, name="net", sizes=[3, 4], deep=True)
    hparams.parse("rate=1,sizes=[5,6,7],name=other,deep=false")
    assert hparams.values() == {
        "rate": 1.0, "layers": 2, "name": "other", "sizes": [5, 6, 7], "deep": False,
    }  # fmt: skip
    hparams.parse("sizes[1]=9").parse_json('{"layers": 3}')
    assert (hparams.sizes, hparams.layers) == ([5, 9, 7], 3)
    assert "rate" in hparams
    assert hparams.get("missing", 7) == 7
    assert HParams(a=1).to_json() == '{"a": 1}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("layers=1.5", "Could not parse hparam"),
        ("other=1", "Unknown hyperparameter"),
        ("layers=1,layers=2", "Multiple assignments"),
        ("layers", "Malformed hyperparameter value"),
        ("layers=[1,2]", "Must not pass a list"),
    ],
)
def test_wrong_texts_are_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        HParams(layers=2).parse(text)


def test_values_of_other_types_are_refused() -> None:
    hparams = HParams(layers=2, sizes=[1])
    with pytest.raises(ValueError, match="Could not cast"):
        hparams.set_hparam("layers", "3")
    with pytest.raises(ValueError, match="reserved"):
        hparams.add_hparam("layers", 1)
    with pytest.raises(ValueError, match="Must pass a list"):
        hparams.set_hparam("sizes", 3)
    hparams.del_hparam("layers")
    assert hparams.values() == {"sizes": [1]}
