"""Averages of the weights along training, one a file.

`(model, total_steps, *, ...)` → `Average`: a copy of the model that holds the average, and whether a step joins it.
"""
