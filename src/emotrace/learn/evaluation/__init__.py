"""Splits, leakage, metrics, calibration: pure numbers, no drawing, no files."""
