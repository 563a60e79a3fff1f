"""Which object it is, and not what it is equal to."""

import gc

import numpy as np

import tensormill as tf
from tensormill.graph.object_identity import (
    ObjectIdentityDictionary,
    ObjectIdentitySet,
    ObjectIdentityWeakKeyDictionary,
    ObjectIdentityWeakSet,
    Reference,
)


class _Thing:
    pass


def test_references_to_one_object_are_equal_and_lead_to_it() -> None:
    x, y, v = tf.constant(3), tf.constant(3), tf.Variable(5)
    assert x.experimental_ref() == x.experimental_ref()
    assert x.experimental_ref() != y.experimental_ref()
    assert x.experimental_ref().deref() is x
    assert v.experimental_ref().deref() is v
    assert len({x.experimental_ref(), x.experimental_ref(), v.experimental_ref()}) == 2


def test_arrays_that_cannot_be_hashed_are_keys() -> None:
    first, second = np.zeros(2), np.zeros(2)
    named = ObjectIdentityDictionary([("a", 1)])
    named[first] = "first"
    named[second] = "second"
    assert named[first] == "first"
    assert len(named) == 3
    del named[first]
    assert first not in named
    members = ObjectIdentitySet([first, first])
    assert len(members) == 1
    assert second not in members
    members.discard(first)
    assert not list(members)


def test_weak_keys_go_with_their_objects() -> None:
    kept, lost = _Thing(), _Thing()
    named = ObjectIdentityWeakKeyDictionary()
    named[kept], named[lost] = 1, 2
    members = ObjectIdentityWeakSet([kept, lost])
    del lost
    gc.collect()
    assert list(named.items()) == [(kept, 1)]
    assert list(members) == [kept]
    assert Reference(kept) in [Reference(kept)]
