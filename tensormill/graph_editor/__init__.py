"""Copying, rerouting and replacing parts of a graph that is built already.

Everything here works on graphs that no session has run: an operation that a session has seen keeps
the inputs that it had then.

Source: TensorFlow 1.15, contrib/graph_editor.
"""
