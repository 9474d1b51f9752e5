"""From records to a verdict: outcomes, gates, baselines, frozen sets, flakiness."""
