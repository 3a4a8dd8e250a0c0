"""Every static figure of the book (needs matplotlib)."""

from ._dynamics import plot_bound
from ._kernels import plot_kernels
from ._phases import plot_phases
from ._representations import plot_geometries, plot_images, plot_scores
from ._style import LATENT_COLOURS
from ._sweep import plot_sweep
from ._training import plot_training

__all__ = [
    "LATENT_COLOURS",
    "plot_bound",
    "plot_geometries",
    "plot_images",
    "plot_kernels",
    "plot_phases",
    "plot_scores",
    "plot_sweep",
    "plot_training",
]
