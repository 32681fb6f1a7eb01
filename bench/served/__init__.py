"""A store of the size of a busy sea, the service over it, and questions to every route of it."""
