"""Webhooks (Standard Webhooks 1.0): subscribers are told of events as they are stored.

=================  ==============================================================================
``destinations``   where messages may go: schemes, ports, addresses; never into this network
``connection``     one POST to an address that was checked, in bounded time
``message``        what an event says, and its signature
``sender``         from the outbox of the store to subscribers, again and again until taken
=================  ==============================================================================
"""
