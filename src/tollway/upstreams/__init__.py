"""Whatever answers requests: one port, three kinds of upstream, routing with fallback and breaker."""
