"""One file per format that a call is written in: a module with ``SUFFIX`` and ``write_call(call, stream)``.

The formats of labels in time (RTTM, TextGrid, Audacity, WebVTT, EmotionML) are those of `emotrace.reports`; what
of a call stands in them, `_turns` says.
"""

from emotrace.calls.formats._find import WriteCall, format_of_file, load_call_format, names

__all__ = ["WriteCall", "format_of_file", "load_call_format", "names"]
