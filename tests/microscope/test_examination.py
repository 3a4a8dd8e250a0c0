"""Examinations: numbers, intervals and nulls, each against an independent way to get them."""

import numpy as np
import pytest
from scipy.stats import binomtest, kstest, t

from absrep import (
    NullDistribution,
    ccgp,
    condition_means,
    cross_validated_parallelism_score,
    decoding_accuracy,
    parallelism_score,
    participation_ratio,
    shattering,
    shuffle_labels,
    shuffle_neurons,
)
from absrep.microscope import (
    Examination,
    Finding,
    Measure,
    Responses,
    examine,
    standard_measures,
    wilson_interval,
)
from absrep.microscope._examination import _effective_trials, _holm

from ..helpers import latents, repeated, rotation

SQUARE = latents(2)


def recording(seed=0, n_trials=12, size=15, noise=0.5, bend=0.0):
    rng = np.random.default_rng(seed)
    patterns = np.column_stack([SQUARE, bend * SQUARE.prod(axis=1)]) @ rotation(size, rng)[:3]
    return repeated(patterns, SQUARE, n_trials, noise, rng)


def mean_measure(shuffle=None, **options):
    """The mean of the first neuron over all trials."""
    return Measure("mean", lambda x, y, seed: x[:, 0].mean(), shuffle, False, **options)


@pytest.fixture(scope="module")
def found():
    trials, labels, _ = recording()
    return examine(trials, labels, rng=3, n_shuffles=5)


def test_the_values_are_those_of_the_geometry(found):
    trials, labels, conditions = recording()
    seed = int(np.random.default_rng(3).integers(2**32))
    expected = {
        "PS": parallelism_score(trials, labels),
        "PS, corrected": cross_validated_parallelism_score(trials, labels),
        "CCGP": ccgp(trials, labels),
        "decoding": decoding_accuracy(trials, labels, rng=seed),
    }
    for name, values in expected.items():
        assert [found[name, y].value for y in ("y1", "y2")] == pytest.approx(values)
    means = condition_means(trials, labels)[0]
    assert found["dimension of means"].value == pytest.approx(participation_ratio(means))
    assert found["dimension of trials"].value == pytest.approx(participation_ratio(trials))
    one = shattering(trials, conditions, rng=seed)
    assert found["shattering"].value == pytest.approx(one.dimension)
    kernel, truth = (a @ a.T for a in (means - means.mean(axis=0), SQUARE))
    cosine = np.sum(kernel * truth) / np.linalg.norm(kernel) / np.linalg.norm(truth)
    assert found["label alignment"].value == pytest.approx(cosine)
    assert "must not be negative" in found["sparsity"].note
    assert np.isnan(found["sparsity"].value)


def test_every_finding_is_in_the_table_once(found):
    table = found.table()
    assert len(table) == len(found.findings) == 4 * 2 + 7
    row = table.set_index(["measure", "latent"]).loc[("PS", "y2")]
    finding = found["PS", "y2"]
    assert row["value"] == finding.value and row["p"] == finding.p_value
    assert tuple(row[["low", "high"]]) == finding.interval
    with pytest.raises(KeyError, match=r"no finding 'PS' of 'all'; there are PS \(y1\), PS \(y2\)"):
        found["PS"]


def test_the_same_seed_gives_the_same_examination(found):
    trials, labels, _ = recording()
    again = examine(trials, labels, rng=3, n_shuffles=5)
    assert again.table().equals(found.table())
    other = examine(trials, labels, rng=4, n_shuffles=5)
    assert other["PS", "y1"].value == found["PS", "y1"].value
    assert other["PS", "y1"].z_score != found["PS", "y1"].z_score


def test_data_with_names_is_taken_as_it_is():
    trials, labels, _ = recording()
    data = Responses.of(trials, {"side": labels[:, 0], "size": labels[:, 1]})
    one, two = (
        examine(*given, rng=0, n_shuffles=3, measures=standard_measures()[:1])
        for given in ((data,), (trials, labels))
    )
    assert one["PS", "size"].value == two["PS", "y2"].value
    named = examine(trials, labels, names=["u", "v"], rng=0, n_shuffles=0, measures=[])
    assert named.data.names == ("u", "v")


# ------------------------------------------------------------------------------ Intervals


def test_the_interval_of_a_mean_is_that_of_its_groups():
    # One condition in twenty equal groups: the t interval of the means of the groups.
    x = np.random.default_rng(0).standard_normal((60, 2))
    labels = np.ones((60, 1))
    finding = examine(x, labels, rng=0, n_shuffles=0, measures=[mean_measure()])["mean"]
    low, high = finding.interval
    assert (low + high) / 2 == pytest.approx(x[:, 0].mean())
    reach = t.ppf(0.975, 19) * x[:, 0].std(ddof=1) / np.sqrt(60)
    # The groups are random, and so is the estimate of the spread: within its own error.
    assert 0.5 < (high - low) / 2 / reach < 1.6


def test_intervals_of_a_mean_have_students_coverage_at_five_trials_of_a_condition():
    def covered(seed):
        rng = np.random.default_rng(seed)
        x = 2.0 + rng.standard_normal((20, 1))
        labels = np.repeat(SQUARE, 5, axis=0)
        one = examine(x, labels, rng=rng, n_shuffles=0, measures=[mean_measure()])["mean"]
        return one.interval[0] <= 2.0 <= one.interval[1]

    count = sum(map(covered, range(400)))
    assert binomtest(count, 400, 0.95).pvalue > 0.01


def test_intervals_of_the_corrected_score_hold_the_truth_and_plain_ones_do_not():
    truth, held = (1 - 0.4**2) / (1 + 0.4**2), []
    for seed in range(80):
        trials, labels, _ = recording(seed, n_trials=8, size=40, bend=0.4)
        looked = examine(trials, labels, rng=seed, n_shuffles=0, measures=standard_measures()[:2])
        spans = [looked[name, "y1"].interval for name in ("PS", "PS, corrected")]
        held.append([low <= truth <= high for low, high in spans])
    plain, corrected = np.mean(held, axis=0)
    assert corrected >= 0.9 and plain <= 0.6


@pytest.mark.parametrize(("right", "n"), [(0, 10), (7, 10), (50, 50), (123, 400)])
def test_wilsons_interval_is_scipys(right, n):
    expected = binomtest(right, n).proportion_ci(method="wilson")
    found = wilson_interval(right / n, n)
    assert found == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(
    ("given", "named"),
    [((1.1, 5), "share"), ((-0.1, 5), "share"), ((np.nan, 5), "share"), ((0.5, 0), "n_trials")],
)
def test_what_is_no_share_is_refused(given, named):
    with pytest.raises(ValueError, match=f"^{named} must"):
        wilson_interval(*given)
    with pytest.raises(ValueError, match=r"^level must"):
        wilson_interval(0.5, 5, level=95)


def test_effective_trials_give_the_variance_of_a_mean_over_unequal_conditions():
    counts, p, rng = np.array([3, 10, 20, 40]), 0.7, np.random.default_rng(0)
    n = _effective_trials(np.repeat(SQUARE, counts, axis=0))
    shares = rng.binomial(counts, p, (20_000, 4)) / counts
    assert shares.mean(axis=1).var() == pytest.approx(p * (1 - p) / n, rel=0.05)
    assert _effective_trials(np.repeat(SQUARE, 9, axis=0)) == pytest.approx(36)


def test_certain_decoding_is_not_reported_as_certain():
    trials, labels, _ = recording(noise=0.02)
    finding = examine(trials, labels, rng=0, n_shuffles=0)["decoding", "y1"]
    assert finding.value == 1 and finding.interval == pytest.approx(wilson_interval(1, 48))


# ------------------------------------------------------------------------------ Chance


def test_p_values_are_uniform_where_there_is_nothing():
    def p_value(seed):
        rng = np.random.default_rng(seed)
        labels = np.repeat(SQUARE, 5, axis=0)
        one = Measure("slope", lambda x, y, seed: x[:, 0] @ y[:, 0], shuffle_labels, False)
        x = rng.standard_normal((20, 1))
        return examine(x, labels, rng=rng, n_shuffles=99, measures=[one])["slope"].p_value

    p_values = np.array([p_value(seed) for seed in range(300)])
    assert kstest(p_values - 0.005, "uniform").pvalue > 0.01


def test_small_values_are_the_remarkable_ones_of_a_dimension():
    null = NullDistribution(np.array(0.0), np.array([0.5, 1.0, -1.0]))
    assert Finding("x", "all", 0.0, null=null).p_value == 0.75
    assert Finding("x", "all", 0.0, null=null, small=True).p_value == 0.5
    # A square lies flatter than its neurons would have it.
    trials, labels, _ = recording(n_trials=20, size=40)
    found = examine(trials, labels, rng=0, n_shuffles=39)
    for name in ("dimension of means", "dimension of trials"):
        assert found[name].p_value == 1 / 40 and found[name].z_score < -2


def test_measures_of_one_shuffle_are_taken_on_the_same_draws():
    rng = np.random.default_rng(0)
    trials, labels, _ = recording()
    once, twice = (
        Measure(name, lambda x, y, seed, k=k: k * x[0, 0], shuffle_neurons, False)
        for name, k in (("once", 1), ("twice", 2))
    )
    found = examine(trials, labels, rng=rng, n_shuffles=10, measures=[once, twice])
    np.testing.assert_allclose(2 * found["once"].null.shuffled, found["twice"].null.shuffled)


def test_holms_correction_is_its_definition():
    p_values = np.array([0.01, 0.04, np.nan, 0.03, 0.005])
    np.testing.assert_allclose(_holm(p_values), [0.03, 0.06, np.nan, 0.06, 0.02])
    np.testing.assert_array_equal(_holm(np.array([0.9, 0.8])), [1.0, 1.0])


def test_few_shuffles_cannot_survive_holm():
    trials, labels, _ = recording(n_trials=20, noise=0.1)
    few, many = (
        examine(trials, labels, rng=0, n_shuffles=n, measures=standard_measures()[:1]).table()
        for n in (30, 40)
    )
    # Two tests at five per cent: 39 shuffles are needed.
    assert (few["Holm"] > 0.05).all() and (many["Holm"] <= 0.05).all()


# ------------------------------------------------------------------------------ What is missing


def test_a_measure_that_does_not_exist_is_left_out_with_its_reason():
    found = examine(SQUARE @ np.eye(2, 6), SQUARE, rng=0, n_shuffles=5)
    assert found["PS", "y1"].value == 1 and found["PS", "y1"].null is not None
    assert found["PS", "y1"].note.startswith("no interval")
    assert "at least two trials" in found["PS, corrected", "y1"].note
    assert "n_folds" in found["decoding", "y2"].note
    assert "four trials" in found["dimension of means, corrected"].note
    assert np.isnan(found["decoding", "y1"].p_value) and np.isnan(found["decoding", "y1"].z_score)


def test_a_measure_that_some_shuffles_lack_says_how_many():
    def fragile(x, y, seed):
        if x[0, 0] < 0:
            raise ValueError("x must not be negative")
        return x[0, 0]

    trials, labels, _ = recording()
    trials[0, 0] = 1.0
    one = Measure("fragile", fragile, shuffle_neurons, False)
    finding = examine(trials, labels, rng=0, n_shuffles=50, measures=[one])["fragile"]
    kept = len(finding.null.shuffled)
    assert 2 <= kept < 50 and finding.note == f"null from {kept} of 50 shuffles"


def test_slow_measures_are_shuffled_less_often():
    trials, labels, _ = recording()
    slow = mean_measure(shuffle_neurons, most_shuffles=4)
    found = examine(trials, labels, rng=0, n_shuffles=9, measures=[slow])["mean"]
    assert len(found.null.shuffled) == 4
    assert found.note == "4 shuffles only: p is at least 0.200"
    enough = examine(trials, labels, rng=0, n_shuffles=4, measures=[slow])["mean"]
    assert not enough.note


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"labels": None}, ValueError, "labels must be given"),
        ({"labels": np.ones((3, 1))}, ValueError, "labels must have 48 rows"),
        ({"n_shuffles": 1}, ValueError, "n_shuffles must be 0 or at least 2"),
        ({"n_shuffles": -1}, ValueError, "n_shuffles"),
        ({"rng": None}, TypeError, "rng"),
        ({"names": ["a"]}, ValueError, "names must be 2"),
        ({"measures": [Measure("pair", lambda x, y, s: [1, 2], None, False)]}, ValueError, "pair"),
    ],
)
def test_malformed_calls_are_refused(given, error, message):
    trials, labels, _ = recording()
    with pytest.raises(error, match=message):
        examine(trials, **{"labels": labels, "rng": 0, "n_shuffles": 0} | given)


def test_labels_are_not_given_twice():
    trials, labels, _ = recording()
    data = Responses.of(trials, {"side": labels[:, 0]})
    with pytest.raises(ValueError, match="labels and names must be left out"):
        examine(data, labels, rng=0)


def test_an_examination_can_be_made_by_hand():
    trials, labels, _ = recording()
    made = Examination(Responses.of(trials, {"side": labels[:, 0]}), (Finding("PS", "side", 0.5),))
    assert made["PS", "side"].null_range == pytest.approx((np.nan, np.nan), nan_ok=True)
    assert np.isnan(made.table()["null"]).all()
