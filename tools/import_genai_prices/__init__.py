"""Brings the released genai-prices data into the table: `python -m tools.import_genai_prices`."""
