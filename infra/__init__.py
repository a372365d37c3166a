"""What is deployed and how, and the sandbox that stands in for the outside world."""
