"""Training on 24 tasks with noisy evidence, against the code of the authors of that experiment.

Their script runs as it stands, with their settings: rate neurons, batches of 16 trials, Adam. With
a checkout of github.com/panvaf/DisentangleRes (timed at commit 4f7ba78) outside of this
repository, say in PEER, and in it the neurogym that it needs::

    pip install --target PEER/lib neurogym==2.3.1
    DISENTANGLE_RES=PEER make benchmark

Both sides are given the same task: the same distribution of latents, evidence, answers, and the
same frozen encoder, which the first test makes sure of. Two things differ. Their trials have one
step before the evidence and one after it, 22 instead of 20. And they penalise every step, with the
target ½ before the last one, where we ask at the end.
"""

from time import process_time
from typing import NamedTuple

import numpy as np
import pytest

from absrep.evidence import Box, EvidenceTask, RandomEncoder, fan, learn, vanilla_rnn

from .authors_code import AuthorsCode, authors_code

ENCODER = RandomEncoder((2, 100, 100, 40), seed=0)
TASK = EvidenceTask(fan(24), Box([0.5, 0.5]), noise=0.2, n_steps=20, encoder=ENCODER)
SIZES = [16, 128, 256]  # theirs, our default, and twice that


class Row(NamedTuple):
    trials: int
    seconds: float
    error: float


@pytest.fixture(scope="module")
def authors():
    with pytest.MonkeyPatch.context() as patch:
        yield authors_code(patch)


def ours(n_trials, batch_size):
    return learn(
        TASK,
        vanilla_rnn,
        seeds=[0],
        n_steps=n_trials // batch_size,
        batch_size=batch_size,
        n_validation=16,
    )


def test_the_task_is_theirs(authors):
    network = authors.train(1, ENCODER)
    trials = TASK.trials(500, rng=0)
    same = np.mean(network.labels(trials.latents) == (trials.labels > 0), axis=0)
    assert set(same) == {0.0, 1.0}  # below a steep line is above its other side

    inputs = network.inputs(trials.evidence)
    np.testing.assert_allclose(inputs[:, 1:-1, 1:], trials.inputs, atol=1e-5)

    latents, shown, asked = map(np.array, zip(*(network.draw() for _ in range(500)), strict=True))
    noise = shown[:, 1:-1, 1:] - latents[:, None]
    assert noise.std() == pytest.approx(TASK.noise, rel=0.02)
    np.testing.assert_allclose(network.show(shown[:, 1:-1, 1:]), shown)
    np.testing.assert_array_equal((asked[:, -1] + 1) / 2, network.labels(latents))
    assert not asked[:, :-1].any()
    assert latents.var() == pytest.approx(TASK.latents.variance.mean(), rel=0.1)


@pytest.mark.parametrize("batch_size", SIZES)
def test_trials_per_second(against, authors, batch_size, benchmark, capsys, n_trials=8192):
    authors.train(1, ENCODER)  # imports
    against(
        f"{n_trials} trials in batches of {batch_size}, theirs of {AuthorsCode.batch_size}",
        lambda: ours(n_trials, batch_size),
        lambda: authors.train(n_trials // AuthorsCode.batch_size, ENCODER),
        rounds=5,
    )
    took = [n_trials / benchmark.extra_info[f"{side}_seconds"] for side in ("ours", "peer")]
    with capsys.disabled():
        print("  trials per second: ours {:.0f}, peer {:.0f}".format(*took))


def test_to_the_same_error(request, authors, capsys, record_property, n_batches=10_000):
    """Trials, and seconds of processor time, to the same error on the same new trials.

    Their learning rate is constant, so that one run shows what every shorter one reaches. Ours
    falls to zero: each of our rows is a run of its own.
    """
    if not request.config.getoption("benchmark_enable"):
        pytest.skip("peers are timed with --benchmark-enable only")
    held_out = TASK.trials(20_000, rng=1)
    looks = {0, *(n_batches // 2**k for k in range(6))}
    theirs: list[Row] = []
    seconds = since = 0.0

    def look(done, network):
        nonlocal seconds, since
        if done in looks:
            seconds += process_time() - since if done else 0.0
            trials = done * AuthorsCode.batch_size
            theirs.append(Row(trials, seconds, network.error(held_out)))
            since = process_time()

    def ours_of(n_trials, batch_size):
        start = process_time()
        learned = ours(n_trials, batch_size)
        taken = process_time() - start
        margins = learned.logits(held_out)[0, :, -1] * held_out.labels
        return Row(n_trials, taken, np.logaddexp(0, -margins).mean())

    authors.train(n_batches, ENCODER, look)
    runs = {size: [ours_of(row.trials, size) for row in theirs if row.trials] for size in SIZES}
    with capsys.disabled():
        table("the authors", theirs)
        for batch_size, rows in runs.items():
            table(f"ours, batches of {batch_size}", rows)
            good = next((row for row in rows if row.error <= theirs[-1].error), None)
            assert good is not None, "no run of ours is as good as theirs"
            fewer, faster = theirs[-1].trials / good.trials, seconds / good.seconds
            record_property(f"times_faster_{batch_size}", faster)
            print(f"  as good as theirs: {fewer:.3g} times fewer trials, {faster:.3g} times faster")


def table(title, rows):
    print(f"\n{title}")
    for row in rows:
        print(f"  {row.trials:7d} trials, {row.seconds:6.1f} s, error {row.error:.4f}")
