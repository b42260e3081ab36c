"""The dated pricing table: rows, reading files, matching and lookup."""
