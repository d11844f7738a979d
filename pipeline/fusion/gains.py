"""What each member adds to a fusion."""

import numpy as np

from pipeline.fusion.nested import nested_labels
from pipeline.fusion.rule import Rule
from pipeline.metrics import macro_f1
from pipeline.metrics.arrays import FloatArray, IntArray


def member_gains(oof_probs: FloatArray, y: IntArray, fold_ids: IntArray, rule: Rule) -> FloatArray:
    """The nested macro-F1 of `rule` on all members of `oof_probs` [M, N, C] minus that without each member: → [M].

    Below 0 a member harms. What the rule tunes is tuned again without the member, and never on the fold that is
    scored. Raises ValueError for a single member, and as `fuse_nested` does.
    """
    if len(oof_probs) < 2:
        raise ValueError("oof_probs has 1 member; without it nothing is left to fuse")
    oof_probs, y = np.asarray(oof_probs), np.asarray(y)
    n_classes = oof_probs.shape[2]
    whole = macro_f1(y, nested_labels(oof_probs, y, fold_ids, rule), n_classes)
    members = np.arange(len(oof_probs))
    return np.array(
        [
            whole - macro_f1(y, nested_labels(oof_probs[members != left_out], y, fold_ids, rule), n_classes)
            for left_out in members
        ]
    )
