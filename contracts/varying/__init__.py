"""A client, judged by answers: they vary within the contract, as a real provider's do."""
