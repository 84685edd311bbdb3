"""What tabs draw: finished numbers in, HTML and SVG out, every text escaped."""
