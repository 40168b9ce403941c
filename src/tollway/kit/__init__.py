"""Tools without domain words: money arithmetic, clock, identifiers, database, settings, logging, HTTP client."""
