"""absrep: measure, derive and certify abstract representations.

Layers 1 and 2 are re-exported here. The theory is in `absrep.meanfield`, networks in `absrep.nets`
and both together in `absrep.laboratory` (need torch), static figures in `absrep.figures` and those
with sliders in `absrep.widgets` (need matplotlib; live ones ipywidgets).
"""

from .geometry import *
from .geometry import __all__ as _geometry
from .kernels import *
from .kernels import __all__ as _kernels
from .tasks import *
from .tasks import __all__ as _tasks

__all__ = [*_tasks, *_kernels, *_geometry]
