"""Bounded decoding, resampling, channels, trimming: arrays in, arrays out."""
