"""The kinds of members, each in a folder of two modules: its recipe, without torch, and the code that trains it.

A new kind is such a folder and one line of `pipeline.registry`; docs/members.md writes one from the first line to the
last.
"""
