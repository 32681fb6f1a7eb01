"""The command line, a module a command; `cli` puts them together.

What several share: `options` (annotations of parameters), `terminal` (what is said beside results),
`results` and `findings` (what a replay and an investigation print and write).
"""
