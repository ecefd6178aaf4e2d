"""Native hooks, one module per framework."""
