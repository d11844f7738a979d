"""The report: typed contents in, one self-contained HTML page or a Markdown file out."""
