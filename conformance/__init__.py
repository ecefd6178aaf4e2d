"""The contract a framework must keep, as a runnable suite."""
