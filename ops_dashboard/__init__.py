"""The operators' pages: they draw what core computes, and compute nothing."""
