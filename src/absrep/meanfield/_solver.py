from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._validation import Array
from ._activations import Activation
from ._master import joint_newton_step, resolvent, scaled_energy, solve_masses
from ._metric import InputMetric
from ._oracle import best_neurons

__all__: list[str] = []


@dataclass(frozen=True)
class ScaledOptimum:
    """Atoms of unit cost (n, P), their signs and scaled masses, J, its bound, α, history."""

    preactivations: Array
    masses: Array
    energy: float
    lower_bound: float
    alpha: Array
    history: tuple[tuple[float, float], ...]


def dual_bound(alpha: Array, labels: Array, nu: float, s: float) -> float:
    r"""Best :math:`t⟨α,Y⟩ - \tfrac12νt^2\lVert α\rVert^2` over t²s ≤ 1."""
    gain, size = float(np.sum(alpha * labels)), nu * float(np.sum(alpha**2))
    if gain <= 0 or s == np.inf:
        return 0.0
    t = gain / size if size > 0 else np.inf
    if s > 0:
        t = min(t, 1 / np.sqrt(s))
    return t * gain - 0.5 * t * t * size


def conditional_covariance(kernel: Array, zero: Array, free: bool) -> Array:
    """Covariance of h given h = 0 where `zero`; with `free`, of h up to a constant."""
    indices = np.flatnonzero(zero)
    if free and len(indices):
        column = kernel[:, indices[0]]
        kernel = kernel - column[:, None] - column[None, :] + column[indices[0]]
        indices = indices[1:]
    scale = 1e-13 * max(np.trace(kernel), 1e-300)
    for p in indices:
        column = kernel[:, p]
        if column[p] > scale:
            kernel = kernel - np.outer(column, column) / column[p]
    return kernel


class Cones:
    """Atoms of a piecewise-linear activation, each on a face, ready to slide."""

    def __init__(self, metric: InputMetric, slopes: tuple[float, float], phi) -> None:
        self.phi = phi
        self.metric, self.slopes = metric, slopes
        self.cache: dict[bytes, tuple[Array, Array]] = {}

    def confine(self, h, sign):
        h, sign = h.copy(), sign.copy()
        for i in np.flatnonzero((h * sign < 0).any(axis=1)):
            while (bad := h[i] * sign[i] < 0).any():
                if self.metric.free and not (sign[i] == 0).any():
                    p = np.argmin(h[i] * sign[i]); h[i] -= h[i, p]; sign[i, p] = 0
                    continue
                b = conditional_covariance(self.metric.kernel, sign[i] == 0, self.metric.free)
                p = np.argmin(h[i] * sign[i])
                h[i] -= b[:, p] * h[i, p] / b[p, p] if b[p, p] > 0 else 0
                h[i, p] = 0
                sign[i, p] = 0
        return h, sign

    def maps(self, sign: Array) -> tuple[Array, Array]:
        """F (features = Fv at cost ‖v‖²) and W (h = Wv) of a face."""
        key = sign.astype(np.int8).tobytes()
        if key not in self.cache:
            gain = np.where(sign > 0, self.slopes[1], np.where(sign < 0, self.slopes[0], 0.0))
            b = conditional_covariance(self.metric.kernel, sign == 0, self.metric.free)
            if self.metric.free and not (sign == 0).any():
                b = b - b.mean(axis=0)
                b = b - b.mean(axis=1, keepdims=True)
                gain = gain * 0 + gain[0]
            values, axes = np.linalg.eigh(gain[:, None] * b * gain)
            keep = values > 1e-13 * max(values[-1], 0)
            f = axes[:, keep] * np.sqrt(values[keep])
            w = b @ (gain[:, None] * axes[:, keep]) / np.sqrt(values[keep])
            self.cache[key] = f, w, axes[:, keep].T * gain / np.sqrt(values[keep])[:, None]
        return self.cache[key]


def column_generation(
    labels: Array,
    metric: InputMetric,
    activation: Activation,
    nu: float,
    tol: float,
    max_rounds: int = 60,
) -> ScaledOptimum:
    assert activation.sector is not None and activation.slopes is not None
    p = len(labels)
    cones = Cones(metric, activation.slopes, activation.value)
    phi = activation.value
    if metric.free:
        labels = labels - labels.mean(axis=0)
    h = np.zeros((0, p))
    sign = np.zeros((0, p))
    mass = np.zeros(0)
    history = []
    best = 0.0

    def psi(h: Array) -> Array:
        z = phi(h)
        if metric.free:
            z = z - z.mean(axis=1, keepdims=True)
        return z.T

    for _ in range(max_rounds):
        features = psi(h)
        kernel = (features * mass) @ features.T
        _, alpha = resolvent(kernel, labels, nu)
        energy = scaled_energy(kernel, labels, nu, mass.sum())
        floor = max(1.0, float(np.square(alpha.T @ features).sum(axis=0).max(initial=0.0)))
        found = best_neurons(alpha, metric, activation.sector, floor)
        best = max(best, dual_bound(alpha, labels, nu, found.bound))
        history.append((energy, best))
        if energy - best <= tol * energy or not len(found.values):
            break
        found_n = min(len(found.values), 4 * p)
        h = np.concatenate([h, found.preactivations[:found_n]])
        sign = np.concatenate([sign, found.signs[:found_n]])
        start = mass.sum() if mass.sum() > 0 else 1 / nu
        mass = np.concatenate([mass, np.full(found_n, 1e-3 * start / found_n)])
        mass = solve_masses(psi(h), labels, nu, mass)
        keep = mass > 0
        h, sign, mass = h[keep], sign[keep], mass[keep]
        h, sign, mass, hits = _slide(cones, h, sign, mass, labels, nu)
        mass = solve_masses(psi(h), labels, nu, mass)
        keep = mass > 0
        h, sign, mass = h[keep], sign[keep], mass[keep]
    return ScaledOptimum(h, mass, energy, best, alpha, tuple(history))


def _slide(cones, h, sign, mass, labels, nu, n_steps=30):
    phi = cones.phi
    metric = cones.metric
    def energy(h):
        z = phi(h)
        if metric.free: z = z - z.mean(axis=1, keepdims=True)
        return scaled_energy(z.T @ z, labels, nu, float(metric.cost(h.T).sum()))
    h = h * np.sqrt(mass)[:, None]
    current = energy(h)
    for _ in range(n_steps):
        maps = [cones.maps(s) for s in sign]
        factors = [f - f.mean(axis=0) if metric.free else f for f, _, _ in maps]
        start = [w @ x for (_, _, w), x in zip(maps, h, strict=True)]
        step, slope = joint_newton_step(factors, start, labels, nu)
        dh = np.stack([w @ s for (_, w, _), s in zip(maps, step, strict=True)])
        base = np.stack([w @ s for (_, w, _), s in zip(maps, start, strict=True)])
        for t in 0.5 ** np.arange(12):
            trial = base + t * dh
            trial[sign == 0] = 0
            ts = sign
            if (sign * trial < 0).any():
                ph, ps = cones.confine(trial, sign)
                ep, ec = energy(ph), energy(trial)
                if ec < ep:
                    ts = np.where(sign * trial < 0, -sign, sign); value = ec
                else:
                    trial, ts, value = ph, ps, ep
            else:
                value = energy(trial)
            if value < current:
                break
        else:
            break
        done = current - value <= 1e-14 * current
        h, sign, current = trial, ts, value
        cost = metric.cost(h.T)
        keep = cost > 1e-14 * cost.sum()
        h, sign = h[keep], sign[keep]
        if done: break
    mass = metric.cost(h.T)
    return h / np.sqrt(mass)[:, None], sign, mass, []
