"""`make demo`: LLM calls with their costs, as an OTLP backend receives them, with no key and no network."""
