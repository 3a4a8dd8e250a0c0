"""One microscope for any recording: every measure, with its interval and what chance would give.

`read_responses` takes a file, `examine` the responses of any network, brain or model with labels.
`absrep.microscope.comparison` puts the systems of the book side by side, made ready by
`absrep.microscope.specimens`; these two need torch.
"""

from ._examination import Examination, Finding, examine
from ._measures import Measure, standard_measures
from ._responses import Responses, binary_labels, read_responses
from ._shares import wilson_interval

__all__ = [
    "Examination",
    "Finding",
    "Measure",
    "Responses",
    "binary_labels",
    "examine",
    "read_responses",
    "standard_measures",
    "wilson_interval",
]
