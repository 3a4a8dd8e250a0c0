"""What is dug is a tree with the law of the walk; what percolates is independent."""

from collections import Counter
from itertools import combinations, pairwise, permutations
from math import prod

import numpy as np
import pytest

from absrep.mazes import (
    Mazes,
    count_trees,
    depth_first,
    depth_first_law,
    held_out,
    lattice_edges,
    percolation,
)

from . import by_hand

EDGES = {size: lattice_edges(size).tolist() for size in (2, 3, 4, 5)}


def all_trees(size):
    """Passages of every spanning tree, by trying all sets."""
    n_edges = len(EDGES[size])
    for chosen in combinations(range(n_edges), size * size - 1):
        row = np.isin(np.arange(n_edges), chosen)
        if by_hand.is_spanning_tree(by_hand.ways_out(size, EDGES[size], row)):
            yield row


def passages_of(mazes):
    """Each maze as a set of pairs of cells."""
    edges = np.array([frozenset(pair) for pair in EDGES[mazes.size]])
    return [frozenset(edges[row]) for row in mazes.passages]


def by_running_all(size, forks):
    law = Counter()
    for root in range(size * size):
        for found, probability in by_hand.dug(size, root, forks):
            law[found] += probability / size**2
    return law


@pytest.mark.parametrize("size", [2, 3])
def test_kirchhoff_counts_the_trees_that_can_be_listed(size):
    assert count_trees(size) == len(list(all_trees(size)))


def test_kirchhoff_is_exact_where_floating_point_is_not():
    # From the eigenvalues of the lattice, in 60 digits.
    mpmath = pytest.importorskip("mpmath")
    for size in (4, 5, 8, 11):
        with mpmath.workdps(60):
            mu = [2 - 2 * mpmath.cos(mpmath.pi * j / size) for j in range(size)]
            sums = [a + b for a in mu for b in mu][1:]
            assert count_trees(size) == int(mpmath.nint(mpmath.fprod(sums) / size**2))


@pytest.mark.parametrize("size", [2, 3, 5, 8])
def test_a_depth_first_maze_joins_all_cells_without_a_loop(size):
    mazes = depth_first(40, size, seed=size)
    for row in mazes.passages:
        ways = by_hand.ways_out(size, lattice_edges(size).tolist(), row)
        assert by_hand.is_spanning_tree(ways)


def test_a_corridor_is_one_path_that_cannot_go_on():
    mazes = depth_first(300, 4, seed=0, forks=False)
    around = by_hand.neighbours(4)
    for row in mazes.passages:
        ways = by_hand.ways_out(4, EDGES[4], row)
        degrees = sorted(len(out) for out in ways.values())
        inside = {cell for cell, out in ways.items() if out}
        ends = [cell for cell in inside if len(ways[cell]) == 1]
        assert degrees[-1] <= 2 and len(ends) == 2
        assert set(by_hand.breadth_first(ways, ends[0])) == inside
        assert any(set(around[end]) <= inside for end in ends)


@pytest.mark.parametrize("forks", [True, False])
@pytest.mark.parametrize("size", [2, 3])
def test_the_law_is_that_of_all_runs(size, forks):
    mazes, law = depth_first_law(size, forks=forks)
    wanted = by_running_all(size, forks)
    found = dict(zip(passages_of(mazes), law, strict=True))
    assert set(found) == set(wanted) and len(found) == len(mazes)
    for maze, probability in wanted.items():
        assert found[maze] == pytest.approx(probability, rel=1e-12)


def test_trees_that_can_be_dug_have_no_wall_between_branches():
    """All 192 trees at 3 × 3: the criterion of the chapter picks those of the law."""
    dug = set(passages_of(depth_first_law(3)[0]))
    for row in all_trees(3):
        ways = by_hand.ways_out(3, EDGES[3], row)
        from_root = [
            all(
                a in next(by_hand.simple_paths(ways, root, b))
                or b in next(by_hand.simple_paths(ways, root, a))
                for a, b in EDGES[3]
            )
            for root in range(9)
        ]
        edges = frozenset(
            frozenset(pair) for pair, there in zip(EDGES[3], row, strict=True) if there
        )
        assert (edges in dug) == any(from_root)


def test_orders_of_children_add_up_to_one_over_the_product():
    """The identity in the proof of the law."""
    for doors in ((1, 2, 3), (1, 1, 1), (2, 5), (1, 3, 2, 1)):
        total = sum(
            prod(1 / sum(order[i:]) for i in range(len(order))) for order in permutations(doors)
        )
        assert total == pytest.approx(1 / prod(doors), rel=1e-12)


@pytest.mark.parametrize("forks", [True, False])
def test_mazes_are_drawn_by_the_law(forks, n=60_000):
    mazes, law = depth_first_law(3, forks=forks)
    counts = Counter(passages_of(depth_first(n, 3, seed=1, forks=forks)))
    drawn = np.array([counts[maze] for maze in passages_of(mazes)])
    assert drawn.sum() == n
    chi2, freedom = np.sum((drawn - n * law) ** 2 / (n * law)), len(law) - 1
    assert abs(chi2 - freedom) < 4.5 * np.sqrt(2 * freedom)


def test_the_law_is_as_symmetric_as_the_square():
    mazes, law = depth_first_law(4)
    assert law.sum() == pytest.approx(1, abs=1e-12)
    found = dict(zip(passages_of(mazes), law, strict=True))
    for maze, probability in list(found.items())[::97]:
        turned = frozenset(
            frozenset(4 * (cell % 4) + 3 - cell // 4 for cell in pair) for pair in maze
        )
        assert found[turned] == pytest.approx(probability, rel=1e-12)


def test_passages_of_a_percolation_are_independent(n=40_000):
    passages = percolation(n, 3, seed=0, openness=0.7).passages.astype(float)
    np.testing.assert_allclose(passages.mean(axis=0), 0.7, atol=4.5 * np.sqrt(0.21 / n))
    between = np.corrcoef(passages.T)[np.triu_indices(12, 1)]
    assert np.abs(between).max() < 4.5 / np.sqrt(n)


def test_percolation_draws_again_what_has_no_passage(n=20_000):
    mazes = percolation(n, 2, seed=0, openness=0.1)
    counts = np.bincount(mazes.passages.sum(axis=1), minlength=5)
    weights = np.array([1, 4, 6, 4, 1]) * 0.1 ** np.arange(5) * 0.9 ** (4 - np.arange(5))
    weights[0] = 0
    wanted = weights / weights.sum()
    assert counts[0] == 0
    np.testing.assert_allclose(counts / n, wanted, atol=4.5 * np.sqrt(0.25 / n))


def test_a_percolated_tree_keeps_its_tree():
    base = depth_first(500, 4, seed=0)
    mazes = percolation(500, 4, seed=1, openness=0.2, base=base)
    assert (mazes.passages | ~base.passages).all()
    added = mazes.passages[~base.passages]
    assert added.mean() == pytest.approx(0.2, abs=0.03)
    np.testing.assert_array_equal(
        percolation(500, 4, seed=1, openness=0.0, base=base).passages, base.passages
    )


@pytest.mark.parametrize(
    "draw",
    [
        lambda seed: depth_first(50, 4, seed),
        lambda seed: depth_first(50, 4, seed, forks=False),
        lambda seed: percolation(50, 4, seed, openness=0.5),
    ],
)
def test_the_same_seed_draws_the_same_mazes(draw):
    np.testing.assert_array_equal(draw(3).passages, draw(3).passages)
    np.testing.assert_array_equal(draw(3).passages, draw(np.random.default_rng(3)).passages)
    assert (draw(3).passages != draw(4).passages).any()


def test_a_maze_is_on_one_side_of_the_fence_wherever_it_is_drawn():
    mazes, _ = depth_first_law(4)
    side = held_out(mazes)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(mazes))
    np.testing.assert_array_equal(held_out(mazes[order]), side[order])
    assert held_out(mazes[17]).tolist() == [side[17]]
    assert side.mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / len(mazes)))


def test_the_fence_does_not_look_at_single_walls():
    rng = np.random.default_rng(0)
    mazes = Mazes(4, rng.random((40_000, 24)) < 0.5)
    side = held_out(mazes)
    for rows in (mazes.passages, ~mazes.passages):
        rates = [side[there].mean() for there in rows.T]
        np.testing.assert_allclose(rates, 0.3, atol=4.5 * np.sqrt(0.21 / 20_000))
    even = mazes.passages.sum(axis=1) % 2 == 0
    assert side[even].mean() == pytest.approx(side[~even].mean(), abs=0.03)


def test_a_smaller_share_is_part_of_a_larger_one():
    mazes = percolation(2000, 4, seed=0, openness=0.5)
    sides = [held_out(mazes, share) for share in (0.1, 0.3, 0.8)]
    for smaller, larger in pairwise(sides):
        assert (larger | ~smaller).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: depth_first(0, 3, 0), ValueError, "n_mazes"),
        (lambda: depth_first(1, 1, 0), ValueError, "size"),
        (lambda: depth_first(1, 3.5, 0), TypeError, "size"),
        (lambda: depth_first(1, 3, -1), ValueError, "seed"),
        (lambda: percolation(1, 3, 0, openness=0), ValueError, "openness"),
        (lambda: percolation(1, 3, 0, openness=1.1), ValueError, "openness"),
        (lambda: percolation(1, 3, 0, openness="wide"), TypeError, "openness"),
        (
            lambda: percolation(2, 3, 0, openness=0.5, base=depth_first(1, 3, 0)),
            ValueError,
            "base must be 2 mazes of size 3",
        ),
        (
            lambda: percolation(1, 4, 0, openness=0.5, base=depth_first(1, 3, 0)),
            ValueError,
            "base",
        ),
        (lambda: held_out(depth_first(1, 3, 0), 0), ValueError, "share"),
        (lambda: held_out(depth_first(1, 3, 0), 1), ValueError, "share must be below 1"),
        (lambda: count_trees(1), ValueError, "size"),
        (lambda: depth_first_law(5), ValueError, "size must be at most 4"),
        (lambda: depth_first_law(True), TypeError, "size"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
