"""The kinds of vectors, one a file.

Each kind is a module with the same functions, and is a word of the registry's `vectors`:

- `fit(texts, settings, folder)`: learns from the corpus and fills an existing folder, → a line for the log;
- `load_transform(folder)` → a function from texts to their features [N, F], from what `fit` wrote alone;
- `transform(folder, texts)` → the features [N, F] of the texts, at once.

`settings` is the entry of params.yaml as a plain dict; `fit` keeps it as `settings.json`.
"""
