"""Spans that were written to a file, by exporters or by hand, whatever the format."""
