"""One file per corpus: facts and a file-name parser."""
