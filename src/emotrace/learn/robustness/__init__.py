"""What recordings go through before they are heard: conditions, the altering, and sounds that are not speech.

Nothing is judged here: the command line lets `emotrace.hear` listen, and `emotrace.learn.evaluation.robustness`
makes numbers of what it has heard.
"""
