"""Property tests draw the same examples on every run; peers are timed in the same process."""

from statistics import median
from time import perf_counter

import pytest
import torch
from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None, max_examples=40, database=None)
settings.load_profile("fixed")
torch.set_num_threads(1)


def seconds(function):
    start = perf_counter()
    function()
    return perf_counter() - start


@pytest.fixture
def against(request, capsys):
    """Record in `benchmark.extra_info` how many times faster ours is than the peer, and print it.

    Skips when benchmarks are disabled, as they are in the normal suite: peers are slow.
    """
    if not request.config.getoption("benchmark_enable"):
        pytest.skip("peers are timed with --benchmark-enable only")
    benchmark = request.getfixturevalue("benchmark")

    def compare(what, ours, theirs, rounds, calls=1):
        # A call of a millisecond is timed over several: one alone, right after the peer's run,
        # would time the processor's caches.
        def several():
            for _ in range(calls):
                ours()

        several()  # warm up
        pairs = [(seconds(several) / calls, seconds(theirs)) for _ in range(rounds)]
        mine, peers = (median(times) for times in zip(*pairs, strict=True))
        ratios = [peer / own for own, peer in pairs]
        benchmark.extra_info |= {
            "ours_seconds": mine,
            "peer_seconds": peers,
            "times_faster": median(ratios),
            "times_faster_range": [min(ratios), max(ratios)],
        }
        benchmark(ours)
        with capsys.disabled():
            print(
                f"\n{what}: ours {mine:.4g} s, peer {peers:.4g} s, {median(ratios):.3g} times "
                f"faster [{min(ratios):.3g}, {max(ratios):.3g}] over {rounds} rounds"
            )

    return compare
