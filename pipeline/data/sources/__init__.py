"""A competition's own files: CSV, TSV, JSON, JSON Lines, plain text, gzip of any of them.

decode      bytes → text, by a declared order of encodings
delimited   CSV and TSV
json_records  JSON and JSON Lines
table       what the parsers return, and the choice of columns
read        the formats by file name, and `read_table`, which puts these together
"""
