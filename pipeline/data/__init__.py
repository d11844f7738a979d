"""The competition's rows: reading, duplicates, labels, folds, and the embedded competition."""
