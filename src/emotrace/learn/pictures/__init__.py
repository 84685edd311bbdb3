"""Pictures: finished numbers -> a figure of matplotlib (the extra ``plot``), one file per picture.

A picture's module has functions ``draw_...`` that give a `matplotlib.figure.Figure`; `save_picture` writes one.
matplotlib is used through figures alone: nothing of its process-wide state is touched.
"""

from emotrace.learn.pictures._canvas import require_plotting, save_picture

__all__ = ["require_plotting", "save_picture"]
