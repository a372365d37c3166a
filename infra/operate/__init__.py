"""What an operator does with a running deployment: see what could not be delivered, and send it again."""
