"""One thin module per DVC stage: load params, load artifacts, call the library, save artifacts."""
