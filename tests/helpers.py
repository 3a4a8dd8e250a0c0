"""What more than one test module needs. No expected value comes from the library under test."""

import contextlib
from itertools import product
from types import SimpleNamespace

import numpy as np

from absrep.nets import train


def latents(n_latents):
    """All combinations of ±1, the first latent slowest."""
    return np.array(list(product((-1.0, 1.0), repeat=n_latents)))


def rotation(size, rng):
    """An orthogonal matrix drawn from the uniform distribution (signs fixed as Mezzadri 2007)."""
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    return q * np.sign(np.diag(r))


def repeated(patterns, labels, n_trials, noise, rng):
    """Trials, their labels and the condition of each: every pattern n_trials times plus noise."""
    trials = np.repeat(patterns, n_trials, axis=0)
    trials = trials + noise * rng.standard_normal(trials.shape)
    conditions = np.repeat(np.arange(len(patterns)), n_trials)
    return trials, labels[conditions], conditions


@contextlib.contextmanager
def decodanda_session(trials, labels, seed):
    """decodanda on the same trials; it draws from numpy's global state, seeded and put back here.

    Yields ``parallelism(dichotomy, **options)`` and ``ccgp(dichotomy, **options)``, where a
    dichotomy is a vector of ±1 over the rows of `latents`.
    """
    # Imported here: its import takes a second, and changes matplotlib's settings.
    from decodanda import Decodanda

    n_latents = labels.shape[1]
    words = ["".join("1" if bit > 0 else "0" for bit in row) for row in latents(n_latents)]
    names = [f"v{a}" for a in range(n_latents)]
    session = Decodanda(
        data={
            "raster": trials,
            "trial": np.arange(len(trials)),
            **dict(zip(names, labels.T, strict=True)),
        },
        conditions={name: [-1, 1] for name in names},
        verbose=False,
    )

    def sides(dichotomy):
        plus = [word for word, side in zip(words, dichotomy, strict=True) if side > 0]
        return [plus, [word for word in words if word not in plus]]

    state = np.random.get_state()  # noqa: NPY002
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield SimpleNamespace(
            parallelism=lambda d, **kw: session.parallelism_score_dichotomy(sides(d), **kw),
            ccgp=lambda d, **kw: np.mean(session.CCGP_dichotomy(sides(d), **kw)),
        )
    finally:
        np.random.set_state(state)  # noqa: NPY002


def arrays(network):
    """Weights and biases of a network as numpy arrays (copies)."""
    return (
        [w.detach().numpy().copy() for w in network.weights],
        [b.detach().numpy().copy() for b in network.biases],
    )


def fit(network, n_steps, weight_decay=0.01, **options):
    """Train on the hypercube of as many latents as the network has outputs, inputs whitened."""
    labels = latents(network.weights[-1].shape[2])
    return train(
        network, np.eye(len(labels)), labels, n_steps=n_steps, weight_decay=weight_decay, **options
    )
