"""The making of a decision: the chosen pair, with what its rule learns from all out-of-fold rows."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pipeline.artifacts.atomic import read_json
from pipeline.artifacts.paths import LABELS
from pipeline.artifacts.tables import count_folds, read_scored_rows
from pipeline.data.labels import as_label_set
from pipeline.data.new_rows import RowReading
from pipeline.decision.artifact import Decision
from pipeline.fusion.candidates import part_for, rule_of
from pipeline.fusion.probabilities import oof_probabilities
from pipeline.metrics.arrays import FloatArray


def make_decision(
    pair: tuple[str, str],
    weights: FloatArray,
    fusion: Mapping[str, Any],
    members: Sequence[str],
    external: Collection[str],
    reading: RowReading,
) -> Decision:
    """Make the decision for a pair of a candidate and a method, whose class weights are [C].

    `fusion` is that section of params.yaml, `members` are all that were fused, in this order, and `external` are the
    members that were trained elsewhere. The rule learns from what `fuse` let it learn from for the test rows.
    """
    candidate, method = pair
    classes = as_label_set(read_json(LABELS))
    part, needed = part_for(candidate, fusion, members)
    here = [name for name in members if name not in external]
    elsewhere = [name for name in needed if name in external]
    state: dict[str, Any] = {}
    if not elsewhere:
        rule, rows = rule_of(candidate, part, here), read_scored_rows()
        probs = oof_probabilities(here, rows.row_id.tolist(), rows.fold_ids, classes.names)
        state = rule.dump(rule.fit(probs, rows.label_ids, rows.fold_ids[0]))
    return Decision(candidate, method, here, elsewhere, classes, weights, count_folds(), part, state, reading)
