"""Networks that read sequences, and training on a stream."""

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss
from torch import nn

from absrep.nets import (
    CausalTransformer,
    Gated,
    LeakyRecurrent,
    RunningMean,
    SequenceClassifier,
    binary_cross_entropy,
    train_on_stream,
)

INPUTS = torch.randn(5, 7, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
CORES = {
    "rates": lambda: LeakyRecurrent(3, 8),
    "leaky": lambda: LeakyRecurrent(3, 8, leak=0.3),
    "not leaky": lambda: LeakyRecurrent(3, 8, leak=0.3, integrate=True),
    "LSTM": lambda: Gated(nn.LSTM, 3, 8),
    "GRU": lambda: Gated(nn.GRU, 3, 8),
    "transformer": lambda: CausalTransformer(3, 8, n_heads=2, n_blocks=2),
    "running mean": lambda: RunningMean(3, 8, 16),
}


def classifier(make, seeds=(0, 1), n_read=None):
    return SequenceClassifier(make, 3, 8, 4, seeds, n_read=n_read, dtype=torch.float64)


@pytest.mark.parametrize("make", CORES.values(), ids=CORES)
class TestEveryArchitecture:
    def test_the_past_does_not_know_the_future(self, make):
        network, changed = classifier(make), INPUTS.clone()
        changed[:, 4:] += 1
        before, after = network.states(INPUTS), network.states(changed)
        torch.testing.assert_close(before[:, :, :4], after[:, :, :4])
        assert (before[:, :, 4:] - after[:, :, 4:]).abs().min() >= 0
        assert not torch.allclose(before[:, :, 4:], after[:, :, 4:])

    def test_a_replica_is_the_same_network_alone(self, make):
        both, alone = classifier(make), classifier(make, seeds=[1])
        torch.testing.assert_close(both(INPUTS)[1], alone(INPUTS)[0])
        assert not torch.allclose(both(INPUTS)[0], both(INPUTS)[1])
        assert both.n_parameters == alone.n_parameters

    def test_a_replica_trains_as_alone(self, make):
        def run(seeds):
            rng = np.random.default_rng(0)
            network = classifier(make, seeds)

            def sample():
                x = rng.standard_normal((16, 6, 3))
                return x, np.repeat(x.mean(axis=1, keepdims=True)[..., :1] > 0, 4, axis=-1)

            settings = {"error": binary_cross_entropy, "learning_rate": 0.01, "weight_decay": 1e-3}
            return train_on_stream(network, sample, sample(), n_steps=20, **settings).loss

        np.testing.assert_allclose(run([0, 1])[:, 1], run([1])[:, 0], rtol=1e-8)

    def test_reading_the_last_steps_only_changes_nothing_else(self, make):
        every, last = classifier(make), classifier(make, n_read=2)
        torch.testing.assert_close(last(INPUTS), every(INPUTS)[:, :, -2:])
        torch.testing.assert_close(last.read(last.states(INPUTS)), every(INPUTS))
        for network in (every, last):
            binary_cross_entropy(network(INPUTS), torch.ones(5, 2, 4)).sum().backward()
        for one, other in zip(every.parameters(), last.parameters(), strict=True):
            torch.testing.assert_close(one.grad, other.grad)


@pytest.mark.parametrize(("leak", "integrate"), [(1.0, False), (0.3, False), (0.3, True)])
def test_rate_neurons_follow_their_equation(leak, integrate):
    core = LeakyRecurrent(3, 8, leak=leak, integrate=integrate).double()
    into, within, first, second = (p.detach().numpy() for p in core.cell.all_weights[0])
    rate, x = np.zeros((5, 8)), INPUTS.numpy()
    for t, state in enumerate(core(INPUTS).detach().numpy().swapaxes(0, 1)):
        new = np.maximum(rate @ within.T + x[:, t] @ into.T + first + second, 0)
        rate = rate * (1 if integrate else 1 - leak) + leak * new
        np.testing.assert_allclose(state, rate, atol=1e-12)
    torch.testing.assert_close(
        core.step(core(INPUTS)[:, 3], INPUTS[:, 4]), core(INPUTS)[:, 4], rtol=0, atol=1e-12
    )


def test_without_a_code_for_place_the_last_state_ignores_order():
    core = CausalTransformer(3, 8, n_heads=2).double()
    shuffled = INPUTS[:, [3, 1, 0, 2, 5, 4, 6]]  # the last look stays the last
    torch.testing.assert_close(core(INPUTS)[:, -1], core(shuffled)[:, -1])


def test_one_block_knows_the_share_of_each_input_and_not_their_number():
    twice = INPUTS.repeat_interleave(2, dim=1)
    for core in (CausalTransformer(3, 8, n_heads=2), RunningMean(3, 8, 16)):
        core.double()
        torch.testing.assert_close(core(twice)[:, -1], core(INPUTS)[:, -1])
    # With a second block order counts: the mask tells a state how much it has seen.
    deep = CausalTransformer(3, 8, n_heads=2, n_blocks=2).double()
    shuffled = INPUTS[:, [3, 1, 0, 2, 5, 4, 6]]
    assert (deep(INPUTS)[:, -1] - deep(shuffled)[:, -1]).abs().max() > 1e-3


@torch.no_grad()
def test_a_running_mean_is_a_transformer_with_uniform_attention():
    uniform, mean = CausalTransformer(3, 8, 2, feedforward=16).double(), RunningMean(3, 8, 16)
    block = uniform.blocks.layers[0]
    attention = block.self_attn
    attention.in_proj_weight[:8], attention.in_proj_bias[:8] = 0, 0
    values = [attention.in_proj_weight[16:], attention.in_proj_bias[16:]]
    out = attention.out_proj
    mean.double().embed.load_state_dict(uniform.embed.state_dict())
    mean.feature[0].load_state_dict(block.norm1.state_dict())
    mean.feature[1].weight.copy_(out.weight @ values[0])
    mean.feature[1].bias.copy_(out.weight @ values[1] + out.bias)
    parts = (block.norm2, block.linear1, nn.GELU(), block.linear2)
    for one, other in zip(mean.feedforward, parts, strict=True):
        one.load_state_dict(other.state_dict())
    torch.testing.assert_close(mean(INPUTS), uniform(INPUTS))


def test_cross_entropy_counts_the_last_steps_only():
    logits = torch.randn(2, 50, 7, 1, generator=torch.Generator().manual_seed(0))
    targets = (torch.arange(50) % 3 == 0).float()[:, None, None]
    expected = [log_loss(targets[:, 0, 0], torch.sigmoid(z[:, -1, 0]).double()) for z in logits]
    np.testing.assert_allclose(binary_cross_entropy(logits, targets), expected, rtol=1e-5)


def test_the_penalty_is_half_the_squared_weights():
    network = classifier(CORES["LSTM"])
    squares = sum(p.square().sum() for p in network.parameters())
    torch.testing.assert_close(network.penalty(0.1).sum(), 0.05 * squares)
    assert network.penalty(0.0).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: LeakyRecurrent(3, 8, leak=0), "leak"),
        (lambda: LeakyRecurrent(3, 8, leak=1.5), "leak"),
        (lambda: LeakyRecurrent(3, 0), "width"),
        (lambda: CausalTransformer(3, 8, n_heads=3), "width"),
        (lambda: CausalTransformer(3, 8, n_heads=0), "n_heads"),
        (lambda: CausalTransformer(0, 8), "n_inputs"),
        (lambda: RunningMean(3, 0, 16), "width"),
        (lambda: RunningMean(3, 8, 0), "feedforward"),
        (lambda: Gated("LSTM", 3, 8), "cell"),
        (lambda: SequenceClassifier(3, 3, 8, 4, [0]), "make"),
        (lambda: SequenceClassifier(CORES["LSTM"], 3, 8, 4, []), "seeds"),
        (lambda: SequenceClassifier(CORES["LSTM"], 3, 8, 0, [0]), "n_outputs"),
        (lambda: classifier(CORES["LSTM"], n_read=0), "n_read"),
        (lambda: classifier(CORES["LSTM"]).penalty(-1), "weight_decay"),
        (lambda: stream(sample=3), "sample"),
        (lambda: stream(validation=(np.zeros((1, 2, 3)),)), "validation"),
        (
            lambda: stream(validation=(np.full((1, 2, 3), np.nan), np.zeros((1, 1, 4)))),
            "validation",
        ),
        (lambda: stream(network=nn.Linear(1, 1)), "network"),
        (lambda: stream(error="mse"), "error"),
        (lambda: stream(n_steps=-1), "n_steps"),
        (lambda: stream(record_at=[9]), "record_at"),
    ],
)
def test_bad_input_is_named(make, named):
    with pytest.raises((ValueError, TypeError), match=named):
        make()


def stream(**changes):
    batch = (np.zeros((2, 3, 3)), np.zeros((2, 1, 4)))
    settings = {
        "network": classifier(CORES["rates"]),
        "sample": lambda: batch,
        "validation": batch,
        "n_steps": 1,
        "error": binary_cross_entropy,
    }
    return train_on_stream(**settings | changes)
