"""`ElementPool`: elements come in blocks or alone, and leave in any order."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from tensormill.runtime.resources.element_pool import ElementPool
from tensormill.runtime.resources.queue_elements import Block, Piece, RandomStore


def block(first: int, count: int) -> Block:
    numbers = torch.arange(first, first + count)
    words = np.array([*(b"%d" % i for i in range(first, first + count)), None], object)[:-1]
    return Block((numbers, words), 0, count)


def test_what_comes_in_leaves_as_it_was() -> None:
    drawn, pool, held, count = random.Random(1), ElementPool(), list[int](), 0
    for _ in range(60):
        if drawn.random() < 0.5:
            size = drawn.randint(1, 70)
            assert pool.put_block(block(count, size))
            held += range(count, count + size)
            count += size
        elif held:
            numbers = drawn.sample(range(len(held)), drawn.randint(1, len(held)))
            left = [n for n in range(len(held)) if n not in numbers]
            drawn.shuffle(left)
            moved = {new: old for new, old in enumerate(left) if new != old}
            taken = pool.take(numbers, moved)
            wanted = [held[number] for number in numbers]
            assert taken.components[0].tolist() == wanted
            assert taken.components[1].tolist() == [b"%d" % number for number in wanted]
            held = [held[number] for number in left]
        assert pool.size == len(held)
    rest = pool.take(range(pool.size), {})
    assert rest.components[0].tolist() == held


def test_one_element_fits_in_among_others() -> None:
    pool = ElementPool()
    word = np.array(b"x", object)
    pool.put_block(block(0, 2))
    number = torch.tensor(5)
    assert pool.put((number, word))
    number.fill_(6)  # what is in the pool is a copy
    taken = pool.take([2], {})
    assert [taken.components[0].tolist(), taken.components[1].tolist()] == [[5], [b"x"]]
    assert not pool.put((torch.tensor(5.0), word))
    assert not pool.put((torch.tensor([5]), word))
    pool.take([0, 1], {})
    assert pool.put((torch.tensor(5.0), word))  # it is empty, and takes on another form


def test_large_elements_and_other_forms_do_not_fit() -> None:
    assert not ElementPool().put_block(Block((torch.zeros(3, 2000),), 0, 3))
    assert not ElementPool().put_block(Block((torch.zeros(3, dtype=torch.bfloat16),), 0, 3))
    pool = ElementPool()
    pool.put_block(Block((torch.zeros(3, 2),), 0, 3))
    assert not pool.put_block(Block((torch.zeros(3, 4),), 0, 3))


def values(pieces: Sequence[Piece]) -> list[int]:
    found: list[int] = []
    for piece in pieces:
        numbers = piece.components[0] if isinstance(piece, Block) else piece[0].reshape(1)
        found += numbers.tolist()
    return found


def store_of(seed: int, pool: ElementPool | None, min_after_dequeue: int = 0) -> RandomStore:
    drawn = random.Random(seed)
    words: list[int] = []

    def draw(count: int) -> list[int]:
        words.extend(drawn.randrange(2**32) for _ in range(count))
        return [words.pop(0) for _ in range(count)][::-1]

    return RandomStore(min_after_dequeue, draw, pool, torch.clone)


def row(number: int) -> tuple[torch.Tensor]:
    return (torch.tensor(number),)


def rows(first: int, count: int) -> Block:
    return Block((torch.arange(first, first + count),), 0, count)


@pytest.mark.parametrize("seed", range(4))
def test_a_pool_changes_nothing_of_what_a_store_gives(seed: int) -> None:
    with_pool, without = store_of(seed, ElementPool()), store_of(seed, None)
    drawn, count = random.Random(seed), 0
    for _ in range(100):
        choice, size = drawn.random(), drawn.randint(1, 9)
        if choice < 0.3:
            with_pool.put(row(count))
            without.put(row(count))
            count += 1
        elif choice < 0.6:
            with_pool.put_block(rows(count, size))
            without.put_block(rows(count, size))
            count += size
        else:
            size = min(size, with_pool.size)
            assert values(with_pool.take_many(size)) == values(without.take_many(size))
        assert with_pool.size == without.size


@pytest.mark.parametrize("pool", [ElementPool, lambda: None])
@pytest.mark.parametrize("there", [0, 2, 5])
@pytest.mark.parametrize("wanted", [1, 4, 20])
def test_elements_put_among_those_who_take_are_put_and_taken_in_turns(pool, there, wanted) -> None:
    at_once, one_by_one = store_of(3, pool(), 4), store_of(3, pool(), 4)
    there = min(there, 4)  # who waits has left no more than must stay
    for store in (at_once, one_by_one):
        for number in range(there):
            store.put(row(number))
    taken = values(at_once.put_among(rows(10, 8), wanted))
    expected: list[int] = []
    for number in range(10, 18):
        one_by_one.put(row(number))
        if one_by_one.available(False) and len(expected) < wanted:
            expected += values([one_by_one.take()])
    assert taken == expected
    assert values(at_once.take_many(at_once.size)) == values(one_by_one.take_many(one_by_one.size))


def test_a_store_mixes_elements_from_the_pool_with_others() -> None:
    store = RandomStore(0, lambda count: [0] * count, ElementPool(), np.copy)
    store.put_block(Block((np.arange(3),), 0, 3))
    store.put((np.array([9, 9]),))
    store.put((np.array(8),))
    assert [np.ravel(piece[0]).tolist() for piece in store.take_many(5)] == [
        [0],
        [8],
        [9, 9],
        [2],
        [1],
    ]
    assert store.size == 0
    store.put_block(Block((np.arange(3),), 0, 3))
    assert [type(piece) for piece in store.take_many(2)] == [Block]
    taken = store.take()
    assert [int(value) for value in taken[0:1]] == [1]


def test_what_was_taken_for_nothing_goes_back_the_last_one_first() -> None:
    store = RandomStore(0, lambda count: list(range(count)), ElementPool(), torch.clone)
    store.put_back([row(1), rows(2, 2), row(4)])
    # The numbers that are drawn take the last element each time.
    assert values(store.take_many(4)) == [1, 2, 3, 4]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("pool", [ElementPool, lambda: None])
def test_an_exchange_is_a_put_and_a_take(seed: int, pool) -> None:
    at_once, one_by_one = store_of(seed, pool(), 2), store_of(seed, pool(), 2)
    for number in range(40):
        # One that does not fit in the pool comes in between.
        wide = (torch.tensor([number, number]),) if number == 25 else row(number)
        taken = at_once.exchange(wide)
        one_by_one.put(wide)
        expected = one_by_one.take_many(1) if one_by_one.available(False) else []
        assert [np.asarray(piece[0]).tolist() for piece in taken] == [
            np.asarray(piece[0]).tolist() for piece in expected
        ]
        assert at_once.size == one_by_one.size == min(number + 1, 2)


def test_numbers_of_numpy_and_of_torch_are_of_one_form() -> None:
    pool = ElementPool()
    assert pool.put((np.int64(1), np.float32([1, 2])))
    assert pool.put((torch.tensor(2), torch.tensor([3.0, 4.0])))
    assert not pool.put((np.int32(1), np.float32([1, 2])))
    assert not pool.put((torch.tensor(2),))
    assert pool.put_block(Block((np.arange(3, 5), torch.ones(2, 2)), 0, 2))
    taken = pool.take([1, 0, 3], {0: 2})
    assert taken.components[0].tolist() == [2, 1, 4]
    assert taken.components[1].tolist() == [[3, 4], [1, 2], [1, 1]]
    assert [type(component) for component in taken.components] == [torch.Tensor, torch.Tensor]
