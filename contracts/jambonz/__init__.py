"""The contract with jambonz: its document, and a walk that reaches every answer in it."""
