"""The embedded engine: llama.cpp in a process of its own, its weights, and how a request becomes an answer."""
