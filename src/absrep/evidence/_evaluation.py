"""All measures of a trained network's code of the latents, in one call."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from .._validation import Array, Seed, as_array, as_count, as_generator
from ..geometry import ccgp, lifetime_sparsity, parallelism_score
from ._boundaries import Hyperplanes
from ._decoding import Condition, LatentDecoder, Pool, generalise, in_orthant
from ._learning import Learned
from ._observer import extract_latents, ideal_observer, probit_of_logit
from ._task import Trials

__all__ = ["Evaluation", "evaluate", "on_the_diagonal"]

# Enough for a decoder of four conditions; more would only take longer.
_CCGP_TRIALS = 1000


def on_the_diagonal(signs: ArrayLike) -> Condition:
    """The published test of a held-out quadrant, with its error: all latents share one sign.

    The authors' code draws one sign for all latents. Where the signs of the held-out orthant are
    equal this is that orthant; where they are not, the trials come from the two orthants of equal
    signs, in which the read-out *was* fitted.

    Parameters
    ----------
    signs : array, shape (D,)
        Of the held-out orthant.

    Returns
    -------
    callable
        From latents (n, D) to booleans (n,), for `orthant_generalisation`.

    Examples
    --------
    >>> latents = np.array([[0.2, 0.1], [-0.2, -0.1], [0.2, -0.1]])
    >>> on_the_diagonal([1, 1])(latents), on_the_diagonal([1, -1])(latents)
    (array([ True, False, False]), array([ True,  True, False]))
    """
    s = as_array("signs", signs, 1)
    if np.all(s == s[0]):
        return in_orthant(s)
    return lambda latents: np.all(latents * latents[:, :1] > 0, axis=1)


@dataclass(frozen=True, eq=False)
class Evaluation:
    r"""What the final states of R networks hold, and how well the questions are answered.

    Attributes
    ----------
    error : array, shape (R,)
        Of the question that the networks were trained on, on the validation trials.
    accuracy : array, shape (R,)
        Share of right answers at the last step.
    observer_accuracy : float
        The same of the observer without a prior.
    within : array, shape (R,)
        r² of a least-squares read-out of the latents, on new trials of the full distribution.
    seen, unseen : array, shape (R,), or None
        As `within`, of the component of the latents along the normals of the tasks, and of that
        at right angles to them, about which nothing is asked; None where there is no such
        component, or the tasks are not hyperplanes.
    held_out, held_out_own, published : array, shape (R, F)
        r² in held-out orthants: against the full variance; against the orthant's own; and against
        the full variance on the trials of `on_the_diagonal`.
    answers_held_out : array, shape (R, F)
        As `held_out`, read from the probits of the outputs instead of the states.
    angle : array, shape (R,)
        Median angle in degrees between the read-out directions of two latents.
    parallelism, ccgp : array, shape (R,)
        Of the signs of the latents, averaged over latents.
    sparsity : array, shape (R,)
        Lifetime sparsity of the state variables, `absrep.lifetime_sparsity`.
    extraction, extraction_gain : array, shape (R,), or None
        r² of the latents extracted from the outputs in closed form, as they are and with the best
        common gain; None where the tasks are not hyperplanes that span the latents.

    Examples
    --------
    >>> from absrep.evidence import Box, EvidenceTask, fan, learn, vanilla_rnn
    >>> task = EvidenceTask(fan(4), Box([1, 1]), noise=0.2, n_steps=5)
    >>> found = evaluate(learn(task, vanilla_rnn, seeds=[0], n_steps=300), rng=1)
    >>> bool(found.within[0] > 0.9), found.held_out.shape
    (True, (1, 4))
    """

    error: Array
    accuracy: Array
    observer_accuracy: float
    within: Array
    seen: Array | None
    unseen: Array | None
    held_out: Array
    held_out_own: Array
    published: Array
    answers_held_out: Array
    angle: Array
    parallelism: Array
    ccgp: Array
    sparsity: Array
    extraction: Array | None
    extraction_gain: Array | None


def evaluate(
    learned: Learned, rng: Seed, *, n_fit: int = 8000, n_test: int = 8000, n_orthants: int = 4
) -> Evaluation:
    r"""Measure the code of the latents in the final states of trained networks.

    Parameters
    ----------
    learned : Learned
    rng : int or numpy.random.Generator
    n_fit, n_test : int
        As for `orthant_generalisation`.
    n_orthants : int, default 4
        Orthants to hold out, one at a time: all with two latents, else a random choice.

    Returns
    -------
    Evaluation

    Examples
    --------
    >>> from absrep.evidence import Box, EvidenceTask, learn, random_hyperplanes, vanilla_rnn
    >>> task = EvidenceTask(random_hyperplanes(6, 3, rng=0), Box([1, 1, 1]), 0.2, n_steps=5)
    >>> found = evaluate(learn(task, vanilla_rnn, seeds=[0], n_steps=300), rng=1)
    >>> found.held_out.shape, found.angle.shape
    ((1, 4), (1,))
    """
    generator = as_generator("rng", rng)
    task = learned.task
    n_fit, n_test = as_count("n_fit", n_fit), as_count("n_test", n_test)
    d = task.latents.n_latents
    every = np.array(list(product((1.0, -1.0), repeat=d)))
    some = min(as_count("n_orthants", n_orthants), len(every))
    orthants = np.asarray(every if some == len(every) else generator.permutation(every)[:some])

    fit, test = (task.trials(size, generator) for size in (n_fit, n_test))
    fitted, new = (Pool(learned.final_states(t), t.latents) for t in (fit, test))
    outputs = learned.logits(test)[:, :, -1]
    said = Pool(probit_of_logit(learned.logits(fit)[:, :, -1]), fit.latents)
    says = Pool(probit_of_logit(outputs), test.latents)
    full = task.latents.variance
    held_out = generalise(fitted, new, full, orthants, in_orthant)
    published = generalise(fitted, new, full, orthants, on_the_diagonal)
    answers = generalise(said, says, full, orthants, in_orthant)

    right = (np.sign(outputs) == test.labels).mean(axis=(1, 2))
    decoder = LatentDecoder.fit(fitted.states, fit.latents)
    signs, states = np.where(test.latents > 0, 1.0, -1.0), new.states
    # Without noise every step shows the latents, and the mean does not depend on its size.
    observer = ideal_observer(
        test.evidence, task.noise or 1.0, autocorrelation=task.autocorrelation
    )
    best = np.where(task.boundaries.margins(observer.mean[:, -1]) > 0, 1.0, -1.0)
    plain, gained = _extraction(learned, test, outputs)
    asked, not_asked = _by_question(learned, decoder.predict(new.states), test.latents)
    return Evaluation(
        error=learned.training.error[-1],
        accuracy=right,
        observer_accuracy=float((best == test.labels).mean()),
        within=held_out.within,
        seen=asked,
        unseen=not_asked,
        held_out=held_out.held_out,
        held_out_own=held_out.held_out_own,
        published=published.held_out,
        answers_held_out=answers.held_out,
        angle=np.median(decoder.angles(), axis=1),
        parallelism=parallelism_score(states, signs).mean(axis=-1),
        ccgp=np.array([ccgp(z[:_CCGP_TRIALS], signs[:_CCGP_TRIALS]).mean() for z in states]),
        sparsity=np.array([lifetime_sparsity(z) for z in states]),
        extraction=plain,
        extraction_gain=gained,
    )


def _by_question(
    learned: Learned, predicted: Array, latents: Array
) -> tuple[Array | None, Array | None]:
    """Explained share of variance within the span of the tasks' normals, and outside it."""
    planes = learned.task.boundaries
    if not isinstance(planes, Hyperplanes):
        return None, None
    inside = np.linalg.pinv(planes.normals) @ planes.normals
    shares: list[Array | None] = []
    for projection in (inside, np.eye(len(inside)) - inside):
        part, error = latents @ projection, (predicted - latents) @ projection
        total = np.mean(np.sum((part - part.mean(axis=0)) ** 2, axis=1))
        empty = round(float(np.trace(projection))) == 0
        shares.append(None if empty else 1 - np.mean(np.sum(error**2, axis=2), axis=1) / total)
    return shares[0], shares[1]


def _extraction(
    learned: Learned, trials: Trials, outputs: Array
) -> tuple[Array, Array] | tuple[None, None]:
    """Explained share of the latents' variance, without and with a common gain, shape (R,)."""
    task, planes = learned.task, learned.task.boundaries
    if not isinstance(planes, Hyperplanes) or planes.rank < planes.n_latents or task.noise == 0:
        return None, None
    observer = ideal_observer(trials.evidence, task.noise, autocorrelation=task.autocorrelation)
    spread = observer.spread(planes)[-1]
    x, scale = trials.latents, task.latents.variance
    found = extract_latents(probit_of_logit(outputs), planes, spread)
    weighted = (found / scale).reshape(len(found), -1)
    gains = (weighted @ x.ravel()) / np.sum(weighted * found.reshape(weighted.shape), axis=1)

    def explained(estimate: Array) -> Array:
        return np.asarray(1 - np.mean((estimate - x) ** 2 / scale, axis=(1, 2)))

    return explained(found), explained(gains[:, None, None] * found)
