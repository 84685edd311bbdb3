"""The call desk's pages: one call, and the index of many. Numbers in, one self-contained HTML file out."""

from emotrace.calls.pages.call import write_call
from emotrace.calls.pages.index import write_index

__all__ = ["write_call", "write_index"]
