"""Feature sets that are computed by torch, which nothing outside of ``learn`` may import; otherwise as in
`emotrace.features`, and found by the same names."""
