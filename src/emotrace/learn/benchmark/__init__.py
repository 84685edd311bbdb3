"""The accuracy of a recipe over all folds of a protocol: one training per fold and seed, test sides pooled."""
