"""Builds the Grafana dashboards of collector-config/grafana."""
