"""One report, one file: to add one, copy a file, and name it in `collector/query/site.py`."""
