"""Rules on what a server keeps: chains, stored and background responses, lists."""
