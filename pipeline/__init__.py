"""Conclave's library: layered, typed functions that know nothing about DVC."""
