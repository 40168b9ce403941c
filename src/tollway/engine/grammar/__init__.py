"""Grammars in GBNF, the notation in which llama.cpp takes constraints on what a model writes.

llama.cpp converts JSON Schemas by itself, but the installed version answers without any constraint when it meets a
schema that it cannot convert, and it allows whitespace in which a small model loses itself. So the grammars are made
here: what cannot be enforced is refused, and JSON is written in one line.
"""
