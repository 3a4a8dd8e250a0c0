"""Evidence accumulation on many tasks: the task, its ideal observer, and networks that learn it."""

from ._attractor import (
    LocalSpectrum,
    SlowPoints,
    Step,
    jacobians,
    local_spectrum,
    run_on,
    slow_points,
    step_at,
)
from ._attractor import (
    LocalSpectrum,
    SlowPoints,
    Step,
    jacobians,
    local_spectrum,
    run_on,
    slow_points,
    step_at,
)
from ._boundaries import Boundaries, Hyperplanes, Quadrics, fan, random_hyperplanes
from ._decoding import Generalisation, LatentDecoder, in_orthant, orthant_generalisation
from ._latents import Box, Gaussian, LatentDistribution
from ._observer import Posterior, extract_latents, ideal_observer, probit_of_logit
from ._task import EvidenceTask, RandomEncoder, Trials

__all__ = [
    "Boundaries",
    "Box",
    "EvidenceTask",
    "Gaussian",
    "Generalisation",
    "Hyperplanes",
    "LatentDecoder",
    "LatentDistribution",
    "LocalSpectrum",
    "LocalSpectrum",
    "Posterior",
    "Quadrics",
    "RandomEncoder",
    "SlowPoints",
    "SlowPoints",
    "Step",
    "Step",
    "Trials",
    "extract_latents",
    "fan",
    "ideal_observer",
    "in_orthant",
    "jacobians",
    "jacobians",
    "local_spectrum",
    "local_spectrum",
    "orthant_generalisation",
    "probit_of_logit",
    "random_hyperplanes",
    "run_on",
    "run_on",
    "slow_points",
    "slow_points",
    "step_at",
    "step_at",
]
