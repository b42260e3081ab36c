"""`python -m otel_llm_cost.cli`."""

import sys

from otel_llm_cost.cli import main

sys.exit(main())
