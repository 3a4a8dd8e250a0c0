"""Every property test draws the same examples on every run."""

import torch
from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None, max_examples=40, database=None)
settings.load_profile("fixed")
torch.set_num_threads(1)
