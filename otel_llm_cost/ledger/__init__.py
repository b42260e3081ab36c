"""What has been counted: exact totals, each call once."""
