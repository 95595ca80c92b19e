"""What hypothesis draws for the tests of several metrics."""

import torch
from hypothesis import strategies as st

SEEDS = st.integers(0, 2**31)
DTYPES = st.sampled_from([torch.float32, torch.float64])


def classes(sizes=(1, 12), number=(2, 7), dims=(1, 12), offsets=(0.0, 1.0, -300.0), spreads=(1e-3, 0.5, 10.0)):
    """Arguments of `draws.gaussians`: sizes of the classes, their number, dimensions, offsets and spreads."""
    return st.fixed_dictionaries(
        {
            "counts": st.lists(st.integers(*sizes), min_size=number[0], max_size=number[1]),
            "dim": st.integers(*dims),
            "seed": SEEDS,
            "dtype": DTYPES,
            "offset": st.sampled_from(offsets),
            "spread": st.sampled_from(spreads),
        }
    )
