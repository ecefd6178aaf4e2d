"""The certificate of a device: right, lean and fast, found out on the machine of its owner."""
