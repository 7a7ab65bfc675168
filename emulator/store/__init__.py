"""What providers keep besides calls, as records by vendor, kind and key."""
