"""Errors that carry data: what is wrong, where, and what to do about it.

The command line prints one line and exits with 2; the service maps them to problem details.
"""


class CablewatchError(Exception):
    """Base of every error a user can cause and mend.

    Attributes
    ----------
    where : str
        File, ``file:line``, feature id or option the error is about.
    what : str
        What is wrong.
    do : str
        What the user can do about it.
    """

    def __init__(self, where: str, what: str, do: str) -> None:
        self.where = where
        self.what = what
        self.do = do
        super().__init__(f"{where}: {what}; {do}")


class ArchiveError(CablewatchError):
    """An archive is unreadable, truncated, empty or lacks a required column."""


class CableError(CablewatchError):
    """A cables file or one of its features is invalid."""


class ContextError(CablewatchError):
    """A file of places or depths, or a feature of it, is invalid."""


class StoreError(CablewatchError):
    """A store folder or database cannot be read or written."""


class UsageError(CablewatchError):
    """An option or argument cannot be used as given."""


class ConflictError(CablewatchError):
    """What is asked for does not go with what something has become."""


class WorkerError(CablewatchError):
    """A process that shared the work is gone."""


class FetchError(CablewatchError):
    """An archive cannot be had from its host, or what came is none."""
