"""Builds or installs the real programs that the tests in tests/backends run: Collector, Jaeger, Prometheus, Alertmanager."""
