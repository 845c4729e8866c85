"""Sums that add up: patches and their parts by place, conversion and cover, rounded once."""
