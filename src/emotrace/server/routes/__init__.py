"""What can be asked for: one file per thing, each exporting ``router``, found by this folder."""
