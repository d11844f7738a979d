"""Commands that are no stages: what is done before, beside and after `dvc repro`."""
