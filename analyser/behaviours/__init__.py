"""What is looked for in a turn, and the policy that joins the detectors."""
