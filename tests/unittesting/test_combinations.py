"""Tests made for combinations of arguments."""

import pytest
from absl.testing import parameterized

import tensormill.api as tf
from tensormill.python.framework import combinations, test_combinations
from tests.unittesting.outcomes import outcome_of


def test_combinations_are_every_choice_in_the_order_of_the_sorted_names():
    made = combinations.combine(b=[1, 2], a=["x", "y"], c=3)
    assert [tuple(each.values()) for each in made] == [
        ("x", 1, 3),
        ("x", 2, 3),
        ("y", 1, 3),
        ("y", 2, 3),
    ]
    assert combinations.combine() == [{}]


def test_a_product_joins_each_with_each_and_refuses_the_same_name_twice():
    first, second = combinations.combine(a=[1, 2]), combinations.combine(b=[3, 4])
    assert combinations.times(first, second) == combinations.combine(a=[1, 2], b=[3, 4])
    with pytest.raises(ValueError, match="Keys need to not overlap"):
        combinations.times(first, first)


def test_a_method_runs_for_each_combination_and_is_skipped_for_eager_ones():
    seen = []

    class Case(tf.test.TestCase, parameterized.TestCase):
        @combinations.generate(
            combinations.combine(
                mode=["graph", "eager"], tf_api_version=[1, 2], size=[1, 2], kind="k"
            )
        )
        def testSizes(self, size, kind):
            seen.append((size, kind, len(tf.get_default_graph().get_operations())))
            tf.constant(size)

    result = outcome_of(Case)
    assert result.wasSuccessful()
    assert seen == [(1, "k", 0), (2, "k", 0)]
    assert len([test for test, _ in result.skipped if "testSizes" in str(test)]) == 6


def test_a_class_runs_all_its_tests_for_each_combination():
    seen = []

    @combinations.generate(combinations.combine(mode=["graph"], size=[1, 2]))
    class Case(tf.test.TestCase, parameterized.TestCase):
        def testFirst(self, size):
            seen.append(("first", size))

        def testSecond(self, size, mode):
            seen.append(("second", size, mode))

    assert outcome_of(Case).wasSuccessful()
    assert sorted(seen) == [
        ("first", 1),
        ("first", 2),
        ("second", 1, "graph"),
        ("second", 2, "graph"),
    ]


def test_arguments_that_do_not_fit_a_test_fail_it():
    class Case(tf.test.TestCase, parameterized.TestCase):
        @combinations.generate(combinations.combine(a=1))
        def testLacks(self, a, b):
            pass

        @combinations.generate(combinations.combine(a=1, b=2))
        def testRefuses(self, a):
            pass

    texts = " ".join(text for _, text in outcome_of(Case).errors)
    assert "were not passed: {'b'}" in texts
    assert "parameters that were passed : {'b'}" in texts


def test_own_modifiers_change_what_a_test_gets():
    class Doubled(test_combinations.ParameterModifier):
        def modified_arguments(self, kwargs, requested_parameters):
            return {"size": 2 * kwargs["size"]}

    class Doubling(test_combinations.TestCombination):
        def parameter_modifiers(self):
            return [Doubled(), test_combinations.OptionalParameter("unused")]

    seen = []

    class Case(tf.test.TestCase, parameterized.TestCase):
        @test_combinations.generate(
            combinations.combine(size=[1, 2], unused=0), test_combinations=(Doubling(),)
        )
        def testSizes(self, size):
            seen.append(size)

    assert outcome_of(Case).wasSuccessful()
    assert seen == [2, 4]


def test_named_objects_are_what_they_hold_under_a_good_name():
    named = combinations.NamedObject("Square", lambda x: x * x)
    assert repr(named) == "Square"
    assert named(3) == 9
    assert combinations.NamedObject("Text", "abc").upper() == "ABC"
