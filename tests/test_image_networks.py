"""Networks of images against torch's own modules; InfoNCE and views by loops."""

import numpy as np
import pytest
import torch
from torch import nn

from absrep.canonical import linear_layers
from absrep.nets import (
    Modules,
    RowTransformer,
    SelfAttention,
    TransformerBlock,
    TwoViews,
    convolutional_network,
    cross_entropy,
    info_nce,
    shifted_views,
    train,
)

RNG = np.random.default_rng(0)


def tokens(*shape):
    return torch.tensor(RNG.standard_normal(shape))


def copied(attention):
    """torch's attention with the same weights."""
    theirs = nn.MultiheadAttention(16, attention.n_heads, batch_first=True).double()
    with torch.no_grad():
        for part in ("weight", "bias"):
            ours = [getattr(m, part) for m in (attention.query, attention.key, attention.value)]
            getattr(theirs, f"in_proj_{part}").copy_(torch.cat(ours))
            getattr(theirs.out_proj, part).copy_(getattr(attention.output, part))
    return theirs


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("n_heads", [1, 4])
def test_attention_is_torchs(n_heads, causal):
    torch.manual_seed(0)
    attention = SelfAttention(16, n_heads, causal=causal).double()
    x, mask = tokens(5, 7, 16), torch.ones(7, 7).triu(1).bool() if causal else None
    output, weights = copied(attention)(x, x, x, attn_mask=mask, average_attn_weights=False)
    assert torch.allclose(attention(x), output, atol=1e-12)
    assert torch.allclose(attention.weights(x), weights, atol=1e-12)
    assert torch.allclose(attention.weights(x).sum(-1), torch.ones(1, dtype=torch.float64))


def test_block_is_torchs():
    torch.manual_seed(0)
    block = TransformerBlock(16, 4, 24, causal=True).double()
    with torch.no_grad():
        for p in block.parameters():  # LayerNorms too must not be what they are at first
            p.add_(0.1 * torch.randn_like(p))
    layer = nn.TransformerEncoderLayer(16, 4, 24, 0.0, batch_first=True, norm_first=True).double()
    layer.self_attn = copied(block.attention)
    layer.linear1, layer.linear2 = block.up, block.down
    layer.norm1, layer.norm2 = block.first_norm, block.second_norm
    x, mask = tokens(5, 7, 16), torch.ones(7, 7).triu(1).bool()
    assert torch.allclose(block(x), layer(x, src_mask=mask), atol=1e-12)
    seen = block.attention.weights(block.first_norm(x))
    assert torch.equal(block.attention_weights(x), seen)


def test_the_past_does_not_see_the_future():
    torch.manual_seed(0)
    block = TransformerBlock(16, 2, 24, causal=True).double()
    x = tokens(3, 6, 16)
    other = x.clone()
    other[:, 4:] = tokens(3, 2, 16)
    assert torch.allclose(block(x)[:, :4], block(other)[:, :4])
    assert not torch.allclose(block(x)[:, 4:], block(other)[:, 4:])


def test_rows_are_tokens_and_their_place_counts():
    torch.manual_seed(0)
    network = RowTransformer(4, 16, 2, 3).double()
    x = tokens(5, 16)
    stream = network.stream(x)
    row = x[2, 4:8] @ network.embed.weight.T + network.embed.bias + network.place[1]
    assert torch.allclose(stream[2, 1], row)
    turned = x.unflatten(-1, (4, 4)).flip(1).flatten(1)
    assert not torch.allclose(network(x), network(turned))
    with torch.no_grad():
        network.place.zero_()  # now nothing knows the order
    assert torch.allclose(network(x), network(turned))


def test_convolutional_network_layer_by_layer():
    torch.manual_seed(0)
    network = convolutional_network(8, [3, 5], 7, 10).double()
    h = tokens(4, 64)
    parts = dict(network.named_children())
    z = nn.functional.conv2d(h.view(4, 1, 8, 8), *parts["convolution 1"].parameters(), padding=1)
    z = nn.functional.conv2d(z.relu(), *parts["convolution 2"].parameters(), 2, 1).relu()
    assert z.shape == (4, 5, 4, 4)
    z = (z.flatten(1) @ parts["hidden"].weight.T + parts["hidden"].bias).relu()
    outputs = z @ parts["read-out"].weight.T + parts["read-out"].bias
    assert torch.allclose(network(h), outputs)


def test_every_linear_map_is_seen():
    x, y = RNG.standard_normal((6, 64)), np.eye(10)[:6]
    transformer = Modules(lambda: RowTransformer(8, 16, 2, 10, n_blocks=2), 64, 10, [0, 1])
    block = [
        "attention.query",
        "attention.key",
        "attention.value",
        "attention.output",
        "up",
        "down",
    ]
    names = [f"blocks.{k}.{part}" for k in (0, 1) for part in block]
    assert list(linear_layers(transformer, x, y, cross_entropy)) == ["embed", *names, "readout"]
    convolutional = Modules(lambda: convolutional_network(8, [3, 5], 7, 10), 64, 10, [0, 1])
    layers = linear_layers(convolutional, x, y, cross_entropy)
    assert list(layers) == ["convolution 1", "convolution 2", "hidden", "read-out"]
    assert layers["convolution 2"].inputs.shape == (2, 6 * 16, 27)


def test_views_go_through_the_same_network():
    torch.manual_seed(0)
    inner = nn.Linear(4, 3).double()
    one, two = tokens(5, 4), tokens(5, 4)
    both = TwoViews(inner)(torch.cat([one, two], dim=1))
    assert torch.allclose(both, torch.cat([inner(one), inner(two)], dim=1))


def test_info_nce_by_loops():
    outputs, heat = RNG.standard_normal((2, 6, 8)), 0.4

    def cosine(u, v):
        return u @ v / np.sqrt((u @ u) * (v @ v))

    wanted = []
    for replica in outputs:
        total = 0.0
        for first in (0, 3):
            views = [half for row in replica[first : first + 3] for half in (row[:4], row[4:])]
            for i, u in enumerate(views):
                partner = i + 1 if i % 2 == 0 else i - 1
                rest = [np.exp(cosine(u, v) / heat) for j, v in enumerate(views) if j != i]
                total -= 0.5 * np.log(np.exp(cosine(u, views[partner]) / heat) / sum(rest))
        wanted.append(total)
    found = info_nce(heat, 3)(torch.tensor(outputs), torch.zeros(6, 8))
    assert np.allclose(found, wanted)


def test_views_are_shifts_with_noise():
    images = RNG.standard_normal((30, 9))
    pairs = shifted_views(images, 8, 1, noise=0.0)
    assert pairs.shape == (240, 18)
    moves = set()
    for k, row in enumerate(pairs.reshape(-1, 3, 3)):
        framed = np.pad(images[k // 2 % 30].reshape(3, 3), 1, mode="edge")
        fits = [
            (i, j)
            for i in range(3)
            for j in range(3)
            if np.array_equal(row, framed[i : i + 3, j : j + 3])
        ]
        assert len(fits) == 1
        moves.add(fits[0])
    assert len(moves) == 9
    noisy = shifted_views(images, 200, 1, noise=0.5)
    still = shifted_views(np.zeros((30, 9)), 200, 1, noise=0.5)
    assert still.std() == pytest.approx(0.5, rel=0.01)
    assert noisy.var() == pytest.approx(
        shifted_views(images, 200, 1, noise=0.0).var() + 0.25, rel=0.02
    )
    assert np.array_equal(noisy, shifted_views(images, 200, 1, noise=0.5))


def test_contrastive_training_brings_views_together():
    images = RNG.standard_normal((32, 16))
    pairs = shifted_views(images, 2, 0)
    network = Modules(lambda: TwoViews(nn.Linear(16, 8)), 32, 16, seeds=[0, 1])
    error, nothing = info_nce(0.2, 16), np.zeros((64, 16))
    run = train(network, pairs, nothing, n_steps=100, weight_decay=0.0, error=error, batch_size=16)
    assert (run.error[-1] < 0.7 * run.error[0]).all()


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: SelfAttention(16, 3), "width"),
        (lambda: SelfAttention(16, 0), "n_heads"),
        (lambda: TransformerBlock(16, 2, 0), "feedforward"),
        (lambda: RowTransformer(0, 16, 2, 10), "side"),
        (lambda: RowTransformer(8, 16, 2, 10, n_blocks=0), "n_blocks"),
        (lambda: RowTransformer(8, 16, 2, 0), "n_outputs"),
        (lambda: convolutional_network(8, [], 7, 10), "channels"),
        (lambda: convolutional_network(8, [3], 0, 10), "width"),
        (lambda: info_nce(0.0, 3), "temperature"),
        (lambda: info_nce(0.1, 1), "group"),
        (lambda: info_nce(0.1, 4)(torch.ones(1, 6, 2), torch.ones(6, 2)), "group"),
        (lambda: shifted_views(np.ones((3, 8)), 1, 0), "images"),
        (lambda: shifted_views(np.ones((3, 9)), 0, 0), "n_pairs"),
        (lambda: shifted_views(np.ones((3, 9)), 1, 0, noise=-1.0), "noise"),
        (lambda: shifted_views(np.ones((3, 9)), 1, None), "rng"),
    ],
)
def test_bad_arguments_are_named(make, named):
    with pytest.raises((ValueError, TypeError), match=f"^{named} must"):
        make()
