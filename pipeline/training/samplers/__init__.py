"""Which rows an epoch draws, one way a file.

`(rows [n], label_ids [N], rng)` → the rows of one epoch, in any order: batches are made of them later.
"""
