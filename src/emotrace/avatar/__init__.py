"""From emotion to an avatar's parameters, over OSC, and to things done when a state lasts."""
