"""What people claim about the models, and what a run says about each claim."""
