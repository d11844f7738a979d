"""`toy: true`: every stage of any params file, at a size for tests; the shape of the work stays, its amount shrinks."""

from typing import Any

from pipeline.config.schema import Params
from pipeline.fields.section import Section


def shrink_to_toy(params: Params) -> Params:
    """Shrink the params to a toy run's: every size is capped.

    Step checkpoints keep their names, because members start from them; a training that ends sooner saves its last
    step under those names.
    """
    small: Params = _shrink(params)
    return small


def _shrink(node: Any) -> Any:
    if isinstance(node, Section):
        # A copy is not validated again: the file was, and a capped value may break a rule between two keys.
        fields = {name: getattr(node, name) for name in type(node).model_fields}
        return node.model_copy(update={name: _cap(value, node.toy_limits.get(name)) for name, value in fields.items()})
    return {key: _shrink(value) for key, value in node.items()} if isinstance(node, dict) else node


def _cap(value: Any, limit: int | None) -> Any:
    return min(value, limit) if limit is not None and isinstance(value, int) else _shrink(value)
