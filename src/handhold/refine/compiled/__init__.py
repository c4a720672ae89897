"""The refinement as machine code (numba): one grasp at a time, all its steps without Python.

Imported when it is first needed, since numba takes a while to load.
"""

from handhold.refine.compiled.engine import descend_compiled
from handhold.refine.compiled.records import TERMS

__all__ = ["TERMS", "descend_compiled"]
