"""The local admin socket: how a command reaches the server that owns the data folder."""
