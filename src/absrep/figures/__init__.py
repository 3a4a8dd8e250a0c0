"""Every static figure of the book (needs matplotlib)."""

from ._alignment import plot_alignments
from ._courses import plot_courses
from ._dynamics import plot_bound
from ._examination import plot_examination
from ._kernels import plot_kernels
from ._landscape import plot_excess, plot_landscape
from ._mazes import plot_mazes
from ._measuring import (
    plot_dichotomies,
    plot_distributions,
    plot_table,
)
from ._nonlinear import (
    ExponentPanel,
    plot_exponents,
    plot_readout_plane,
    plot_signals,
)
from ._phases import plot_phases
from ._power_laws import plot_exponent_plane, plot_intervals, plot_map, plot_power_laws
from ._preactivations import plot_neurons, plot_preactivations
from ._readouts import plot_readouts
from ._recurrent import plot_eigenvalues, plot_step_overlap
from ._replicas import plot_replicas
from ._representations import (
    plot_geometries,
    plot_images,
    plot_scores,
)
from ._scatter import plot_scatter
from ._style import LATENT_COLOURS, NEUTRAL, SERIES_COLOURS
from ._sweep import plot_sweep
from ._training import plot_training
from ._trial import plot_trial

__all__ = [
    "LATENT_COLOURS",
    "NEUTRAL",
    "SERIES_COLOURS",
    "ExponentPanel",
    "plot_alignments",
    "plot_bound",
    "plot_courses",
    "plot_dichotomies",
    "plot_distributions",
    "plot_eigenvalues",
    "plot_examination",
    "plot_excess",
    "plot_exponent_plane",
    "plot_exponents",
    "plot_geometries",
    "plot_images",
    "plot_intervals",
    "plot_kernels",
    "plot_landscape",
    "plot_map",
    "plot_mazes",
    "plot_neurons",
    "plot_phases",
    "plot_power_laws",
    "plot_preactivations",
    "plot_readout_plane",
    "plot_readouts",
    "plot_replicas",
    "plot_scatter",
    "plot_scores",
    "plot_signals",
    "plot_step_overlap",
    "plot_sweep",
    "plot_table",
    "plot_training",
    "plot_trial",
]
