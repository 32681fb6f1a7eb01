"""What stands between a connection and a route: bounds, keys, rates, and what is told of requests.

``connections`` guards the socket, ``middleware`` says in which order the others are passed.
"""
