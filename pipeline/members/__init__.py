"""The kinds of members, one a file.

Each kind is a module with the same functions, and is a word of the registry's `kinds`:

- `set_up(recipe)`: threads and seeds of this process, called before each fold: the one before may be another member's;
- `resources(recipe)` → `Resources`: what training or predicting a fold needs;
- `featurize(source, texts, recipe)`: what the kind reads of texts, made once for all folds;
- `train_fold(source, rows, train_rows, held_out_rows, recipe, device, what, state_file)` → `Fold`, where `rows` are
  `LabelledRows`; a kind that trains for long keeps in the state file what it needs to go on after a kill;
- `load_reader(source, recipe)` → a function from texts to what `featurize` gives, for many calls;
- `save_shared(source, folder)`: what all folds of a member need besides their own weights;
- `predict(shared, fold_folder, features, classes, recipe, device)` → logits [N, C] of a finished fold;
- `load_fold(shared, fold_folder, classes, recipe, device)` → a function from features to these, for many calls.

`source` is the recipe's `from`, `recipe` the member's recipe as a plain dict. Neither list of rows names a changed copy
of a row: a kind trains on those of the rows that it trains on, and evaluates on none (`LabelledRows.with_copies`).
"""
