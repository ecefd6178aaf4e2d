"""Leica files (``.lif``, ``.lof``, ``.xlif``, ``.xlef``)."""
