"""The contract with Servetel (Tata's Smartflo family): its document, and a walk that reaches every answer in it."""
