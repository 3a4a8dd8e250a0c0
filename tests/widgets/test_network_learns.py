"""The film of a training: against the features of a network trained by itself, and the bound."""

import numpy as np
import pytest
import torch

from absrep import hypercube, parallelism_score
from absrep.meanfield import solve
from absrep.nets import FeedForward, squared_error, train

from ..helpers import latents
from .explorers import explorer

LABELS = latents(2)
STIMULI = torch.eye(4, dtype=torch.float64)


@pytest.fixture(scope="module")
def film():
    return explorer("training_film")


def values(film, name):
    return next(p.values for p in film.parameters if p.name == name)


def distances(points):
    """Between every two rows, over their root mean square."""
    apart = np.linalg.norm(points[:, None] - points, axis=-1)
    return apart / np.sqrt(np.mean(apart**2))


def test_at_scale_one_it_shows_the_first_network_of_the_chapter(film):
    network = FeedForward(4, [100], 2, seeds=[0])
    run = train(
        network,
        np.eye(4),
        LABELS,
        n_steps=4000,
        weight_decay=0.01,
        record_at=[int(step) for step in values(film, "step")],
        probes={"features": lambda network: network.hidden(STIMULI)[-1]},
    )
    assert tuple(run.steps) == values(film, "step")
    for t, step in enumerate(run.steps):
        shown, features = film.compute(step=step, init_scale=1), run.recorded["features"][t, 0]
        assert shown["loss"] == pytest.approx(run.loss[t, 0], rel=1e-6)
        assert shown["error"] == pytest.approx(run.error[t, 0], rel=1e-3, abs=1e-6)
        by_hand = parallelism_score(features, LABELS)
        assert [shown["first"], shown["second"]] == pytest.approx(by_hand, abs=1e-4)
        np.testing.assert_allclose(distances(shown["points"]), distances(features), atol=1e-4)


def test_each_scale_starts_as_a_network_of_that_scale(film):
    for scale in values(film, "init_scale"):
        network = FeedForward(4, [100], 2, seeds=[0], init_scale=scale)
        with torch.no_grad():
            features = network.hidden(STIMULI)[-1][0].numpy()
            error = squared_error(network(STIMULI), torch.tensor(LABELS))
            loss = error + network.penalty(0.01)
        shown = film.compute(step=0, init_scale=scale)
        assert shown["error"] == pytest.approx(float(error))
        assert shown["loss"] == pytest.approx(float(loss))
        assert shown["first"] == pytest.approx(parallelism_score(features, LABELS)[0])
        np.testing.assert_allclose(distances(shown["points"]), distances(features))


def test_no_frame_is_below_the_certified_floor_and_small_starts_reach_it(film):
    best = solve(hypercube(2), weight_decay=0.01)
    reached = {}
    for scale in values(film, "init_scale"):
        frames = [film.compute(step=step, init_scale=scale) for step in values(film, "step")]
        assert min(frame["loss"] for frame in frames) >= best.lower_bound
        assert frames[0]["lowest"] == pytest.approx(best.lower_bound, rel=1e-9)
        reached[scale] = frames[-1]["loss"] / best.lower_bound - 1, frames[-1]["first"]
    for scale, (excess, ps) in reached.items():
        if scale <= 1:
            assert excess < 0.001 and ps > 0.99
    excess, ps = reached[5]
    assert excess > 1 and ps < 0.5  # large weights are still on their way


def test_pictures_face_the_labels_and_fit(film):
    walsh = np.column_stack([LABELS, LABELS.prod(axis=1)])
    for scale in values(film, "init_scale"):
        for step in values(film, "step"):
            shown = film.compute(step=step, init_scale=scale)
            # Procrustes: no rotation of the points is nearer to the three axes.
            turned = walsh.T @ shown["points"]
            np.testing.assert_allclose(turned, turned.T, atol=1e-9)
            assert np.linalg.eigvalsh(turned).min() > -1e-9
            assert np.linalg.norm(shown["points"], axis=1).max() < film.views[-1].radius
    side = np.diff(shown["square"], axis=0)
    np.testing.assert_allclose(np.linalg.norm(side, axis=1), np.sqrt(2))


def test_nothing_leaves_the_axes(film):
    loss, ps = film.views[:2]
    for scale in values(film, "init_scale"):
        shown = film.compute(step=4000, init_scale=scale)
        for panel, keys in ((loss, ("loss", "error")), (ps, ("first", "second"))):
            for key in keys:
                low, high = np.min(shown[f"{key} curve"], 0), np.max(shown[f"{key} curve"], 0)
                assert panel.xlim[0] < low[0] and high[0] < panel.xlim[1]
                assert panel.ylim[0] < low[1] and high[1] < panel.ylim[1]
