"""`ElementPool`: elements come in blocks or alone, and leave in any order."""

import random

import numpy as np
import torch

from tensormill.runtime.resources.element_pool import ElementPool
from tensormill.runtime.resources.queue_elements import Block, RandomStore


def block(first: int, count: int) -> Block:
    numbers = torch.arange(first, first + count)
    words = np.array([*(b"%d" % i for i in range(first, first + count)), None], object)[:-1]
    return Block((numbers, words), 0, count)


def test_what_comes_in_leaves_as_it_was() -> None:
    drawn, pool, held, count = random.Random(1), ElementPool(), {}, 0
    for _ in range(60):
        if drawn.random() < 0.5:
            size = drawn.randint(1, 70)
            places = pool.put_block(block(count, size))
            assert places is not None
            held.update(zip(places, range(count, count + size), strict=True))
            count += size
        elif held:
            places = drawn.sample(sorted(held), drawn.randint(1, len(held)))
            taken = pool.take(places)
            wanted = [held.pop(place) for place in places]
            assert taken.components[0].tolist() == wanted
            assert taken.components[1].tolist() == [b"%d" % number for number in wanted]
    assert len(held) == len(set(held))


def test_one_element_fits_in_among_others() -> None:
    pool = ElementPool()
    word = np.array(b"x", object)
    assert pool.put((torch.tensor(5), word)) is None  # no block was there before
    pool.put_block(block(0, 2))
    place = pool.put((torch.tensor(5), word))
    assert place is not None
    taken = pool.take([place])
    assert [taken.components[0].tolist(), taken.components[1].tolist()] == [[5], [b"x"]]
    assert pool.put((torch.tensor(5.0), word)) is None
    assert pool.put((torch.tensor([5]), word)) is None


def test_large_elements_and_other_forms_do_not_fit() -> None:
    assert ElementPool().put_block(Block((torch.zeros(3, 2000),), 0, 3)) is None
    assert ElementPool().put_block(Block((torch.zeros(3, dtype=torch.bfloat16),), 0, 3)) is None
    pool = ElementPool()
    pool.put_block(Block((torch.zeros(3, 2),), 0, 3))
    assert pool.put_block(Block((torch.zeros(3, 4),), 0, 3)) is None


def test_a_store_mixes_elements_from_the_pool_with_others() -> None:
    store = RandomStore(0, lambda count: [0] * count, ElementPool())
    store.put((torch.tensor(7), np.array(b"7", object)))
    store.put_block(block(0, 3))
    store.put((torch.tensor(9), np.array(b"9", object)))
    pieces = store.pieces(store.take_many(5))
    values = []
    for piece in pieces:
        values += piece.components[0].tolist() if isinstance(piece, Block) else [int(piece[0])]
    assert values == [7, 9, 2, 1, 0]
    assert store.size == 0
