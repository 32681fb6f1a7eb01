"""Commands with options of their own, one module each; `cli` puts them together."""
