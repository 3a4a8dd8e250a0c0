"""Evidence accumulation on many tasks: the task, its ideal observer, and networks that learn it."""

from ._boundaries import Boundaries, Hyperplanes, Quadrics, fan, random_hyperplanes
from ._decoding import Generalisation, LatentDecoder, in_orthant, orthant_generalisation
from ._latents import Box, Gaussian, LatentDistribution
from ._observer import (
    Posterior,
    effective_samples,
    extract_latents,
    ideal_observer,
    probit_of_logit,
)
from ._prior import BoxPosterior, answer_accuracy, r2_limit, within_box
from ._task import EvidenceTask, RandomEncoder, Trials

__all__ = [
    "Boundaries",
    "Box",
    "BoxPosterior",
    "EvidenceTask",
    "Gaussian",
    "Generalisation",
    "Hyperplanes",
    "LatentDecoder",
    "LatentDistribution",
    "Posterior",
    "Quadrics",
    "RandomEncoder",
    "Trials",
    "answer_accuracy",
    "effective_samples",
    "extract_latents",
    "fan",
    "ideal_observer",
    "in_orthant",
    "orthant_generalisation",
    "probit_of_logit",
    "r2_limit",
    "random_hyperplanes",
    "within_box",
]
