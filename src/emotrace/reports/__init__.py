"""One file per format or document: finished results -> text."""
