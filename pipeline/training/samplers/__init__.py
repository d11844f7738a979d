"""Which rows an epoch draws, one way a file.

`(rows [n], label_ids [N], rng)` → the rows of one epoch, in any order: batches are made of them later. A row may come
several times or not at all; how many come is the same in every epoch, so that the length of training is known.
"""
