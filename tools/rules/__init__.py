"""Builds the recording rules of spend of collector-config/prometheus."""
