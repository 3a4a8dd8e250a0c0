r"""The laboratory: one experiment, from its choices to every number and to a script (needs torch).

It stands on the layers up to the networks (tasks, kernels, geometry, mean field, nets), uses all
of them and draws nothing; `absrep.widgets` puts it behind sliders.
"""

from ._experiment import Experiment, train_together
from ._inputs import Inputs, RandomPatterns, Rotated, TargetAligned, WalshSpectrum, Whitened
from ._measures import parallelism_course, representation_measures, verdict

__all__ = [
    "Experiment",
    "Inputs",
    "RandomPatterns",
    "Rotated",
    "TargetAligned",
    "WalshSpectrum",
    "Whitened",
    "parallelism_course",
    "representation_measures",
    "train_together",
    "verdict",
]
