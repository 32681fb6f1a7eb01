"""What people do with cablewatch, a module each: replay, read, decode, fetch."""
