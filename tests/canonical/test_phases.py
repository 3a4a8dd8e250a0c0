"""The phases against matrices that satisfy the relations, and against brute force."""

from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest

from absrep.canonical import Alignments, follows, matrix_cosine, phases

NAMES = Alignments.relations()
RNG = np.random.default_rng(0)


def six(below, gradient, singular):
    """Cosines of the six relations on the range of W, in its singular basis."""
    s = np.diag(singular)
    z, above, sent = s @ s, s @ below @ s, s @ gradient @ s
    pairs = ((above, gradient), (above, z), (gradient, z), (below, sent), (below, z), (sent, z))
    return dict(zip(NAMES, (float(matrix_cosine(x, y)) for x, y in pairs), strict=True))


def power(singular, exponent):
    return np.diag(singular ** (2.0 * float(exponent)))


@pytest.mark.parametrize("phase", phases(), ids=lambda phase: "+".join(phase.relations))
def test_a_phase_satisfies_its_relations_and_no_others(phase):
    singular = np.array([1.0, 1.5, 2.5, 4.0])
    if phase.compact:
        assert not phase.complete
        return
    found = six(power(singular, phase.below), power(singular, phase.above), singular)
    for name, cosine in found.items():
        assert (cosine > 1 - 1e-12) == (name in phase.relations)
    # Exponents of H_b, G_b, H_a, G_a as powers of Z.
    a, b = phase.below, phase.above
    assert phase.powers == (a + 1, b, a, b + 1)


def test_every_set_of_relations_by_brute_force():
    """Exponents on a lattice: which (a, b) satisfy the relations with unequal singular values?"""
    singular = np.array([1.0, 2.0, 3.0])
    lattice = [Fraction(k, 2) for k in range(-8, 9)]
    holds = {
        (a, b): {name for name, cosine in six(*pair).items() if cosine > 1 - 1e-12}
        for a, b in product(lattice, repeat=2)
        for pair in [(power(singular, a), power(singular, b), singular)]
    }
    for size in range(7):
        for names in combinations(NAMES, size):
            points = [place for place, found in holds.items() if found >= set(names)]
            phase = follows(names)
            if phase is None:
                assert len(points) > 1
            elif phase.compact:
                assert not points
            else:
                assert points == [(phase.below, phase.above)]


def test_any_three_relations_that_are_not_one_side_give_all_six():
    for names in combinations(NAMES, 3):
        sides = {name.split("_")[0] for name in names}
        assert follows(names).complete == (len(sides) == 2)


@pytest.mark.parametrize("kind", ["rg", "rw", "gw"])
def test_the_same_relation_on_both_sides_leaves_one_kind_of_matrix_free(kind):
    """W is compact, and still not all six relations hold."""
    phase = follows([f"forward_{kind}", f"backward_{kind}"])
    assert phase.compact
    assert not phase.complete
    factor = RNG.standard_normal((4, 6))
    free, one = factor @ factor.T, np.eye(4)
    matrices = {"rg": (free, free), "rw": (one, free), "gw": (free, one)}[kind]
    found = six(*matrices, np.full(4, 2.0))
    held = {name for name, cosine in found.items() if cosine > 1 - 1e-12}
    assert held == {f"forward_{kind}", f"backward_{kind}"}


def test_representation_and_gradient_need_not_commute_with_the_weights_to_begin_with():
    """(RG, RG) by iteration: G = κ Z G Z keeps only what lies on one eigenspace of Z."""
    z = np.diag([1.0, 1.0, 2.0, 0.5])
    g = np.zeros((4, 4))
    block = RNG.standard_normal((2, 2))
    g[:2, :2] = block @ block.T
    assert np.allclose(z @ g @ z, g)
    # The pair (2, 1/2) solves the equation off the diagonal, but no covariance has such an entry.
    g[2, 3] = g[3, 2] = 0.1
    assert np.allclose(z @ g @ z, g)
    assert np.linalg.eigvalsh(g)[0] < 0


def test_reciprocal_phases():
    verdicts = {phase.relations: phase.reciprocal for phase in phases() if not phase.compact}
    assert [names for names, verdict in verdicts.items() if verdict] == [
        ("forward_gw", "backward_rw")
    ]
    assert [names for names, verdict in verdicts.items() if verdict is False] == [
        ("forward_rg", "backward_rw"),
        ("forward_gw", "backward_rg"),
    ]
    assert all(phase.reciprocal is None for phase in phases() if phase.compact)


def test_bad_input():
    assert follows([]) is None
    with pytest.raises(ValueError, match="relation must be among"):
        follows(["forward"])
