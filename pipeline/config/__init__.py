"""`params.yaml` as typed objects: read once at the start of a stage and checked whole.

Of them only the recipes of members are passed on into the library.
"""

from pipeline.config.load import load_params
from pipeline.config.schema import Params

__all__ = ["Params", "load_params"]
