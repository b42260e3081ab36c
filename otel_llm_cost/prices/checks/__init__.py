"""What is wrong with price files, and what is worth a second look."""
