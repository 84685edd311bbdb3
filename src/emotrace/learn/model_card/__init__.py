"""The model card of a bundle, in the Hugging Face format: what it is for, what it is not for, and every figure.

All of it comes from the bundle's own card and from what ``emotrace evaluate`` and ``emotrace robustness`` wrote:
no figure is typed by hand.
"""

from emotrace.learn.model_card.reports import read_evaluation, read_robustness
from emotrace.learn.model_card.write import make_model_card

__all__ = ["make_model_card", "read_evaluation", "read_robustness"]
