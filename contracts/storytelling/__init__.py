"""An application, judged by whole calls: far ends, and webhooks lost, late, doubled and out of order."""
