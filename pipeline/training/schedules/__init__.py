"""Learning rates after the warm-up, one course a file.

`(progress)` → the factor of the peak learning rate, for progress from 0, the end of the warm-up, to 1, the end.
"""
