"""What a span and a price cost, against peers."""
