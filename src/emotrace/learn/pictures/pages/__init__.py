"""Self-contained pages: numbers, pictures and sounds in, one HTML file out that asks nothing of the network."""
