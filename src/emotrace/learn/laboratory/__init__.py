"""Published claims, measured again: each as it was claimed, and beside it with speakers that nobody has heard.

A claim is a recipe (`recipe`, one TOML file in ``learn/recipes/reference``). `speech` finds its clips, `copies`
the features of augmented ones, `division` who is tested, `run` fits and judges once, `reproduce` does all runs and
goes on where it was interrupted, `summary` makes figures of them, `leak` one figure of all, and `page` a
page.
"""
