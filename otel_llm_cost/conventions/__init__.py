"""Span attributes to a `Call` with disjoint counts, whichever convention and instrumentation wrote them."""
