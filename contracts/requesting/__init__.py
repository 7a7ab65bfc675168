"""A client's request, judged: what of it the contract does not have."""
