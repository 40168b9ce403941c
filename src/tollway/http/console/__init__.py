"""JSON for the web app: signed-in people, proved by a session's cookie and never by a key."""
