"""The exceptions of the library, importable from anywhere inside it."""


class ZException(RuntimeError):
    """Something failed while reading, writing or processing; the message is one line."""


class ZCancellationException(ZException):
    """The caller cancelled a running computation."""
