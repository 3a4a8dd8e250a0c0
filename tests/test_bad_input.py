"""Malformed calls: from a call that works, one argument is spoilt; the error must name it."""

import inspect
import re

import numpy as np
import pytest
import torch
from sklearn.svm import SVC

import absrep as ab
from absrep.nets import FeedForward, Recurrent, train

from .helpers import latents

Y, SQUARE, D = latents(3), latents(2), ab.balanced_dichotomies(8)
X = np.random.default_rng(0).standard_normal((8, 5))
TRIALS, LABELS, CONDITIONS = (np.repeat(a, 3, axis=0) for a in (X, Y, np.arange(8)))
FIVEFOLD = [np.repeat(a, 5, axis=0) for a in (X, Y)]
NETWORK = FeedForward(4, [5], 2, seeds=[0])


def spoilt(array, value):
    changed = array.astype(float)
    changed.flat[0] = value
    return changed


NAN, INF = spoilt(X, np.nan), spoilt(X, np.inf)
ASYMMETRIC, INDEFINITE = np.triu(np.ones((4, 4))), np.diag([1.0, 1, 1, -1])
RAGGED = [[1.0, 2.0], [3.0], *X[2:].tolist()]
CONSTANT = np.column_stack([Y, np.ones(8)])
# The first two latents agree throughout: no context shows both values of either.
CONFOUNDED = np.column_stack([Y[:, 0], Y])
ALONE = np.vstack([Y, Y[1:], Y[1:], Y[1:3]])  # one trial of the first condition
ONE_POINT, TWINS = np.full((8, 2), 0.1), np.array([X[0], *X[:-1]])


def kernel_task(kernel):
    return ab.Task(SQUARE, kernel=kernel)


VALID = {
    ab.Task: {"labels": Y, "features": X, "names": list("abc")},
    ab.GradedTask: {"labels": X, "features": X, "names": list("abcde")},
    ab.GradedTask.of_kernel: {"output_kernel": np.eye(4), "input_kernel": np.eye(4)},
    kernel_task: {"kernel": np.eye(4)},
    ab.hypercube: {"n_latents": 2, "input_kernel": np.eye(4)},
    ab.multi_element: {"n_latents": 2, "correlation": np.eye(3)},
    ab.digits: {"rng": 0, "test_fraction": 0.5},
    ab.noisy_trials: {"patterns": X, "labels": Y, "n_trials": 2, "noise": 0.1, "rng": 0},
    ab.poisson_trials: {"rates": np.abs(X), "labels": Y, "n_trials": [1] * 8, "rng": 0},
    ab.gram: {"features": X},
    ab.gram_factor: {"kernel": np.eye(4)},
    ab.center: {"kernel": np.eye(4)},
    ab.kernel_alignment: {"kernel_a": np.eye(4), "kernel_b": np.eye(4)},
    ab.kernel_from_spectrum: {"spectrum": [1.0, 2.0]},
    ab.walsh_spectrum: {"kernel": np.eye(4)},
    ab.walsh_basis: {"n_latents": 2},
    ab.walsh_orders: {"n_latents": 2},
    ab.target_aligned_kernel: {"labels": Y, "gain": 1.0},
    ab.random_kernel: {"n_stimuli": 3, "n_features": 3, "rng": 0},
    ab.rotated_kernel: {"spectrum": [1.0, 2.0], "rng": 0},
    ab.condition_means: {"features": X, "labels": Y},
    ab.parallelism_score: {"features": X, "labels": Y},
    ab.cross_validated_parallelism_score: {"features": TRIALS, "labels": LABELS},
    ab.expected_parallelism_score: {"patterns": X, "labels": Y, "noise": 0.5, "n_trials": 9},
    ab.kernel_parallelism_score: {"kernel": np.eye(8), "labels": Y},
    ab.balanced_dichotomies: {"n_conditions": 4},
    ab.dichotomy_parallelism: {"features": X, "conditions": range(8), "dichotomies": D},
    ab.ccgp: {"features": X, "labels": Y, "max_distance": 1, "penalty": 1.0, "decoder": None},
    ab.dichotomy_ccgp: {"features": X, "conditions": range(8), "dichotomies": D},
    ab.kernel_decoding: {
        "kernel": np.eye(8), "dichotomies": D, "noise": 0.5, "n_trials": 9.6, "n_neurons": 50,
    },
    ab.kernel_ccgp: {"kernel": np.eye(8), "dichotomies": D, "noise": 0.5},
    ab.decoding_accuracy: {"features": TRIALS, "labels": LABELS, "rng": 0, "n_folds": 3},
    ab.dichotomy_decoding: {
        "features": TRIALS, "conditions": CONDITIONS, "dichotomies": D, "rng": 0, "n_folds": 3,
    },
    ab.abstraction_scores: {"features": FIVEFOLD[0], "labels": FIVEFOLD[1], "rng": 0},
    ab.shattering: {"features": TRIALS, "conditions": CONDITIONS, "rng": 0, "n_folds": 3},
    ab.separable_dichotomies: {"patterns": X, "dichotomies": D},
    ab.participation_ratio: {"features": X},
    ab.cross_validated_participation_ratio: {
        "features": np.repeat(X, 4, axis=0), "labels": np.repeat(Y, 4, axis=0), "rng": 0,
        "n_splits": 2,
    },
    ab.readout_modularity: {"weights": X},
    ab.lifetime_sparsity: {"features": X},
    ab.linear_cka: {"features_a": X, "features_b": X[:, :2]},
    ab.intrinsic_dimension: {"points": X, "n_neighbours": 3},
    ab.local_axes: {"points": X, "n_neighbours": 3},
    ab.shuffle_labels: {"features": X, "labels": Y, "rng": 0},
    ab.shuffle_trials: {"features": X, "labels": Y, "rng": 0},
    ab.shuffle_neurons: {"features": X, "labels": Y, "rng": 0},
    ab.null_distribution: {
        "measure": ab.parallelism_score, "features": X, "labels": Y,
        "shuffle": ab.shuffle_neurons, "n_shuffles": 2, "rng": 0,
    },
    FeedForward: {"n_inputs": 4, "widths": [5], "n_outputs": 2, "seeds": [0]},
    Recurrent: {"n_inputs": 4, "width": 5, "n_outputs": 2, "seeds": [0], "n_steps": 3},
    train: {
        "network": NETWORK, "inputs": np.eye(4), "targets": SQUARE, "n_steps": 2,
        "weight_decay": 0.1, "learning_rate": 0.01,
    },
}  # fmt: skip

# Function, argument, value, what is raised, what is wrong with the value.
TABLE = [
    (ab.Task, "features", None, ValueError, "neither features nor kernel"),
    (ab.Task, "kernel", np.eye(8), ValueError, "both features and kernel"),
    (ab.Task, "features", NAN, ValueError, "NaN"),
    (ab.Task, "features", X[:, 0], ValueError, "a vector"),
    (ab.Task, "features", "digits", TypeError, "text"),
    (ab.Task, "features", RAGGED, TypeError, "ragged"),
    (ab.Task, "features", X[:, :0], ValueError, "no column"),
    (ab.Task, "labels", Y[1:], ValueError, "a row short"),
    (ab.Task, "labels", spoilt(Y, 0.5), ValueError, "one is 0.5"),
    (ab.Task, "labels", Y > 0, ValueError, "0 and 1"),
    (ab.Task, "labels", spoilt(Y, np.nan), ValueError, "one is NaN"),
    (ab.Task, "labels", None, (TypeError, ValueError), "missing"),
    (ab.GradedTask, "labels", X[1:], ValueError, "a row short"),
    (ab.GradedTask, "labels", NAN, ValueError, "NaN"),
    (ab.GradedTask.of_kernel, "output_kernel", INDEFINITE, ValueError, "not a Gram matrix"),
    (ab.GradedTask.of_kernel, "output_kernel", np.zeros((4, 4)), ValueError, "no answers"),
    (ab.GradedTask.of_kernel, "input_kernel", np.eye(3), ValueError, "too few stimuli"),
    (ab.GradedTask.of_kernel, "input_kernel", ASYMMETRIC, ValueError, "not symmetric"),
    (ab.Task, "names", "abc", TypeError, "one string"),
    (ab.Task, "names", ["a", "b"], ValueError, "too few"),
    (ab.Task, "names", ["a", "a", "b"], ValueError, "two alike"),
    (kernel_task, "kernel", ASYMMETRIC, ValueError, "lopsided"),
    (kernel_task, "kernel", INDEFINITE, ValueError, "indefinite"),
    (kernel_task, "kernel", np.ones((4, 3)), ValueError, "oblong"),
    (ab.hypercube, "n_latents", 0, ValueError, "none"),
    (ab.hypercube, "n_latents", True, TypeError, "a bool"),
    (ab.hypercube, "n_latents", 2.0, TypeError, "a float"),
    (ab.hypercube, "input_kernel", np.eye(8), ValueError, "too large"),
    (ab.hypercube, "input_kernel", INDEFINITE, ValueError, "indefinite"),
    (ab.multi_element, "correlation", np.ones((3, 2, 2)), ValueError, "3 classes of 4"),
    (ab.multi_element, "correlation", [[1, 2], [2, 1]], ValueError, "indefinite"),
    (ab.multi_element, "correlation", np.ones((2, 3)), ValueError, "oblong"),
    (ab.digits, "rng", None, TypeError, "unseeded"),
    (ab.digits, "rng", -1, ValueError, "negative"),
    (ab.digits, "rng", 0.5, TypeError, "a float"),
    (ab.digits, "test_fraction", 1.0, ValueError, "all"),
    (ab.digits, "test_fraction", 0, ValueError, "none"),
    (ab.noisy_trials, "noise", -0.1, ValueError, "negative"),
    (ab.noisy_trials, "noise", np.inf, ValueError, "infinite"),
    (ab.noisy_trials, "n_trials", 0, ValueError, "none"),
    (ab.noisy_trials, "n_trials", [1] * 7, ValueError, "one short"),
    (ab.noisy_trials, "n_trials", [1.5] * 8, TypeError, "halves"),
    (ab.noisy_trials, "rng", None, TypeError, "unseeded"),
    (ab.poisson_trials, "rates", X, ValueError, "negative"),
    (ab.poisson_trials, "rates", NAN, ValueError, "NaN"),
    (ab.poisson_trials, "labels", Y[1:], ValueError, "a row short"),
    (ab.poisson_trials, "n_trials", 0, ValueError, "none"),
    (ab.poisson_trials, "rng", None, TypeError, "unseeded"),
    (ab.noisy_trials, "patterns", X[None], ValueError, "three axes"),
    (ab.gram, "features", X[:, 0], ValueError, "a vector"),
    (ab.gram, "features", INF, ValueError, "infinite"),
    (ab.center, "kernel", np.ones((2, 3)), ValueError, "oblong"),
    (ab.gram_factor, "kernel", INDEFINITE, ValueError, "indefinite"),
    (ab.gram_factor, "kernel", ASYMMETRIC, ValueError, "lopsided"),
    (ab.kernel_alignment, "kernel_b", np.eye(3), ValueError, "another size"),
    (ab.kernel_alignment, "kernel_b", np.ones((4, 4)), ValueError, "constant"),
    (ab.kernel_alignment, "kernel_a", np.zeros((4, 4)), ValueError, "zero"),
    (ab.kernel_alignment, "kernel_a", INDEFINITE, ValueError, "indefinite"),
    (ab.kernel_from_spectrum, "spectrum", [1, -1], ValueError, "negative"),
    (ab.kernel_from_spectrum, "spectrum", [1.0], ValueError, "the constant only"),
    (ab.walsh_spectrum, "kernel", np.eye(3), ValueError, "3 rows"),
    (ab.walsh_basis, "n_latents", -1, ValueError, "negative"),
    (ab.walsh_orders, "n_latents", "3", TypeError, "text"),
    (ab.target_aligned_kernel, "gain", -1.0, ValueError, "negative"),
    (ab.target_aligned_kernel, "gain", float("nan"), ValueError, "NaN"),
    (ab.target_aligned_kernel, "gain", True, TypeError, "a bool"),
    (ab.target_aligned_kernel, "labels", 0 * Y, ValueError, "zeros"),
    (ab.random_kernel, "n_features", 0, ValueError, "none"),
    (ab.rotated_kernel, "spectrum", [1, -1], ValueError, "negative"),
    (ab.rotated_kernel, "spectrum", np.eye(2), ValueError, "a matrix"),
    (ab.rotated_kernel, "rng", None, TypeError, "unseeded"),
    (ab.random_kernel, "rng", None, TypeError, "unseeded"),
    (ab.condition_means, "features", X[:, 0], ValueError, "a vector"),
    (ab.condition_means, "labels", Y[1:], ValueError, "a row short"),
    (ab.parallelism_score, "features", NAN, ValueError, "NaN"),
    (ab.parallelism_score, "features", ONE_POINT, ValueError, "all alike"),
    (ab.parallelism_score, "labels", Y[1:], ValueError, "a row short"),
    (ab.parallelism_score, "labels", Y[:, :1], ValueError, "one context"),
    (ab.parallelism_score, "labels", CONSTANT, ValueError, "one constant"),
    (ab.parallelism_score, "labels", CONFOUNDED, ValueError, "confounded"),
    (ab.cross_validated_parallelism_score, "features", TRIALS[:, 0], ValueError, "a vector"),
    (ab.cross_validated_parallelism_score, "features", [["a"]], TypeError, "text"),
    (ab.cross_validated_parallelism_score, "labels", LABELS[1:], ValueError, "a row short"),
    (ab.cross_validated_parallelism_score, "labels", LABELS[:, :1], ValueError, "one context"),
    (ab.expected_parallelism_score, "patterns", ONE_POINT, ValueError, "all alike"),
    (ab.expected_parallelism_score, "labels", Y[1:], ValueError, "a row short"),
    (ab.expected_parallelism_score, "noise", -0.1, ValueError, "negative"),
    (ab.expected_parallelism_score, "n_trials", 0, ValueError, "none"),
    (ab.kernel_parallelism_score, "kernel", INDEFINITE, ValueError, "indefinite"),
    (ab.kernel_parallelism_score, "kernel", np.ones((8, 8)), ValueError, "constant"),
    (ab.balanced_dichotomies, "n_conditions", 5, ValueError, "odd"),
    (ab.balanced_dichotomies, "n_conditions", 18, ValueError, "too many"),
    (ab.cross_validated_parallelism_score, "labels", ALONE, ValueError, "a single trial"),
    (ab.dichotomy_parallelism, "dichotomies", [1] * 3 + [-1] * 5, ValueError, "unbalanced"),
    (ab.dichotomy_parallelism, "dichotomies", np.zeros(8), ValueError, "zeros"),
    (ab.dichotomy_parallelism, "features", TWINS, ValueError, "two conditions coincide"),
    (ab.dichotomy_parallelism, "conditions", range(7), ValueError, "one short"),
    (ab.ccgp, "features", INF, ValueError, "infinite"),
    (ab.ccgp, "labels", CONSTANT, ValueError, "one constant"),
    (ab.ccgp, "max_distance", 0, ValueError, "zero"),
    (ab.ccgp, "max_distance", 1.5, TypeError, "a float"),
    (ab.ccgp, "penalty", 0, ValueError, "zero"),
    (ab.ccgp, "penalty", True, TypeError, "a bool"),
    (ab.dichotomy_ccgp, "penalty", -1.0, ValueError, "negative"),
    (ab.dichotomy_ccgp, "dichotomies", np.ones(8), ValueError, "one-sided"),
    (ab.dichotomy_ccgp, "dichotomies", [1] + [-1] * 7, ValueError, "one condition a side"),
    (ab.dichotomy_ccgp, "dichotomies", D[:, :7], ValueError, "too short"),
    (ab.dichotomy_ccgp, "conditions", np.arange(8) / 2, ValueError, "halves"),
    (ab.dichotomy_ccgp, "conditions", list("abcdefgh"), TypeError, "text"),
    (ab.dichotomy_ccgp, "allowed_pairs", np.zeros((8, 8)), ValueError, "none"),
    (ab.dichotomy_ccgp, "allowed_pairs", np.ones((4, 4)), ValueError, "another size"),
    (ab.kernel_decoding, "kernel", np.ones((8, 8)), ValueError, "all patterns alike"),
    (ab.kernel_decoding, "kernel", np.diag([1.0] * 7 + [-1]), ValueError, "indefinite"),
    (ab.kernel_decoding, "dichotomies", D[:, :7], ValueError, "too short"),
    (ab.kernel_decoding, "noise", 0, ValueError, "none"),
    (ab.kernel_decoding, "n_trials", -1.0, ValueError, "negative"),
    (ab.kernel_decoding, "n_neurons", None, ValueError, "missing"),
    (ab.kernel_decoding, "n_neurons", 0.5, TypeError, "half a neuron"),
    (ab.kernel_ccgp, "noise", float("nan"), ValueError, "NaN"),
    (ab.kernel_ccgp, "n_trials", 10, ValueError, "without n_neurons"),
    (ab.kernel_ccgp, "dichotomies", [1] + [-1] * 7, ValueError, "one condition a side"),
    (ab.kernel_ccgp, "allowed_pairs", np.zeros((8, 8)), ValueError, "none"),
    (ab.decoding_accuracy, "n_folds", 4, ValueError, "more than trials"),
    (ab.decoding_accuracy, "n_folds", 1, ValueError, "one"),
    (ab.decoding_accuracy, "rng", None, TypeError, "unseeded"),
    (ab.decoding_accuracy, "labels", np.ones(24), ValueError, "constant"),
    (ab.dichotomy_decoding, "rng", np.random, TypeError, "numpy's global state"),
    (ab.abstraction_scores, "rng", None, TypeError, "unseeded"),
    (ab.abstraction_scores, "features", FIVEFOLD[0][None, None], ValueError, "four axes"),
    (ab.abstraction_scores, "labels", FIVEFOLD[1][:, :1], ValueError, "one context"),
    (ab.abstraction_scores, "penalty", 0.0, ValueError, "zero"),
    (ab.shattering, "conditions", CONDITIONS[1:], ValueError, "one short"),
    (ab.separable_dichotomies, "patterns", NAN, ValueError, "NaN"),
    (ab.separable_dichotomies, "dichotomies", D[:, :6], ValueError, "too short"),
    (ab.participation_ratio, "features", ONE_POINT, ValueError, "all alike"),
    (ab.lifetime_sparsity, "features", ONE_POINT[:1], ValueError, "one stimulus"),
    (ab.lifetime_sparsity, "features", NAN, ValueError, "NaN"),
    (ab.participation_ratio, "features", NAN, ValueError, "NaN"),
    (ab.readout_modularity, "weights", X[:, 0], ValueError, "a vector"),
    (ab.readout_modularity, "weights", X[:, :1], ValueError, "one output"),
    (ab.readout_modularity, "weights", 0 * X, ValueError, "zeros"),
    (ab.readout_modularity, "weights", NAN, ValueError, "NaN"),
    (ab.readout_modularity, "weights", [["a"]], TypeError, "text"),
    (ab.linear_cka, "features_b", X[1:], ValueError, "a row short"),
    (ab.linear_cka, "features_b", ONE_POINT, ValueError, "all alike"),
    (ab.cross_validated_participation_ratio, "features", np.ones((32, 5)), ValueError, "alike"),
    (ab.cross_validated_participation_ratio, "labels", Y, ValueError, "too few rows"),
    (ab.cross_validated_participation_ratio, "rng", None, TypeError, "unseeded"),
    (ab.cross_validated_participation_ratio, "n_splits", 0, ValueError, "none"),
    (ab.shuffle_trials, "labels", Y[1:], ValueError, "a row short"),
    (ab.shuffle_trials, "rng", None, TypeError, "unseeded"),
    (ab.intrinsic_dimension, "points", TWINS, ValueError, "two that coincide"),
    (ab.intrinsic_dimension, "points", NAN, ValueError, "NaN"),
    (ab.intrinsic_dimension, "n_neighbours", 1, ValueError, "one"),
    (ab.intrinsic_dimension, "n_neighbours", 8, ValueError, "too many"),
    (ab.local_axes, "points", INF, ValueError, "infinite"),
    (ab.local_axes, "n_neighbours", 0, ValueError, "zero"),
    (ab.local_axes, "n_neighbours", 2.5, TypeError, "a fraction"),
    (ab.shuffle_labels, "rng", None, TypeError, "unseeded"),
    (ab.shuffle_neurons, "labels", Y[1:], ValueError, "a row short"),
    (ab.null_distribution, "n_shuffles", 1, ValueError, "one"),
    (ab.null_distribution, "rng", None, TypeError, "unseeded"),
    (FeedForward, "widths", [], ValueError, "no hidden layer"),
    (FeedForward, "widths", [0.5], TypeError, "half a neuron"),
    (FeedForward, "n_inputs", 0, ValueError, "none"),
    (FeedForward, "n_outputs", True, TypeError, "a bool"),
    (FeedForward, "seeds", [], ValueError, "no replica"),
    (FeedForward, "seeds", [-1], ValueError, "negative"),
    (FeedForward, "bias", -1.0, ValueError, "negative"),
    (FeedForward, "bias", float("nan"), ValueError, "NaN"),
    (FeedForward, "bias", True, TypeError, "a bool"),
    (FeedForward, "init_scale", 0, ValueError, "zero"),
    (FeedForward, "activation", "relu", TypeError, "text"),
    (FeedForward, "dtype", "float64", TypeError, "text"),
    (Recurrent, "n_inputs", 0, ValueError, "none"),
    (Recurrent, "width", [5], TypeError, "a list"),
    (Recurrent, "n_steps", 0, ValueError, "none"),
    (Recurrent, "n_steps", 2.0, TypeError, "a float"),
    (Recurrent, "input_steps", 0, ValueError, "none"),
    (Recurrent, "input_steps", 4, ValueError, "more than n_steps"),
    (Recurrent, "read_steps", 4, ValueError, "more than n_steps"),
    (Recurrent, "seeds", [], ValueError, "no replica"),
    (Recurrent, "bias", -1.0, ValueError, "negative"),
    (Recurrent, "init_scale", 0, ValueError, "zero"),
    (Recurrent, "activation", "relu", TypeError, "text"),
    (Recurrent, "dtype", torch.int64, (TypeError, ValueError), "integers"),
    (train, "inputs", np.ones((4, 3)), ValueError, "a column short"),
    (train, "inputs", spoilt(np.eye(4), np.nan), ValueError, "NaN"),
    (train, "targets", SQUARE[1:], ValueError, "a row short"),
    (train, "n_steps", -1, ValueError, "negative"),
    (train, "n_steps", True, TypeError, "a bool"),
    (train, "weight_decay", -0.1, ValueError, "negative"),
    (train, "weight_decay", [0.1, 0.1, 0.1], ValueError, "three for two layers"),
    (train, "weight_decay", float("nan"), ValueError, "NaN"),
    (train, "learning_rate", 0, ValueError, "zero"),
    (train, "batch_size", 9, ValueError, "more than stimuli"),
    (train, "batch_size", 0, ValueError, "zero"),
    (train, "record_at", [-1], ValueError, "negative"),
    (ab.Task, "features", X * 1j, TypeError, "complex"),
    (ab.Task, "names", 5, TypeError, "a number"),
    (ab.Task, "names", np.array(["a", "b"]), ValueError, "too few in an array"),
    (ab.walsh_basis, "n_latents", 100, ValueError, "too many"),
    (ab.digits, "test_fraction", 0.001, ValueError, "two images"),
    (ab.digits, "test_fraction", 0.999, ValueError, "all but two"),
    (ab.gram, "features", [["a"]], TypeError, "text"),
    (ab.gram, "features", RAGGED, TypeError, "ragged"),
    (ab.center, "kernel", [["a"]], TypeError, "text"),
    (ab.condition_means, "features", [["a"]], TypeError, "text"),
    (ab.parallelism_score, "features", "cube", TypeError, "text"),
    (ab.parallelism_score, "features", RAGGED, TypeError, "ragged"),
    (ab.participation_ratio, "features", [["a"]], TypeError, "text"),
    (ab.ccgp, "labels", Y[:, :1], ValueError, "one context"),
    (ab.ccgp, "labels", CONFOUNDED, ValueError, "confounded"),
    (ab.ccgp, "decoder", "svm", TypeError, "text"),
    (ab.ccgp, "decoder", SVC, TypeError, "a class"),
    (ab.shattering, "conditions", np.arange(24) // 8, ValueError, "three"),
    (ab.shattering, "conditions", np.zeros(24), ValueError, "one"),
    (ab.null_distribution, "measure", 3, TypeError, "a number"),
    (ab.null_distribution, "shuffle", "neurons", TypeError, "text"),
    (FeedForward, "widths", 5, TypeError, "a number"),
    (FeedForward, "seeds", 3, TypeError, "a number"),
    (FeedForward, "seeds", [2**70], ValueError, "huge"),
    (FeedForward, "dtype", torch.int64, (TypeError, ValueError), "integers"),
    (train, "network", torch.nn.Linear(4, 2), TypeError, "another module"),
    (train, "record_at", [5], ValueError, "beyond n_steps"),
    (train, "record_at", 1, TypeError, "a number"),
    (train, "probes", {"loss": lambda n: n.weights[0].sum() * 0}, ValueError, "named loss"),
    (train, "probes", {"width": 3}, TypeError, "a number"),
    (train, "schedule", "cosine", TypeError, "text"),
    (train, "optimizer", "adam", TypeError, "text"),
    (train, "error", lambda z, y: (z - y).square().sum(), ValueError, "one number for all"),
]


def test_no_public_function_is_left_out():
    functions = {getattr(ab, name) for name in ab.__all__ if inspect.isfunction(getattr(ab, name))}
    assert functions <= set(VALID)


def named(function, argument, wrong):
    return f"{function.__name__}-{argument}-{wrong}"


@pytest.mark.parametrize("function", VALID, ids=lambda function: function.__name__)
def test_the_call_works_before_it_is_spoilt(function):
    assert function(**VALID[function]) is not None


@pytest.mark.parametrize(
    ("function", "argument", "value", "exception"),
    [pytest.param(*row[:4], id=named(row[0], row[1], row[4])) for row in TABLE],
)
def test_malformed_call_names_the_argument_at_fault(function, argument, value, exception):
    with pytest.raises(exception) as caught:
        function(**VALID[function] | {argument: value})
    assert re.search(rf"\b{argument}\b", str(caught.value))
