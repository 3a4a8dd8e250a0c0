"""Every static figure of the book (needs matplotlib)."""

from ._kernels import plot_kernels
from ._landscape import plot_excess, plot_landscape
from ._preactivations import plot_neurons, plot_preactivations
from ._representations import plot_geometries, plot_images, plot_scores
from ._style import LATENT_COLOURS
from ._sweep import plot_sweep
from ._training import plot_training

__all__ = [
    "LATENT_COLOURS",
    "plot_excess",
    "plot_geometries",
    "plot_images",
    "plot_kernels",
    "plot_landscape",
    "plot_neurons",
    "plot_preactivations",
    "plot_scores",
    "plot_sweep",
    "plot_training",
]
