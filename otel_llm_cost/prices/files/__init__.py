"""Reading and writing price files: entries, figures, a user's TOML."""
