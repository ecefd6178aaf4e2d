"""The exceptions of the library, importable from anywhere inside it."""


class ZException(RuntimeError):
    """Something failed while reading, writing or processing; the message is one line."""

    def __str__(self) -> str:
        # File names may hold bytes that are no text; every stream can print their escapes.
        return super().__str__().encode("utf-8", "backslashreplace").decode("utf-8")


class ZCancellationException(ZException):
    """The caller cancelled a running computation."""
