"""Rules on a library of videos and on answers drawn from it."""
