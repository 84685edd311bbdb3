"""Tables of features: labelled speech in, one row of named numbers for each clip out, kept on disk."""

from emotrace.learn.table._cache import cache_folder
from emotrace.learn.table.extract import Extraction, FeatureTable, Unusable, extract_table, extract_values
from emotrace.learn.table.file import read_table, write_table

__all__ = [
    "Extraction",
    "FeatureTable",
    "Unusable",
    "cache_folder",
    "extract_table",
    "extract_values",
    "read_table",
    "write_table",
]
