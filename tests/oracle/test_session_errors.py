"""The complaints that the session's tests expect are those of real TensorFlow."""

import pytest

from tensormill.testing.oracle import Oracle
from tests.session.error_cases import CASES, SETUP

pytestmark = pytest.mark.oracle

SOURCE = """
import textwrap
result = []
for source in sources:
    scope = {"tf": tf, "np": np}
    with tf.Graph().as_default():
        exec(setup, scope)
        try:
            exec(source, scope)
        except Exception as error:
            kind = [c.__name__ for c in type(error).__mro__]
            result.append([kind, str(getattr(error, "message", error))])
        else:
            result.append([[], ""])
"""


def test_tensorflow_complains_in_these_words(oracle: Oracle):
    answers = oracle.run(SOURCE, setup=SETUP, sources=[case.source for case in CASES])
    for case, (kinds, message) in zip(CASES, answers, strict=True):
        assert case.error_class in kinds, case.source
        assert case.message in message, case.source
