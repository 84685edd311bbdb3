"""The wing of the use journey: audio + bundle -> predictions."""
