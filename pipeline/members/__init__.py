"""The kinds of members, each in a folder: its recipe, without torch, and what trains it.

A new kind is such a folder and one line of `pipeline.registry`; docs/members.md writes one from the first line to the
last.
"""
