"""absrep: measure, derive and certify abstract representations.

Layers 1 and 2 are re-exported here and need no deep-learning library. Networks are in
`absrep.nets` (needs torch), drawing in `absrep.figures` (needs matplotlib).
"""

from .geometry import *
from .geometry import __all__ as _geometry
from .kernels import *
from .kernels import __all__ as _kernels
from .tasks import *
from .tasks import __all__ as _tasks

__all__ = [*_tasks, *_kernels, *_geometry]
