"""A library of videos (Cloudglue): its requests, scenarios and rules."""
