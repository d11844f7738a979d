"""The kinds of vectors, one a file.

Each kind is a module with the same functions, and is a word of the registry's `vectors`:

- `fit(texts, settings, folder)`: learns from the corpus and fills an existing folder, → a line for the log;
- `transform(folder, texts)`: the texts' features [N, F], from what `fit` wrote alone.

`settings` is the entry of params.yaml as a plain dict; `fit` keeps it as `settings.json`.
"""
