"""Evidence accumulation on many tasks: the task, its ideal observer, and networks that learn it."""

from ._answers import answer_kernel, graded_answers
from ._attractor import (
    LocalSpectrum,
    SlowPoints,
    jacobians,
    local_spectrum,
    run_on,
    slow_points,
    step_at,
)
from ._boundaries import Boundaries, Hyperplanes, Quadrics, fan, random_hyperplanes
from ._decoding import Generalisation, LatentDecoder, in_orthant, orthant_generalisation
from ._evaluation import Evaluation, evaluate, on_the_diagonal
from ._latents import Box, Gaussian, LatentDistribution
from ._learning import (
    Architecture,
    Learned,
    gru,
    integrator_rnn,
    leaky_rnn,
    learn,
    lstm,
    running_mean,
    transformer,
    vanilla_rnn,
)
from ._observer import (
    Posterior,
    effective_looks,
    effective_samples,
    extract_latents,
    ideal_observer,
    probit_of_logit,
)
from ._prior import BoxPosterior, answer_accuracy, r2_limit, within_box
from ._questions import (
    Question,
    asked_always,
    asked_at_end,
    asked_for_confidence,
    asked_for_probabilities,
    until_bound,
)
from ._task import EvidenceTask, RandomEncoder, Trials

__all__ = [
    "Architecture",
    "Boundaries",
    "Box",
    "BoxPosterior",
    "Evaluation",
    "EvidenceTask",
    "Gaussian",
    "Generalisation",
    "Hyperplanes",
    "LatentDecoder",
    "LatentDistribution",
    "Learned",
    "LocalSpectrum",
    "Posterior",
    "Quadrics",
    "Question",
    "RandomEncoder",
    "SlowPoints",
    "Trials",
    "answer_accuracy",
    "answer_kernel",
    "asked_always",
    "asked_at_end",
    "asked_for_confidence",
    "asked_for_probabilities",
    "effective_looks",
    "effective_samples",
    "evaluate",
    "extract_latents",
    "fan",
    "graded_answers",
    "gru",
    "ideal_observer",
    "in_orthant",
    "integrator_rnn",
    "jacobians",
    "leaky_rnn",
    "learn",
    "local_spectrum",
    "lstm",
    "on_the_diagonal",
    "orthant_generalisation",
    "probit_of_logit",
    "r2_limit",
    "random_hyperplanes",
    "run_on",
    "running_mean",
    "slow_points",
    "step_at",
    "transformer",
    "until_bound",
    "vanilla_rnn",
    "within_box",
]
