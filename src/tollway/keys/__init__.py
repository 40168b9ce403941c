"""API and management keys: making, storing, looking up, limiting."""
