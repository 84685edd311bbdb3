"""Recipe, fit, export: corpus + model -> bundle + scores."""
