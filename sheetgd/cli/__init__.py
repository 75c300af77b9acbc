"""The command line: each command a module, loaded when it is called.

It may import everything, and nothing may import it.
"""
