"""HTTP as the judge sees it: requests, replies, event streams, and JSON read strictly."""
