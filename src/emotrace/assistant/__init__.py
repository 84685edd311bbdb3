"""How an assistant learns from the emotion it hears after its answers.

An assistant that can answer in several ways (its *approaches*) asks a `Policy` which way to take, and tells it how
the person sounded afterwards: `reward_from` makes a reward of the predictions heard. What annoys is chosen less
often, what pleases more often, and old impressions fade.
"""

from emotrace.assistant.policy import Policy, Standing
from emotrace.assistant.reward import reward_from

__all__ = ["Policy", "Standing", "reward_from"]
