"""The decoder-only transformer, against torch's own, and what one may see and change in it."""

import numpy as np
import pytest
import torch
from torch import nn

from absrep.nets import LanguageModel, next_token_error

TOKENS = torch.from_numpy(np.random.default_rng(0).integers(10, size=(5, 8)))
SHAPE = {"n_tokens": 10, "length": 12, "width": 16, "n_heads": 2, "n_blocks": 3}


def model(seeds=(0,), **changes):
    made = LanguageModel(**(SHAPE | changes), seeds=list(seeds), dtype=torch.float64)
    return made.requires_grad_(False)


def torchs_own(network):
    """Blocks of torch with the weights of the first replica, and its other layers."""
    one = network.replicas[0]
    blocks = []
    for block in one.blocks:
        twin = nn.TransformerEncoderLayer(
            network.width,
            network.n_heads,
            dim_feedforward=block.up.out_features,
            dropout=0.0,
            batch_first=True,
            norm_first=True,
            dtype=torch.float64,
        )
        maps = (block.attention.query, block.attention.key, block.attention.value)
        pairs = [
            (twin.self_attn.in_proj_weight, torch.cat([m.weight for m in maps])),
            (twin.self_attn.in_proj_bias, torch.cat([m.bias for m in maps])),
        ]
        for theirs, own in (
            (twin.self_attn.out_proj, block.attention.output),
            (twin.norm1, block.first_norm),
            (twin.norm2, block.second_norm),
            (twin.linear1, block.up),
            (twin.linear2, block.down),
        ):
            pairs += [(theirs.weight, own.weight), (theirs.bias, own.bias)]
        with torch.no_grad():
            for theirs, own in pairs:
                theirs.copy_(own)
        blocks.append(twin.requires_grad_(False))
    return blocks


def noisy(network):
    """With all parameters far from their special starting values."""
    draw = torch.Generator().manual_seed(1)
    for parameter in network.parameters():
        parameter.add_(0.3 * torch.randn(parameter.shape, generator=draw, dtype=torch.float64))
    return network


def test_it_is_torchs_own_transformer():
    network = noisy(model())
    mask = torch.ones(8, 8, dtype=torch.bool).triu(1)
    stream = network.replicas[0].embed.weight[TOKENS] + network.replicas[0].position.weight[:8]
    streams = network.streams(TOKENS)[0]
    torch.testing.assert_close(streams[0], stream)
    for block, own in zip(torchs_own(network), streams[1:], strict=True):
        stream = block(stream, src_mask=mask)
        torch.testing.assert_close(own, stream)
    last = nn.functional.layer_norm(
        stream, (16,), network.replicas[0].norm.weight, network.replicas[0].norm.bias
    )
    torch.testing.assert_close(network(TOKENS)[0], last @ network.replicas[0].unembed.weight.T)


def test_attention_is_torchs_and_sees_nothing_that_comes_later():
    network = noisy(model())
    found = network.attention(TOKENS)[0]
    assert found.shape == (3, 5, 2, 8, 8)
    torch.testing.assert_close(found.sum(-1), torch.ones(3, 5, 2, 8, dtype=torch.float64))
    assert (found.triu(1) == 0).all()
    mask = torch.ones(8, 8, dtype=torch.bool).triu(1)
    streams = network.streams(TOKENS)[0]
    for twin, stream, weights in zip(torchs_own(network), streams, found, strict=False):
        x = twin.norm1(stream)
        _, theirs = twin.self_attn(x, x, x, attn_mask=mask, average_attn_weights=False)
        torch.testing.assert_close(weights, theirs)


def test_later_tokens_do_not_matter():
    network = noisy(model())
    changed = TOKENS.clone()
    changed[:, 5:] = (changed[:, 5:] + 1) % 10
    before, after = network(TOKENS), network(changed)
    assert torch.equal(before[:, :, :5], after[:, :, :5])
    assert (before[:, :, 5:] - after[:, :, 5:]).abs().amin((0, 1, 3)).min() > 1e-6
    torch.testing.assert_close(network(TOKENS[:, :5]), before[:, :, :5])


def test_replicas_are_networks_of_their_own():
    both, first, second = model([3, 7]), model([3]), model([7])
    alone = [first(TOKENS)[0], second(TOKENS)[0]]
    torch.testing.assert_close(both(TOKENS), torch.stack(alone))
    assert not torch.allclose(*alone)
    each = torch.stack([TOKENS, TOKENS.flip(1)])
    torch.testing.assert_close(
        both(each), torch.stack([first(TOKENS)[0], second(TOKENS.flip(1))[0]])
    )
    for read in ("streams", "attention", "head_outputs"):
        torch.testing.assert_close(getattr(both, read)(TOKENS)[1], getattr(second, read)(TOKENS)[0])


def test_gradients_stay_in_their_replica():
    network = LanguageModel(**SHAPE, seeds=[0, 1])
    network(TOKENS)[0].sum().backward()
    assert all(p.grad is not None for p in network.replicas[0].parameters())
    others = [p.grad for p in network.replicas[1].parameters()]
    assert all(grad is None or not grad.any() for grad in others)


def test_heads_add_up_to_what_attention_adds_to_the_stream():
    network = noisy(model(n_blocks=1))
    block = network.replicas[0].blocks[0]
    taken = network.head_outputs(TOKENS)[0, 0]  # (n, heads, T, m)
    output = block.attention.output
    added = sum(taken[:, h] @ output.weight[:, 8 * h : 8 * (h + 1)].T for h in range(2))
    start, end = network.streams(TOKENS)[0]
    middle = start + added + output.bias
    torch.testing.assert_close(end, middle + block.down(block.up(block.second_norm(middle)).relu()))


def test_a_change_of_the_stream_is_what_later_blocks_see_and_ends():
    network = noisy(model([0, 1]))
    plain = network.streams(TOKENS)
    with network.with_stream({2: lambda stream: stream + 1.0}):
        changed = network.streams(TOKENS)
    torch.testing.assert_close(changed[:, :2], plain[:, :2])
    # LayerNorm takes a constant away: all later streams move by it, and by nothing else.
    torch.testing.assert_close(changed[:, 2:], plain[:, 2:] + 1.0)
    torch.testing.assert_close(network.streams(TOKENS), plain)
    other = noisy(model([0, 1]))(TOKENS.flip(1))
    swapped = noisy(model([0, 1])).streams(TOKENS.flip(1))
    parts = iter([swapped[0, 0], swapped[1, 0]])
    with network.with_stream({0: lambda stream: next(parts)}):
        torch.testing.assert_close(network(TOKENS), other)


def test_hooks_end_with_an_error_too():
    network = noisy(model())
    plain = network(TOKENS)
    with pytest.raises(RuntimeError, match="stop"), network.without_heads([(0, 0)]):
        raise RuntimeError("stop")
    torch.testing.assert_close(network(TOKENS), plain)


def test_a_head_without_output_weights_is_a_head_removed():
    network, cut = noisy(model()), noisy(model())
    cut.replicas[0].blocks[1].attention.output.weight[:, 8:] = 0.0
    with network.without_heads([(1, 1)]):
        torch.testing.assert_close(network(TOKENS), cut(TOKENS))
        taken = network.head_outputs(TOKENS)[0]
    assert (network(TOKENS) - cut(TOKENS)).abs().max() > 1e-3
    assert (taken[0] != 0).all() and (taken[1, :, 0] != 0).all()


def test_heads_can_give_their_mean_instead():
    network = noisy(model())
    mean = network.head_outputs(TOKENS)[0].mean(1)  # (L, heads, T, m)
    with network.without_heads([(0, 1), (2, 0)], instead=mean):
        streams = network.streams(TOKENS[:, :6])
    block = network.replicas[0].blocks[0].attention
    start = network.streams(TOKENS[:, :6])[0, 0]
    taken = network.head_outputs(TOKENS[:, :6])[0, 0].clone()
    taken[:, 1] = mean[0, 1, :6]
    middle = start + block.output(taken.movedim(1, 2).flatten(-2))
    first = network.replicas[0].blocks[0]
    expected = middle + first.down(first.up(first.second_norm(middle)).relu())
    torch.testing.assert_close(streams[0, 1], expected)


def test_the_error_is_the_mean_over_what_is_asked():
    rng = np.random.default_rng(3)
    logits = torch.from_numpy(rng.standard_normal((2, 4, 5, 7)))
    targets = rng.integers(-1, 7, size=(4, 5))
    expected = []
    for replica in logits.numpy():
        each = [
            np.log(np.exp(replica[n, t]).sum()) - replica[n, t, targets[n, t]]
            for n, t in np.argwhere(targets >= 0)
        ]
        expected.append(np.mean(each))
    found = next_token_error(logits, torch.from_numpy(targets))
    np.testing.assert_allclose(found.numpy(), expected)


def test_places_start_as_waves():
    network = LanguageModel(6, 40, width=12, n_heads=2, n_blocks=1, seeds=[0])
    places = network.replicas[0].position.weight.detach().double().numpy()
    assert np.sqrt(np.mean(places**2)) == pytest.approx(0.3, rel=1e-5)
    # One linear map leads from every place to the one before.
    back, *_ = np.linalg.lstsq(places[1:], places[:-1], rcond=None)
    np.testing.assert_allclose(places[1:] @ back, places[:-1], atol=1e-5)
    near = places @ places.T
    assert (near.argmax(1) == np.arange(40)).all()


def test_rounded_products_are_near_and_come_back_in_full():
    exact, rounded = LanguageModel(**SHAPE, seeds=[0]), None
    rounded = LanguageModel(**SHAPE, seeds=[0], multiply_in=torch.bfloat16)
    with torch.no_grad():
        a, b = exact(TOKENS), rounded(TOKENS)
    assert b.dtype == torch.float32 and not torch.equal(a, b)
    torch.testing.assert_close(a, b, atol=0.01, rtol=0.05)


def test_the_penalty_is_half_the_squared_weights():
    network = model([0, 1])
    squares = [sum(float(p.square().sum()) for p in one.parameters()) for one in network.replicas]
    assert network.penalty(0.2).tolist() == pytest.approx([0.1 * square for square in squares])
    assert network.penalty(0.0).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("attempt", "named"),
    [
        (lambda: model(width=15), "width"),
        (lambda: model(n_blocks=0), "n_blocks"),
        (lambda: model(feedforward=0), "feedforward"),
        (lambda: model(multiply_in="bfloat16"), "multiply_in"),
        (lambda: model()(TOKENS[0]), "tokens"),
        (lambda: model()(torch.zeros(2, 13)), "tokens"),
        (lambda: model([0, 1])(torch.zeros(3, 2, 5)), "tokens"),
        (lambda: model().with_stream({4: torch.neg}).__enter__(), "changes"),
        (lambda: model().with_stream({-1: torch.neg}).__enter__(), "changes"),
        (lambda: model().with_stream({0: 1.0}).__enter__(), "changes"),
        (lambda: model().without_heads([(3, 0)]).__enter__(), "heads"),
        (lambda: model().without_heads([(0, 2)]).__enter__(), "heads"),
        (lambda: model().penalty(-1.0), "weight_decay"),
    ],
)
def test_what_is_out_of_range_is_named(attempt, named):
    with pytest.raises((ValueError, TypeError), match=named):
        attempt()
