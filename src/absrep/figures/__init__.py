"""Every static figure of the book (needs matplotlib)."""

from ._kernels import plot_kernels
from ._recurrent import plot_eigenvalues, plot_step_overlap
from ._representations import plot_geometries, plot_images, plot_scores
from ._style import LATENT_COLOURS
from ._sweep import plot_sweep
from ._training import plot_training

__all__ = [
    "LATENT_COLOURS",
    "plot_eigenvalues",
    "plot_geometries",
    "plot_images",
    "plot_kernels",
    "plot_scores",
    "plot_step_overlap",
    "plot_sweep",
    "plot_training",
]
