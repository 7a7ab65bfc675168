"""The contract with Vobiz: its document, and a walk that reaches every answer in it."""
