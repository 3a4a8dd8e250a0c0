"""The film of training against gradient descent written out by hand."""

import numpy as np
import pytest

from absrep import hypercube, parallelism_score
from absrep.meanfield import solve
from absrep.nets import FeedForward

from .explorers import explorer

TASK, DECAY = hypercube(2), 0.2
SCALES = (0.2, 0.5, 1.0, 2.5, 6.0)


@pytest.fixture(scope="module")
def film():
    return explorer("lazy_to_rich")


def descend(scale, until):
    """Losses, imbalances and features of eight networks, and the time reached."""
    born = FeedForward(4, [50], 2, seeds=range(8), init_scale=scale)
    w, u = (weight.detach().numpy().copy() for weight in born.weights)
    b, y = np.zeros((8, 1, 50)), TASK.labels
    time, inverse = 0.0, 50 * 6.0**2 / 4

    def state():
        z = np.maximum(w + b, 0)
        sizes = [np.square(x).sum(axis=(1, 2)) for x in (w, b, u)]
        loss = 0.5 * np.square(z @ u - y).sum(axis=(1, 2)) + 0.5 * DECAY * sum(sizes)
        return loss, sizes[0] + sizes[1] - sizes[2], z

    before = state()[1]
    while time < until - 1e-9:
        z, rate = np.maximum(w + b, 0), 1 / inverse
        residual = z @ u - y
        back = (residual @ u.transpose(0, 2, 1)) * (z > 0)
        du = z.transpose(0, 2, 1) @ residual + DECAY * u
        b, w = b - rate * (back.sum(1, keepdims=True) + DECAY * b), w - rate * (back + DECAY * w)
        u, time, inverse = u - rate * du, time + DECAY * rate, max(inverse - 2 * DECAY, 10)
    loss, imbalance, z = state()
    return loss, imbalance / before, z


@pytest.mark.parametrize(("scale", "until"), [(0.2, 0), (6.0, 1.0), (1.0, 1.0), (2.5, 2.0)])
def test_the_film_is_gradient_descent(film, scale, until):
    loss, imbalance, z = descend(scale, until)
    shown = film.compute(scale=scale, elapsed=until)
    floor = solve(TASK, weight_decay=DECAY).loss
    scores = parallelism_score(z, TASK.labels).mean(axis=1)
    assert shown["loss"] == pytest.approx(np.median(loss) / floor, rel=1e-6)
    assert shown["left"] == pytest.approx(np.median(imbalance), rel=1e-6)
    assert shown["score"] == pytest.approx(np.median(scores), abs=1e-6)
    low, high = (float(v.replace("−", "-")) for v in shown["range"].split(" to "))
    assert (low, high) == pytest.approx((scores.min(), scores.max()), abs=0.006)
    # The picture has the distances of the first network, up to one factor.
    between = [np.linalg.norm(x[:, None] - x[None], axis=2) for x in (z[0], shown["points"])]
    pairs = np.triu_indices(4, 1)
    ratio = between[0][pairs] / between[1][pairs]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-6)


@pytest.mark.parametrize("scale", SCALES)
def test_imbalance_follows_the_law_and_geometry_arrives(film, scale):
    shown = film.compute(scale=scale, elapsed=10)
    time, left = np.array(shown["imbalance"]).T
    np.testing.assert_allclose(left, np.exp(-2 * time), atol=0.03)
    assert shown["law"] == pytest.approx(np.exp(-20))
    assert shown["score"] > 0.9 and 1 <= shown["loss"] < 1.03
    assert np.ptp(shown["points"][:, 2]) < 0.6  # of 2 for the latents: nearly flat


def test_no_network_is_below_its_guarantee(film):
    for scale in SCALES:
        for elapsed in film.parameters[1].values:
            shown = film.compute(scale=scale, elapsed=elapsed)
            if shown["guaranteed"] != "nothing":
                assert shown["guaranteed"] <= shown["score"]
    assert film.compute(scale=6.0, elapsed=0)["guaranteed"] == "nothing"


def test_larger_starts_arrive_later(film):
    scores = [film.compute(scale=scale, elapsed=2)["score"] for scale in SCALES]
    assert np.all(np.diff(scores) < 0)
    with pytest.raises(ValueError, match="scale"):
        film.compute(scale=3.0, elapsed=0)
