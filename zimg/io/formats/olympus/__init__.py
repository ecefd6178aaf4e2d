"""OIB and OIF files of Olympus FluoView."""
