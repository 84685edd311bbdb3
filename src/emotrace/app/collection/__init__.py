"""A folder of one's own labelled clips: who agreed to what, what was said, and how to train with it.

::

    emotrace-collection.json    says that the folder is one
    people/<name>-<digits>/     of one person: consent.json and the clips (FLAC, 16 bits)
    manifest.csv                all clips, with the side of the split that their speaker is on
    train.csv, held-out.csv     its two sides, for the two commands
    retrain.toml                the recipe

`folder` opens it, `consent` is about people, `clips` about recordings, `erase` forgets, `retrain` writes the rest.
"""
