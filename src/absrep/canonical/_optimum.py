r"""The six alignments where the loss is smallest.

Where the loss is stationary in the weights below a layer, λW = −Gᵀh_a, the preactivations fix
:math:`\tilde KG = -λH` over the stimuli, and so the weights. The neuron gradients they fix if
:math:`\tilde K` is invertible, or G known to lie in its range, as at an abstract optimum: then
:math:`G = -λ\tilde K^{-1}H`, and all six alignments of every linear map follow from H alone,
whatever the representation is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from .._validation import Array, as_count, as_number
from ..meanfield import (
    Activation,
    closed_form,
    deep_closed_form,
    deep_gradients,
    deep_weights,
    relu,
)
from ..nets import LinearLayer
from ..tasks import Task
from ._alignment import Alignments

__all__ = ["optimum_alignments", "stationary_layers"]


def stationary_layers(
    preactivations: Sequence[ArrayLike],
    task: Task,
    activation: Activation = relu,
    weight_decay: float | Sequence[float] = 1e-2,
    bias: float = 1.0,
) -> dict[str, LinearLayer]:
    r"""Linear maps of the network with these preactivations, where the loss is stationary.

    Weights and gradients are those of `absrep.meanfield.deep_weights` and `deep_gradients`. The
    gradients of a hidden layer are those of the network if its input kernel with the bias,
    :math:`\tilde K`, is invertible (the stimuli with the constant are linearly independent), or
    they lie in its range, as in abstract networks. Otherwise they are only the part of them in the
    range, and of the six alignments only those of representation and weights are right.

    Parameters
    ----------
    preactivations : list of array, shape (P, M_l)
        Layer after layer, one neuron per column, such as
        ``[best.preactivations * np.sqrt(best.masses)]`` of what `absrep.meanfield.solve` finds
        for an activation of degree 1.
    task : Task
    activation : Activation
    weight_decay : float or sequence of float
        λ, or one for each matrix (read-out last); above zero.
    bias : float
        τ in [0, ∞], in all hidden layers.

    Returns
    -------
    dict of str to LinearLayer
        "hidden 1" …, "read-out".

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range, or a layer cannot be produced from the one below.

    Examples
    --------
    >>> from absrep import hypercube
    >>> from absrep.canonical import alignments
    >>> from absrep.meanfield import solve
    >>> task, best = hypercube(2), solve(hypercube(2))
    >>> layers = stationary_layers([best.preactivations * np.sqrt(best.masses)], task)
    >>> alignments(layers["read-out"]).stacked().round(6)
    array([1., 1., 1., 1., 1., 1.])
    """
    about = preactivations, task, activation, weight_decay, bias
    weights, offsets = deep_weights(*about)
    features = [task.features, *(activation.value(np.asarray(h)) for h in preactivations)]
    offsets.append(np.zeros(task.n_latents))
    parts = zip(features, weights, deep_gradients(*about), offsets, strict=True)
    names = [*(f"hidden {depth + 1}" for depth in range(len(preactivations))), "read-out"]
    layers = (LinearLayer(z, w.T, g, offset) for z, w, g, offset in parts)
    return dict(zip(names, layers, strict=True))


def optimum_alignments(
    task: Task,
    activation: Activation = relu,
    weight_decay: float | tuple[float, float] = 1e-2,
    bias: float = 1.0,
    width: int | None = None,
    *,
    depth: int = 1,
    centred: bool = True,
    kink: float | None = None,
) -> dict[str, Alignments]:
    r"""The six alignments of every linear map at the abstract optimum, in closed form.

    All matrices are diagonal in one basis: one direction that belongs to the constant, d equal
    ones that belong to the latents, and, below the first layer only, the rest of the inputs. So
    each is known by its entry r on the constant relative to the latents, :eq:`eq-shares`.

    Parameters
    ----------
    task, activation, weight_decay, bias, width
        As for `absrep.meanfield.closed_form`.
    depth : int, default 1
        Hidden layers; if more than one, as for `absrep.meanfield.deep_closed_form` (ReLU, one
        weight decay, a finite bias).
    centred : bool, default True
        Covariances, or plain second moments.
    kink : float, optional
        Slope of the activation at 0, where half the preactivations of the optimum may be. By
        default the one for which the optimum is stationary; automatic differentiation has 0 for
        ReLU. Centred alignments do not depend on it.

    Returns
    -------
    dict of str to Alignments

    Raises
    ------
    ValueError
        If there is no closed form, or learning has collapsed: without activity and weights
        nothing is aligned.

    Examples
    --------
    >>> from absrep import hypercube
    >>> found = optimum_alignments(hypercube(2), centred=False)
    >>> found["read-out"].stacked().round(4)
    array([1.    , 1.    , 1.    , 0.5774, 0.5774, 1.    ])
    """
    n_layers = as_count("depth", depth)
    form = closed_form(task, activation, weight_decay, bias, width)
    strengths = np.array([form.strength])
    if n_layers > 1:
        if activation is not relu or np.ndim(weight_decay):
            raise ValueError("depth must be 1 unless ReLU layers share one weight decay")
        strengths = deep_closed_form(task, n_layers, float(weight_decay), bias).strengths  # type: ignore[arg-type]
    if not strengths.all():
        raise ValueError("task must not be collapsed: without activity nothing is aligned")
    y, p, d = task.labels, task.n_stimuli, task.n_latents
    kernel = task.input_kernel
    latent = float(np.einsum("pa,pq,qa->", y, kernel, y) / (p * d))
    constant = float(kernel.sum() / p)
    rest = float(np.sum(kernel**2) - constant**2 - d * latent**2)
    h = form.preactivations[:, 0]
    layers: dict[str, Alignments] = {}
    for i in range(n_layers):
        if i:
            # Features ∝ 1 ± y_a of the layer below, and neurons ∝ 1 ± y_a of this one.
            latent, rest = strengths[i - 1] * p, 0.0
            constant, h = d * latent, 1 + y[:, 0]
        layers[f"hidden {i + 1}"] = _hidden(
            h, y, (constant, latent, rest), bias * p, centred=centred, kink=kink
        )
    z = activation.value(form.preactivations[:, 0]) if n_layers == 1 else h
    feature = d * (z.mean() / (z @ y[:, 0] / p)) ** 2 if not centred else 0.0
    one = np.array(1.0)
    uneven = np.array(np.sqrt(d / (d + feature**2)))
    layers["read-out"] = Alignments(one, one, one, uneven, uneven, one)
    return layers


def _hidden(
    h: Array,
    labels: Array,
    spectrum: tuple[float, float, float],
    bias: float,
    *,
    centred: bool,
    kink: float | None,
) -> Alignments:
    """Of a hidden layer, from a neuron h of the first latent and the input's eigenvalues."""
    (p, d), (constant, latent, rest) = labels.shape, spectrum
    ratio = h.mean() / (h @ labels[:, 0] / p)
    # Eigenvalues of the input kernel with its bias; a free bias carries all that is constant.
    slant = ratio * latent / (constant + bias)
    weights = d * ratio**2 * latent * constant / (constant + bias) ** 2 if bias < np.inf else 0.0
    if kink is not None and np.abs(h).min() < 1e-9 * np.abs(h).max():
        slope = as_number("kink", kink, at_least=0)
        slant = (1 - slope) / (1 + slope)
    above, gradient = (0.0, 0.0) if centred else (d * ratio**2, d * slant**2)
    inputs = 0.0 if centred else constant / latent
    sent_down = gradient * weights

    def cosine(r: float, s: float, others: float = 0.0) -> Array:
        return np.array((d + r * s) / np.sqrt((d + r**2 + others) * (d + s**2)))

    spread = rest / latent**2
    return Alignments(
        cosine(above, gradient),
        cosine(above, weights),
        cosine(gradient, weights),
        cosine(inputs, sent_down, spread),
        cosine(inputs, weights, spread),
        cosine(sent_down, weights),
    )
