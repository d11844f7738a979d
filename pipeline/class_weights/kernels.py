"""The inner loops of every search, compiled: macro-F1 of many weightings, and the parts of a line search.

Shapes: N rows, C classes, B weightings, L rows in a block.
"""

import numpy as np

from pipeline.metrics.arrays import BoolArray, FloatArray, IntArray
from pipeline.runtime.compiled import compiled

LANES = 512  # rows that are compared at once, in the cache


@compiled
def macro_f1_of_weightings(blocks: FloatArray, y: IntArray, actual: IntArray, weightings: FloatArray) -> FloatArray:
    """Compute macro-F1 [B] of argmax(weighting * scores), for `weightings` [B, C]; of equal classes the lowest.

    `blocks` [N / L, C, L] are the scores, a block of rows at a time and one class a line, so that a block stays in the
    cache while every weighting passes over it; rows beyond N fill the last block. y [N], `actual` [C] label counts.
    """
    n_blocks, n_classes, n_lanes = blocks.shape
    n_rows, n_weightings = len(y), len(weightings)
    top = np.empty(n_lanes, dtype=blocks.dtype)
    label = np.empty(n_lanes, dtype=np.int32)
    predicted = np.zeros((n_weightings, n_classes), dtype=np.int64)
    hits = np.zeros((n_weightings, n_classes), dtype=np.int64)
    for block in range(n_blocks):
        first = block * n_lanes
        used = min(n_lanes, n_rows - first)
        for b in range(n_weightings):
            line, weight = blocks[block, 0], weightings[b, 0]
            for i in range(n_lanes):
                top[i] = line[i] * weight
                label[i] = 0
            for c in range(1, n_classes):
                line, weight = blocks[block, c], weightings[b, c]
                for i in range(n_lanes):
                    value = line[i] * weight
                    wins = value > top[i]
                    top[i] = value if wins else top[i]
                    label[i] = np.int32(c) if wins else label[i]
            of_class, right = predicted[b], hits[b]
            for i in range(used):
                of_class[label[i]] += 1
                right[label[i]] += label[i] == y[first + i]
    scores = np.zeros(n_weightings)
    for b in range(n_weightings):
        for c in range(n_classes):
            rows = predicted[b, c] + actual[c]
            if rows > 0:
                scores[b] += 2.0 * hits[b, c] / rows
        scores[b] /= n_classes
    return scores


@compiled
def best_of_others(by_class: FloatArray, class_weights: FloatArray, left_out: int) -> tuple[FloatArray, IntArray]:
    """Find the largest weighted score among all classes but `left_out` in each row [N], and its class [N].

    `by_class` [C, N] are the scores; the lowest class where several are equal.
    """
    n_classes, n_rows = by_class.shape
    top = np.full(n_rows, -1.0)
    label = np.zeros(n_rows, dtype=np.int64)
    for first in range(0, n_rows, LANES):
        for c in range(n_classes):
            if c == left_out:
                continue
            weight = class_weights[c]
            line = by_class[c, first : first + LANES]
            best = top[first : first + LANES]
            who = label[first : first + LANES]
            for i in range(len(line)):
                value = line[i] * weight
                wins = value > best[i]
                best[i] = value if wins else best[i]
                who[i] = c if wins else who[i]
    return top, label


@compiled
def macro_f1_of_flips(
    flips: IntArray, rivals: IntArray, always: BoolArray, y: IntArray, label: int, actual: IntArray
) -> FloatArray:
    """Compute macro-F1 [F + 1] after none, the first, ... all rows in `flips` [F] go from their rival class to `label`.

    `rivals` [N] are the classes that rows are predicted as before; rows in `always` [N] are `label` from the start.
    """
    n_classes = len(actual)
    predicted = np.zeros(n_classes, dtype=np.int64)
    hits = np.zeros(n_classes, dtype=np.int64)
    for i in range(len(y)):
        guess = label if always[i] else rivals[i]
        predicted[guess] += 1
        hits[guess] += guess == y[i]
    f1 = np.empty(n_classes)
    for c in range(n_classes):
        f1[c] = 2.0 * hits[c] / max(predicted[c] + actual[c], 1)
    total = f1.sum()
    values = np.empty(len(flips) + 1)
    values[0] = total
    for k in range(len(flips)):
        row = flips[k]
        loser = rivals[row]
        predicted[loser] -= 1
        predicted[label] += 1
        hits[loser] -= y[row] == loser
        hits[label] += y[row] == label
        of_loser = 2.0 * hits[loser] / max(predicted[loser] + actual[loser], 1)
        of_label = 2.0 * hits[label] / max(predicted[label] + actual[label], 1)
        total += of_loser - f1[loser] + of_label - f1[label]
        f1[loser] = of_loser
        f1[label] = of_label
        values[k + 1] = total
    return values / n_classes
