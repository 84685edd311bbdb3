"""The wing of the learn journey: corpora -> split -> model -> scores -> bundle."""
