"""What *Models* looks at: bundles, the figures that were measured of them, and judged folders."""
