"""A contract, judged: beside what a live account answers to questions that change nothing."""
