"""What people do with cablewatch, a module each: replay, decode, fetch."""
