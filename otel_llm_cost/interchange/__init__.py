"""Other projects' price tables to and from ours: a module a format, each with `read` and `write`, over `entries`."""
