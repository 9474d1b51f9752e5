"""The collected tests: `pytest --pyargs antiphon_conformance.suite --responses-target URL`."""
