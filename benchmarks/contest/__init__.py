"""Detectors against each other on the same pixels: ours, ours with less evidence, and the peers."""
