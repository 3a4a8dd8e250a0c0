"""One microscope for any recording: every measure, with its interval and what chance would give.

`read_responses` takes a file, `examine` the responses of any network, brain or model with labels;
`compare` puts the systems of the book side by side.
"""

from ._comparison import compare, compared_measures, summarise
from ._examination import Examination, Finding, examine
from ._measures import Measure, standard_measures
from ._responses import Responses, binary_labels, read_responses
from ._shares import wilson_interval
from ._specimens import (
    Specimen,
    evidence_specimen,
    maze_blocks,
    maze_specimen,
    optimum_specimen,
    trained_specimen,
    wall_bits,
    way_bits,
)

__all__ = [
    "Examination",
    "Finding",
    "Measure",
    "Responses",
    "Specimen",
    "binary_labels",
    "compare",
    "compared_measures",
    "evidence_specimen",
    "examine",
    "maze_blocks",
    "maze_specimen",
    "optimum_specimen",
    "read_responses",
    "standard_measures",
    "summarise",
    "trained_specimen",
    "wall_bits",
    "way_bits",
    "wilson_interval",
]
