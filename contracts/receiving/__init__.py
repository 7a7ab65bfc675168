"""A receiver of webhooks, judged: every callback that a contract allows is made, sent, and its answer looked at."""
