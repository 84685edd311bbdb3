"""Feature sets, one per file: signal -> named array.

A feature set is a module with ``NAMES`` (of the values along the last axis), ``SAMPLING_RATE`` (Hz), ``LEVEL``
(``functionals``: one row per signal; ``lld``: a row per frame; ``image``: a picture, whose ``SHAPE`` it has too)
and ``extract(signal, sampling_rate)``. How one takes a parameter says `emotrace.features._feature_set`.
"""
