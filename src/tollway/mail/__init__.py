"""Mail to people: how it is sent, and the queue of what is to be sent."""
