"""The contract with TryVox: its document, and a walk that reaches every answer in it."""
