"""The fast twins: the functions of ``loops`` with vector instructions and threads."""
