"""Pure functions of arrays: the mathematics, on any framework and device."""
