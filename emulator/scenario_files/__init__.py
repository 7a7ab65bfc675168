"""Scenario files: YAML to the JSON that a sandbox takes, with the line and column of whatever is wrong in it."""
