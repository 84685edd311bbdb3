"""What a corpus is like, in numbers: who speaks how often, how long, how loud, and what sets emotions apart.

Numbers only: `emotrace.learn.pictures` draws them.
"""

from emotrace.learn.explore.explore import Exploration, explore

__all__ = ["Exploration", "explore"]
