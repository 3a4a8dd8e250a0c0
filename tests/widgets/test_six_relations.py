"""Two linear layers: the read-outs from the singular values alone."""

import numpy as np
import pytest

from .explorers import explorer, grid

NAME = "singular_values"


def cosine(x, y):
    """Of matrices that are diagonal in one basis."""
    return x @ y / np.sqrt((x @ x) * (y @ y))


def expected(spread, decay):
    s = 2 * np.array([1 + spread, 1, 1 - spread])
    z = np.maximum(s - decay, 0)
    below = np.append(z, 0)  # the fourth input
    lost = np.minimum(s, decay) ** 2
    return {
        "backward_rg": cosine(np.ones(4), below**2),
        "backward_rw": cosine(np.ones(4), below),
        "backward_gw": cosine(below**2, below),
        "forward_rg": cosine(z**2, lost),
        "forward_rw": cosine(z**2, z),
        "forward_gw": cosine(lost, z),
    }


def test_alignments_from_singular_values():
    made = explorer(NAME)
    for values in grid(made):
        result = made.compute(**values)
        for key, value in expected(values["spread"], values["weight_decay"]).items():
            assert result[key] == pytest.approx(value, abs=1e-9)
            np.testing.assert_allclose(
                result[f"{key}_line"][:, 1],
                [expected(r, values["weight_decay"])[key] for r in result[f"{key}_line"][:, 0]],
                atol=1e-9,
            )


def test_trained_networks_are_on_the_lines():
    made = explorer(NAME)
    for decay in made.parameters[1].values:
        result = made.compute(spread=0.4, weight_decay=decay)
        for key in expected(0, decay):
            found = result[f"{key}_dots"]
            exact = [expected(r, decay)[key] for r in found[:, 0]]
            assert len(found) == 3
            np.testing.assert_allclose(found[:, 1], exact, atol=5e-3)


def test_between_the_pages_values_there_are_lines_only():
    result = explorer(NAME).compute(spread=0.4, weight_decay=0.3)
    assert result["forward_rg_dots"].shape == (0, 2)
    assert result["forward_rg"] == pytest.approx(expected(0.4, 0.3)["forward_rg"])


def test_bars_are_what_is_learned():
    result = explorer(NAME).compute(spread=0.8, weight_decay=0.5)
    np.testing.assert_allclose(result["asked"][:, 1], [3.6, 2, 0.4])
    np.testing.assert_allclose(result["learned"][:, 1], [3.1, 1.5, 0])
    assert result["modes"] == "2 of 3"
