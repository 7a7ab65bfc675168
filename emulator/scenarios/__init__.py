"""Who is on the other end of a leg: far ends by number, and the player that acts for them."""
