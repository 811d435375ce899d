"""What to know of a data set before it is trusted: copies, giveaways, and a copy without them."""
