"""What is shipped with the package: bundles, schemas, the demo recording."""
