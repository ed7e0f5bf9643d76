"""What operators see: figures read from the sums, in one snapshot each, ready to be drawn."""
