"""The conformance suite: requirements that every framework must meet."""
