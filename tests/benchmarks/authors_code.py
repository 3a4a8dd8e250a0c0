"""The training script of the multi-task evidence paper's authors, run as it stands.

The repository panvaf/DisentangleRes is neither ours nor a package: its checkout is named by the
environment variable DISENTANGLE_RES, and it needs neurogym, which the suite does not and which
wants older versions of packages that the suite has: it is looked for in the folder ``lib`` of the
checkout, after everything else. Without them the tests that ask for them are skipped;
`test_bench_evidence` says how to run them.
"""

from __future__ import annotations

import io
import os
import sys
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import pytest
import torch

from absrep.evidence import RandomEncoder, Trials

# Imported by the script, for other networks and for drawings; not used when it trains rate neurons.
_UNUSED = ("plotly", "plotly.graph_objects", "plotly.io", "transformer", "transformers")


def authors_code(patch: pytest.MonkeyPatch) -> AuthorsCode:
    """The script, ready to run; skips where it is not."""
    folder = os.environ.get("DISENTANGLE_RES")
    if folder is None:
        pytest.skip("the environment variable DISENTANGLE_RES names no checkout of the peer")
    patch.setattr(sys, "path", [folder, *sys.path, f"{folder}/lib"])
    pytest.importorskip("neurogym", reason="the peer needs neurogym 2.3.1")
    return AuthorsCode(Path(folder), patch)


class _Enough(Exception):
    pass


class AuthorsCode:
    """``train.py`` of a checkout: its settings, its data, its network, its loop.

    It was written for an older neurogym. The differences are mended in memory, as it imports them:
    where the class of environments is found, and what their steps return.
    """

    batch_size = 16

    def __init__(self, checkout: Path, patch: pytest.MonkeyPatch) -> None:
        import neurogym
        from neurogym.core import TrialEnv

        class OldTrialEnv(TrialEnv):
            def __init_subclass__(cls) -> None:
                step = cls._step

                def newer_step(self, action):
                    observation, reward, done, info = step(self, action)
                    return observation, reward, done, False, info

                cls._step = newer_step

        self._patch, self._neurogym, self._dataset = patch, neurogym, neurogym.Dataset
        self._script = compile((checkout / "train.py").read_text(), "train.py", "exec")
        patch.setattr(neurogym, "TrialEnv", OldTrialEnv, raising=False)
        patch.setenv("KMP_DUPLICATE_LIB_OK", "TRUE")  # the script sets it; this undoes it
        for name in _UNUSED:
            patch.setitem(sys.modules, name, MagicMock())

    def train(self, n_batches: int, encoder: RandomEncoder, look: Look | None = None) -> AuthorsNet:
        """Train a new network; ``look(done, network)`` sees it before every batch, and at the end.

        The script's frozen encoder gets our weights, so that both sides are given the same task.
        """
        names: dict = {}
        network = AuthorsNet(names)

        class Dataset(self._dataset):
            done = 0

            def seed(self, seed=None):
                super().seed(0)

            def __call__(self):
                if self.done == 0:
                    network.use_encoder(encoder)
                if look is not None:
                    look(self.done, network)
                if self.done == n_batches:
                    raise _Enough
                self.done += 1
                return super().__call__()

        self._patch.setattr(self._neurogym, "Dataset", Dataset)
        with (
            warnings.catch_warnings(),
            redirect_stdout(io.StringIO()),
            torch.random.fork_rng(devices=[]),
            suppress(_Enough),
        ):
            warnings.simplefilter("ignore")
            torch.manual_seed(0)
            exec(self._script, names)
        return network


class AuthorsNet:
    """What the names of the running script stand for."""

    def __init__(self, names: dict) -> None:
        self._names = names

    def use_encoder(self, encoder: RandomEncoder) -> None:
        with torch.no_grad():
            layers = zip(self._names["encoder"][::2], encoder._layers, strict=True)
            for layer, (weights, biases) in layers:
                layer.weight.copy_(torch.tensor(weights.T))
                layer.bias.copy_(torch.tensor(biases))

    def labels(self, latents: np.ndarray) -> np.ndarray:
        """Their answers, 0 or 1: which points lie above their lines through the centre."""
        (environment,) = self._names["tenvs"]
        return (latents[:, 1:] > latents[:, :1] * environment.alphas).astype(float)

    def draw(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """One of their trials: latents (2,), what is shown (22, 3), what is asked for (22, K)."""
        (environment,) = self._names["tenvs"]
        latents = environment.new_trial()["stim"]
        return latents, environment.ob, environment.gt

    def show(self, evidence: np.ndarray) -> np.ndarray:
        """Their trial (n, 22, 3) of given evidence (n, 20, 2): fixation, evidence, decision."""
        shown = np.zeros((len(evidence), evidence.shape[1] + 2, 3))
        shown[:, :-1, 0] = 1
        shown[:, 1:-1, 1:] = evidence
        return shown

    def inputs(self, evidence: np.ndarray) -> torch.Tensor:
        shown = torch.tensor(self.show(evidence), dtype=torch.float32)
        return self._names["util"].encode(self._names["encoder"], shown, 2, 3)

    def error(self, trials: Trials) -> float:
        """Cross-entropy of the decisions in nats, the mean over trials and tasks."""
        with torch.no_grad():
            states, _ = self._names["net"](self.inputs(trials.evidence))
            answers = self._names["decoder"](states[:, -1])
            truth = torch.tensor(self.labels(trials.latents), dtype=torch.float32)
            return float(torch.nn.functional.binary_cross_entropy(answers, truth))


Look = Callable[[int, AuthorsNet], object]
